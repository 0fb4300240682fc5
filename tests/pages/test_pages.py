"""The two pages that people look at: /docs of an emitted service, and the access matrix.

What follows from the text of a page is tested without a browser; widths are measured in one.
"""

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scaffold.design.resolve import resolve
from scaffold.emission import emit
from scaffold.explain import explain
from scaffold.spec.load import load
from tests.emitted import SPECS

from .browser import CHROMIUM, PHONE, measured

NAMES = sorted(path.stem for path in SPECS.glob("*.yaml"))


@pytest.fixture(name="package", params=NAMES, scope="module")
def emitted_package(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The package of a reference spec, which can be imported."""
    spec = SPECS / f"{request.param}.yaml"
    emission = emit(spec.read_bytes(), spec.name)
    root = tmp_path_factory.mktemp(request.param)
    for path, content in emission.files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    before = set(sys.modules)
    sys.path.insert(0, str(root))
    yield root / load(spec).service.name
    sys.path.remove(str(root))
    for name in set(sys.modules) - before:
        del sys.modules[name]


def docs(package: Path) -> str:
    """The text of /docs."""
    module = importlib.import_module(f"{package.name}.development.docs")
    page: Callable[[bytes], bytes] = module.page
    return page((package / "openapi.json").read_bytes()).decode()


def shown(page: str) -> Mapping[str, Any]:
    """The document that a page shows."""
    found = re.search(r'<script type="application/json" id="document">(.*?)</script>', page)
    assert found
    document: Mapping[str, Any] = json.loads(found[1])
    return document


def operations(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for item in document["paths"].values():
        yield from (each for each in item.values() if isinstance(each, dict))


def test_a_sample_body_is_what_the_contract_allows(package: Path) -> None:
    document = shown(docs(package))
    bodies = [each["requestBody"] for each in operations(document) if "requestBody" in each]
    assert bodies
    for body in bodies:
        for media in body["content"].values():
            schema = {**media["schema"], "components": document["components"]}
            checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
            jsonschema.Draft202012Validator(schema, format_checker=checker).validate(
                media["example"]
            )
            assert media["example"], "an empty body tells the reader nothing"


def test_every_fact_of_an_operation_is_a_sentence(package: Path) -> None:
    page = docs(package)
    document = shown(page)
    sentences = page.split("const SENTENCES = {")[1].split("\n};\n")[0]
    said = set(re.findall(r'^  "(x-[a-z-]+)": ', sentences, re.MULTILINE))
    facts = {key for each in operations(document) for key in each if key.startswith("x-")}
    assert facts <= said
    if not any("x-idempotency" in each for each in operations(document)):
        assert "x-idempotency" not in said


def test_the_docs_fit_a_narrow_window(package: Path) -> None:
    page = docs(package)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    style = page.split("<style>")[1].split("</style>")[0]
    hidden = [rule for rule in style.split("}") if "display: none" in rule]
    assert not any(re.search(r"\bnav\b", rule) for rule in hidden)
    assert ".scroll {\n  overflow-x: auto;" in style
    assert "white-space: nowrap" not in style
    # A table is made in one place, which gives it a box that scrolls.
    assert page.count('element("table"') == 1
    assert page.count('{ class: "scroll" }, element("table"') == 1


def test_the_docs_say_how_to_get_a_token_and_show_the_form_of_a_problem_once(package: Path) -> None:
    page = docs(package)
    assert "`make token ROLE=${role} TENANT=acme`" in page
    assert "contentView(problems[0].response)" in page
    assert page.index("tryForm({ parameters") < page.index('heading("Responses")')


@pytest.mark.parametrize("name", NAMES)
def test_each_table_of_the_matrix_scrolls_in_its_own_box_and_has_a_link(name: str) -> None:
    page = explain(resolve(load(SPECS / f"{name}.yaml")), format="html")
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert page.count("<table>") == len(
        re.findall(r'<div class="scroll" tabindex="0" [^>]*>\n<table>', page)
    )
    assert re.findall(r'<a href="#([^"]+)">', page) == re.findall(r'<h2 id="([^"]+)">', page)
    assert ".scroll { overflow-x: auto;" in page


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium to measure the page in")
@pytest.mark.parametrize("package", ["invoicing"], indirect=True)
def test_the_docs_are_as_wide_as_a_phone(package: Path, tmp_path: Path) -> None:
    found = measured(docs(package), tmp_path)
    assert found["width"] <= PHONE
    assert found["nav"]
    assert "x-roles" not in found["text"]
    assert "The roles accountant and member have it" in found["text"]
    operations_shown = found["text"].count("TRY IT")
    assert found["text"].count("application/problem+json") == operations_shown


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium to measure the page in")
def test_the_matrix_is_as_wide_as_a_phone(tmp_path: Path) -> None:
    page = explain(resolve(load(SPECS / "issue_tracker.yaml")), format="html")
    found = measured(page, tmp_path)
    assert found["width"] <= PHONE
    assert found["nav"]

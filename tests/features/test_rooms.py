"""A room for each feature: the core knows their list only, and what is not used is not emitted."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import scaffold
from scaffold.design.model import Design
from scaffold.design.resolve import resolve
from scaffold.features import FEATURES, Feature
from scaffold.plan.files import unformatted
from scaffold.spec.load import load, loads
from scaffold.spec.names import BUILT_IN_RESOURCES
from tests.emitted import SPEC, SPECS

PACKAGE = Path(scaffold.__file__).parent
ROOMS = PACKAGE / "features"
SHARED = {"scaffold.features", "scaffold.features.feature", "scaffold.features.mutant"}

READS = """
scaffold: 2
service: {name: library, title: Library}
tenancy: {tenant: town}
identity:
  issuers: [{issuer: "https://login.example.com/", audience: library, algorithms: [ES256]}]
roles: {reader: {can: [{do: [list, read], on: book}]}}
resources: {book: {fields: {title: {type: string, max: 80}}}}
"""
CHANGES = READS.replace("[list, read]", "[list, read, update, delete]")
ACTS = READS.replace("[list, read]", "[list, read, lend]").replace(
    "max: 80}}", "max: 80}}, actions: {lend: {on: item}}"
)
WORDS = {
    "idempotency": re.compile(r"idempot|claim_|remember_", re.IGNORECASE),
    "step_up": re.compile(r"step.?up|p_age", re.IGNORECASE),
    "audit": re.compile(r"audit|record_\(", re.IGNORECASE),
    "webhooks": re.compile(r"webhook|publish_\(|standard.?webhooks", re.IGNORECASE),
    "outbox": re.compile(r"outbox|worker_database|_worker\b|after_commit|defer_\(", re.IGNORECASE),
    "billing": re.compile(r"billing|stripe|STRIPE_", re.IGNORECASE),
    "api_keys": re.compile(r"api.?key|gate.secrets|p_digest|\.decided is not", re.IGNORECASE),
}
"""What an emitted service that does not use a feature says nothing of."""


def emitted(spec: str) -> dict[str, str]:
    """The generated files of a spec."""
    return unformatted(resolve(loads(spec)))


@pytest.mark.parametrize(
    ("feature", "spec"),
    [
        ("audit", READS),
        ("idempotency", READS),
        ("idempotency", CHANGES),
        ("step_up", READS),
        ("step_up", CHANGES),
        ("step_up", ACTS),
        ("api_keys", ACTS),
        ("webhooks", ACTS),
        ("outbox", ACTS),
        ("billing", ACTS),
    ],
)
def test_what_is_not_used_is_not_emitted(feature: str, spec: str) -> None:
    files = emitted(spec)
    assert [path for path, text in files.items() if WORDS[feature].search(path + text)] == []


@pytest.mark.parametrize("feature", WORDS)
def test_what_is_used_is_emitted(feature: str) -> None:
    """The words of the test above are those of the feature."""
    files = unformatted(resolve(load(SPEC)))
    assert sum(bool(WORDS[feature].search(text)) for text in files.values()) > 3


def modules(*folders: Path) -> Iterator[tuple[Path, set[str]]]:
    """Every module below some folders, and what it imports."""
    for folder in folders:
        for path in folder.rglob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            found = {
                node.module
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom) and node.module
            }
            yield (
                path,
                found
                | {
                    each.name
                    for node in ast.walk(tree)
                    if isinstance(node, ast.Import)
                    for each in node.names
                },
            )


def of_features(imported: set[str]) -> set[str]:
    """The modules of single features among those imported."""
    return {each for each in imported if each.startswith("scaffold.features.")} - SHARED


def test_the_core_knows_the_list_and_no_feature() -> None:
    core = [each for each in PACKAGE.iterdir() if each.is_dir() and each != ROOMS]
    found = {path.name: of_features(imported) for path, imported in modules(*core)}
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize("feature", FEATURES, ids=lambda each: each.name)
def test_a_feature_knows_no_other(feature: Feature) -> None:
    own = f"scaffold.features.{feature.name}"
    for path, imported in modules(ROOMS / feature.name):
        others = {each for each in of_features(imported) if each.partition(own)[1] == ""}
        assert others == set(), path


@pytest.mark.parametrize("feature", FEATURES, ids=lambda each: each.name)
def test_a_room_has_all_of_its_feature(feature: Feature) -> None:
    room = ROOMS / feature.name
    page = (room / "README.md").read_text("utf-8")
    keys = feature.keys
    models = (keys.spec, keys.tenancy, keys.resource, keys.action)
    for model in models:
        for key in model.model_fields if model else ():
            assert f"`{key}" in page
    for outcome in feature.outcomes():
        told = outcome.told or outcome.code
        assert not outcome.status or f"{outcome.status} {told}" in page
    mutants = list(feature.mutants())
    tests = {each.noticed_by.partition("::")[0] for each in mutants}
    own = feature.files(whole()).tests
    assert mutants and tests & own.keys()
    assert list(feature.rules())


def whole() -> Design:
    """A service that uses every feature."""
    return resolve(load(SPEC))


@pytest.mark.parametrize("feature", FEATURES, ids=lambda each: each.name)
def test_every_template_of_a_room_is_printed(feature: Feature) -> None:
    assert feature.used(whole())
    named = set()
    for spec in (SPEC, SPECS / "helpdesk.yaml"):
        files = feature.files(resolve(load(spec)))
        named |= {*files.package.values(), *files.tests.values(), *files.fragments.values()}
    text = "".join(path.read_text("utf-8") for path in (ROOMS / feature.name).glob("*.py"))
    named |= {f"{each}.sql.jinja" for each in re.findall(rf'"{feature.name}/(\w+)"', text)}
    named |= {*re.findall(rf'"{feature.name}/(witness_\w+\.jinja)"', text)}
    there = {path.name for path in (ROOMS / feature.name / "templates").glob("*.jinja")}
    assert there == named


def test_a_table_of_a_feature_cannot_be_a_resource() -> None:
    tables = {each.table.name for feature in FEATURES for each in feature.stored(whole())}
    assert tables and tables <= BUILT_IN_RESOURCES


def test_a_fragment_without_a_slot_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from scaffold.features.audit import Audit
    from scaffold.features.feature import Files

    lost = Files(fragments={"nowhere.at_all": "effects.jinja"})
    monkeypatch.setattr(Audit, "files", lambda self, design: lost)
    with pytest.raises(LookupError, match=r"nowhere\.at_all"):
        unformatted(whole())

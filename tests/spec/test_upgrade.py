"""Older versions of the language: they mean what they meant, and errors speak of their own keys."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scaffold.design.resolve import resolve
from scaffold.design.surface import surface
from scaffold.lint.rules import advise
from scaffold.spec import upgrade as upgrades
from scaffold.spec import versions
from scaffold.spec.document import parse
from scaffold.spec.findings import Finding
from scaffold.spec.load import loads, loads_with_positions
from scaffold.spec.model import Spec
from scaffold.spec.problems import SpecError
from scaffold.spec.rewrite import rewrite
from scaffold.spec.shape import Shape
from scaffold.spec.upgrade import upgrade
from scaffold.spec.versions import EACH, NEWEST, RENAMES, Rename, own_name, written
from tests.random_specs.specs import specs

from .samples import check_refused, marked, refusal, spec
from .test_properties import KEYS, LINES, VALUES

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))

BOTH = """\
# url, issuer, jwks_url and jwks_uri are words of one version or another
scaffold: «version»   # url: 1
service: {name: shop, title: "url: jwks_url"}

tenancy: {tenant: company}
identity:
  issuers:
    - «issuer»:      https://a.example/   # url: the first
      audience: url

      algorithms: ES256
      «jwks_uri»: 'https://a.example/jwks_url'
    - {"«jwks_uri»": "https://b.example/", algorithms: [ES256], audience: é, '«issuer»': "https://b.example/"}
    - {audience: 🙂,«issuer»: https://c.example/url,algorithms: ES256}
    - ? «issuer»
      : https://d.example/
      audience: url
      algorithms: ES256
roles: {reader: {can: [{do: list, on: url}]}}
resources:
  url: {fields: {url: {type: url}, jwks_url: {type: boolean}, issuer: {type: boolean}}}
"""
"""A spec of every version: the words that differ are in guillemets."""

WORDS = {
    1: {"«version»": "1", "«issuer»": "url", "«jwks_uri»": "jwks_url"},
    2: {"«version»": "2", "«issuer»": "issuer", "«jwks_uri»": "jwks_uri"},
}


def of_version(version: int, text: str = BOTH) -> str:
    """A text in the words of a version."""
    for word, said in WORDS[version].items():
        text = text.replace(word, said)
    return text


def issuers(version: int, *texts: str) -> str:
    """The text of a spec of a version with these issuers."""
    listed = ", ".join(f"{{{text}}}" for text in texts)
    return spec(scaffold=str(version), identity=f"{{issuers: [{listed}]}}")


def rewritten(text: str) -> str:
    """A text as an upgrade leaves it."""
    return rewrite(text.encode(), "scaffold.yaml").decode()


def test_a_spec_of_version_1_means_what_it_means_in_version_2() -> None:
    first, second = loads(of_version(1)), loads(of_version(2))
    assert first == second
    assert resolve(first) == resolve(second)
    assert first.identity.issuers[0].jwks_uri == "https://a.example/jwks_url"


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_reference_specs_in_version_1(path: Path) -> None:
    second = path.read_text(encoding="utf-8")
    first = re.sub(r"\{issuer: ", "{url: ", second.replace("scaffold: 2\n", "scaffold: 1\n"))
    assert first.count("{url: ") >= 1
    assert surface(resolve(loads(first))) == surface(resolve(loads(second)))
    assert rewritten(first) == second


def test_the_newest_version_is_that_of_the_model() -> None:
    assert get_args(Spec.model_fields["scaffold"].annotation) == (NEWEST,)
    assert loads_with_positions(of_version(1))[1].version == 1
    assert loads_with_positions(of_version(2))[1].version == 2


@pytest.mark.parametrize("rename", RENAMES, ids=lambda rename: rename.old)
def test_the_model_has_the_new_name_alone(rename: Rename) -> None:
    shape: Shape | None = Shape(Spec)
    for key in rename.where:
        assert shape is not None
        shape = shape.items if key == EACH else shape.keys[key]
    assert shape is not None
    assert rename.new in shape.keys
    assert rename.old not in shape.keys


@pytest.mark.parametrize(
    ("sample", "code", "says"),
    [
        ("url: ▸http://a.example/, audience: x, algorithms: ES256", "E-URL", "encrypted"),
        ("url: ▸5, audience: x, algorithms: ES256", "E-TYPE", "identity.issuers[0].url needs text"),
        (
            "url: https://a.example/, audience: x, algorithms: ES256, jwks_url: ▸[x]",
            "E-TYPE",
            "identity.issuers[0].jwks_url needs text, not a list. Where its keys are. For example: "
            "jwks_url: https",
        ),
        (
            "url: https://a.example/, audience: x, algorithms: ES256, ▸jwks_urls: x",
            "E-UNKNOWN-KEY",
            'identity.issuers[0] has no key "jwks_urls". Did you mean jwks_url?',
        ),
        (
            "url: https://a.example/, audience: x, algorithms: ES256, ▸zzz: x",
            "E-UNKNOWN-KEY",
            "Known: algorithms, assurance, audience, discovery, environments, jwks_origin, "
            "jwks_url, permission_scopes, profile, rsa_2048_because, scopes, tenant_claim, ….",
        ),
        (
            "url: https://a.example/, audience: x, algorithms: ES256, ▸jwks_uri: x",
            "E-UNKNOWN-KEY",
            'has no key "jwks_uri". In version 1 of the language this key is jwks_url.',
        ),
        (
            "url: https://a.example/, audience: x, algorithms: ES256, ▸issuer: x",
            "E-UNKNOWN-KEY",
            'has no key "issuer". In version 1 of the language this key is url.',
        ),
    ],
)
def test_an_error_of_version_1_speaks_of_its_keys(sample: str, code: str, says: str) -> None:
    check_refused(issuers(1, sample), code, says)


@pytest.mark.parametrize(("old", "new"), [(each.old, each.new) for each in RENAMES])
def test_a_name_of_version_1_in_version_2(old: str, new: str) -> None:
    text = (
        "issuer: https://a.example/, audience: x, algorithms: ES256, jwks_uri: https://a.example/"
    )
    problems = refusal(issuers(2, text.replace(f"{new}:", f"{old}:"))).problems
    (unknown,) = (each for each in problems if each.code == "E-UNKNOWN-KEY")
    assert unknown.path == ("identity", "issuers", 0, old)
    assert unknown.hint == f"In version 2 of the language this key is {new}."


def test_a_missing_key_has_the_name_of_the_version() -> None:
    for version, key in ((1, "url"), (2, "issuer")):
        sample = issuers(version, "audience: x, algorithms: ES256").replace("{aud", "▸{aud")
        check_refused(sample, "E-MISSING-KEY", f"issuers[0] lacks the key {key}. ")
        (problem,) = refusal(sample.replace("▸", "")).problems
        assert problem.path == ("identity", "issuers", 0, key)
        assert f" For example: {key}: https://login.example.com/." in problem.hint


def test_an_issuer_that_is_listed_twice_in_version_1() -> None:
    same = "url: {}https://a.example/, audience: x, algorithms: ES256"
    text, places = marked(issuers(1, same.format(""), same.format("▸")))
    (problem,) = refusal(text).problems
    assert (problem.code, problem.path) == ("E-REPEATED", ("identity", "issuers", 1, "url"))
    assert [(problem.line, problem.column)] == places


def test_a_rule_of_several_nodes_names_the_place_in_version_1() -> None:
    positions = loads_with_positions(of_version(1))[1]
    finding = Finding("E-X", "It is wrong", ("identity", "issuers", 0, "issuer"), named=True)
    problem = finding.problem(positions)
    assert problem.path == ("identity", "issuers", 0, "url")
    assert (problem.line, problem.column) == (8, 7)


def test_advice_names_the_place_in_version_1() -> None:
    text, places = marked(
        issuers(
            1,
            "url: https://a.example/, audience: x, algorithms: ES256, "
            "▸jwks_url: https://keys.example.net/",
        )
    )
    source, positions = loads_with_positions(text)
    (found,) = (each for each in advise(resolve(source), source, positions) if each.id == "L806")
    assert found.path == ("identity", "issuers", 0, "jwks_url")
    assert [(found.line, found.column)] == places


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("3", "This scaffold knows versions 1 to 2: write scaffold: 2, or use a newer scaffold."),
        ("0", "Write scaffold: 2, or the older version that the spec is written in."),
        *((each, "Write scaffold: 2, or ") for each in ("-1", "true", "1.0", "'1'", "[1]", "{}")),
    ],
)
def test_of_an_unknown_version_nothing_else_is_said(version: str, says: str) -> None:
    sample = spec(scaffold=f"▸{version}", identity="5", later="{}")
    check_refused(sample, "E-VERSION", f" is not a version of the language. {says}")


def test_a_spec_without_a_version_is_read_as_the_newest() -> None:
    text = of_version(2).replace("scaffold: 2   # url: 1\n", "")
    (problem,) = refusal(text).problems
    assert (problem.code, problem.path) == ("E-MISSING-KEY", ("scaffold",))
    assert problem.hint.endswith("For example: scaffold: 2.")
    assert len(refusal(text.replace("{audience: 🙂,issuer", "{audience: 🙂,url")).problems) == 3


THIRD = (
    *RENAMES,
    Rename(3, (), "tenancy", "tenants"),
    Rename(3, ("identity",), "issuers", "authorities"),
    Rename(3, ("identity", "authorities", EACH), "issuer", "name"),
)


@pytest.fixture
def third(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language with a third version, which renames what the second has renamed."""
    monkeypatch.setattr(versions, "RENAMES", THIRD)
    monkeypatch.setattr(upgrades, "NEWEST", 3)


@pytest.mark.usefixtures("third")
def test_several_versions_follow_each_other() -> None:
    place = ("identity", "authorities", 0, "name")
    assert written(place, 3) == place
    assert written(place, 2) == ("identity", "issuers", 0, "issuer")
    assert written(place, 1) == ("identity", "issuers", 0, "url")
    assert written((), 1) == ()
    assert written(("tenants", "tenant"), 1) == ("tenancy", "tenant")
    for version in (1, 2):
        document = parse(of_version(version), "scaffold.yaml")
        newest = upgrade(document)
        assert newest.data["scaffold"] == 3
        assert newest.positions.of(("tenants",)) == document.positions.of(("tenancy",)) == (5, 1)
        identity = newest.data["identity"]
        assert isinstance(identity, dict) and isinstance(identity["authorities"], tuple)
        first = identity["authorities"][0]
        assert isinstance(first, dict)
        assert list(first) == ["name", "audience", "algorithms", "jwks_uri"]
        key = ("identity", "issuers", 0, WORDS[version]["«issuer»"])
        assert newest.positions.of(place) == document.positions.of(key) == (8, 7)


@pytest.mark.usefixtures("third")
@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("key", ["url", "issuer", "name"])
def test_every_version_has_one_name_for_a_key(version: int, key: str) -> None:
    own = {1: "url", 2: "issuer", 3: "name"}[version]
    text = f"scaffold: {version}\nidentity: {{issuers: [{{{key}: x}}]}}\n"
    if version == 3:
        text = text.replace("issuers", "authorities")
    identity = upgrade(parse(text, "scaffold.yaml")).data["identity"]
    assert isinstance(identity, dict) and isinstance(identity["authorities"], tuple)
    (issuer,) = identity["authorities"]
    assert isinstance(issuer, dict)
    place = ("identity", "authorities", 0, *issuer)
    assert own_name(place, version) == (None if key == own else own)


def refusals(text: str) -> list[tuple[str, int]]:
    """The codes and lines that a text is refused with."""
    try:
        loads(text)
    except SpecError as error:
        return [(each.code, each.line) for each in error.problems]
    return []


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.sampled_from(KEYS), VALUES)
def test_what_is_wrong_is_wrong_in_every_version(place: tuple[int, int, str], value: str) -> None:
    index, column, key = place
    lines = list(LINES)
    lines[index] = f"{lines[index][:column]}{key}: {value}"
    second = "\n".join(lines)
    first = second.replace("{issuer: ", "{url: ").replace("scaffold: 2\n", "scaffold: 1\n")
    assert refusals(first) == refusals(second)


def test_an_upgrade_replaces_the_words_alone() -> None:
    assert rewritten(of_version(1)) == of_version(2)
    assert rewritten(of_version(2)) == of_version(2)


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_the_mark_of_an_editor_stay(line_end: str, mark: str) -> None:
    first, second = (mark + of_version(each).replace("\n", line_end) for each in (1, 2))
    assert rewrite(first.encode(), "scaffold.yaml") == second.encode()


@pytest.mark.parametrize(
    ("key", "upgraded"),
    [
        ('"\\x75rl"', '"issuer"'),
        ("'url'", "'issuer'"),
        ('? "\\x75r\\\n        l"\n      ', '? "issuer"\n      '),
    ],
)
def test_every_way_to_write_a_key(key: str, upgraded: str) -> None:
    first = of_version(1).replace("- url:      https://a", f"- {key}: https://a")
    second = of_version(2).replace("- issuer:      https://a", f"- {upgraded}: https://a")
    assert first != of_version(1)
    assert rewritten(first) == second


def test_a_key_that_is_a_block_is_left_to_its_author() -> None:
    text = of_version(1).replace("    - ? url\n", "    - ? |-\n        url\n")
    assert loads(text) == loads(of_version(1))
    with pytest.raises(SpecError) as caught:
        rewritten(text)
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.column) == ("E-UPGRADE", 15, 9)
    assert problem.path == ("identity", "issuers", 3, "url")


def test_a_version_with_a_sign() -> None:
    assert rewritten(of_version(1).replace("scaffold: 1", "scaffold: +1")) == of_version(2)


STYLES = ('"{}"', "'{}'", "{}", "? {}\n", "? '{}' # url: x\n")
COMMENTS = (
    "",
    "  # url: https://a.example/",
    "  # {issuer: x, jwks_url: y} é 🙂",
    "\n\n# scaffold: 1\n",
    '  # "',
)


@st.composite
def commented(draw: st.DrawFn) -> str:
    """A random spec for `of_version`, with comments anywhere and its keys in any style."""
    data = json.loads(draw(specs(2)))
    data["scaffold"] = "«version»"
    for each in data["identity"]["issuers"]:
        for key in ("issuer", "jwks_uri"):
            if key in each:
                each[f"«{key}»"] = each.pop(key)
    text = json.dumps(data, ensure_ascii=False, indent=1).replace('"«version»"', "«version»")
    text = re.sub(
        '"(«(?:issuer|jwks_uri)»)"',
        lambda found: draw(st.sampled_from(STYLES)).format(found[1]),
        text,
    )
    lines = text.split("\n")
    for _ in range(draw(st.integers(0, 6))):
        lines[draw(st.integers(0, len(lines) - 1))] += draw(st.sampled_from(COMMENTS))
    return "\n".join(lines)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(commented(), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\ufeff"]))
def test_any_spec_is_upgraded_to_the_same_text(text: str, line_end: str, mark: str) -> None:
    first, second = (
        (mark + of_version(each, text).replace("\n", line_end)).encode() for each in (1, 2)
    )
    assert rewrite(first, "scaffold.yaml") == second
    assert rewrite(second, "scaffold.yaml") == second
    assert resolve(loads(first)) == resolve(loads(second))

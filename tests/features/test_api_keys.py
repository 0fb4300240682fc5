"""API keys: what a spec says of them, and what becomes of it."""

import json
import re
from collections.abc import Iterator

import pytest

from scaffold.design.model import Design
from scaffold.design.resolve import resolve
from scaffold.design.surface import surface
from scaffold.features.api_keys.contract import form
from scaffold.features.api_keys.design import permissions
from scaffold.features.api_keys.resource import NETWORK
from scaffold.features.idempotency.design import need_of
from scaffold.lint.rules import advise
from scaffold.plan.files import unformatted
from scaffold.spec.load import loads, loads_with_positions
from scaffold.spec.problems import SpecError

SPEC = """
scaffold: 2
service: {name: library, title: Library}
tenancy: {tenant: town}
identity:
  issuers: [{issuer: "https://login.example.com/", audience: library, algorithms: [ES256]}]
KEYS
roles:
  reader:
    MFA
    can:
      - {do: [list, read, create], on: book}
      - {do: [list, read], on: member}
      - {do: assign, on: member, roles: reader}
      - {do: [list, read, create, rotate, revoke], on: api_key}
resources:
  book: {fields: {title: {type: string, max: 80}}}
"""


def spec(keys: str = "", mfa: str = "") -> str:
    """A spec with keys."""
    return SPEC.replace("KEYS", keys).replace("    MFA\n", mfa)


def design(keys: str = "") -> Design:
    """Its design."""
    return resolve(loads(spec(keys)))


def test_what_a_key_can_be_good_for_gives_no_rights() -> None:
    assert permissions(design()) == (
        "api_key:list",
        "api_key:read",
        "book:create",
        "book:list",
        "book:read",
        "member:list",
        "member:read",
    )


def test_only_a_member_rotates_their_own() -> None:
    entity = design().entity("api_key")
    found = {
        each.id: [str(c) for way in each.alternatives for c in way.conditions]
        for each in entity.operations
    }
    assert found["rotate_api_key"] == ["member_id is $user.id"]
    assert found["revoke_api_key"] == []


def test_no_answer_that_tells_a_secret_is_kept_for_a_replay() -> None:
    telling = [each for each in design().operations if each.secret]
    assert [each.id for each in telling] == ["create_api_key", "rotate_api_key"]
    assert {need_of(each) for each in telling} == {None}


def test_a_secret_is_in_the_answers_that_tell_it_and_nowhere_else() -> None:
    contract = json.loads(unformatted(design())["library/openapi.json"])
    schemas = contract["components"]["schemas"]
    answers = {
        operation["operationId"]: answer["content"]["application/json"]["schema"][
            "$ref"
        ].rpartition("/")[2]
        for item in contract["paths"].values()
        for name, operation in item.items()
        if name != "parameters" and "api_key" in operation["operationId"]
        for status, answer in operation["responses"].items()
        if status in ("200", "201")
    }
    assert answers == {
        "list_api_keys": "ApiKeyPage",
        "create_api_key": "ApiKeyIssued",
        "read_api_key": "ApiKey",
        "rotate_api_key": "ApiKeyIssued",
        "revoke_api_key": "ApiKey",
    }
    assert {name for name, each in schemas.items() if "key" in each["properties"]} == {
        "ApiKeyIssued"
    }
    assert "digest" not in json.dumps(contract)
    assert form(design()) in contract["components"]["securitySchemes"]["bearer"]["description"]


def test_how_long_they_live_is_in_the_contract() -> None:
    text = unformatted(design("api_keys: {max_lifetime: 12h}"))["library/openapi.json"]
    schemas = json.loads(text)["components"]["schemas"]
    for name in ("ApiKeyCreate", "RotateApiKeyInput"):
        assert schemas[name]["properties"]["lifetime"]["maximum"] == 12 * 3600
        assert "lifetime" in schemas[name]["required"]


def test_what_they_can_do_is_a_fact_of_the_surface() -> None:
    facts = surface(design())["operations"]
    assert "book:create by api_key" in facts
    assert "member:assign by api_key" not in facts
    assert facts["api_key:rotate tells"] == "a new key, once"


@pytest.mark.parametrize("lifetime", ["59m", "366d", "0d"])
def test_a_life_has_bounds(lifetime: str) -> None:
    with pytest.raises(SpecError) as caught:
        loads(spec(f"api_keys: {{max_lifetime: {lifetime}}}"))
    (problem,) = caught.value.problems
    assert problem.code == "E-RANGE"
    assert "1h to 365d" in problem.message


def test_the_name_of_an_answer_is_taken() -> None:
    text = spec() + "  api_key_issued: {fields: {title: {type: string, max: 80}}}\n"
    with pytest.raises(SpecError) as caught:
        loads(text)
    assert "E-COLLISION" in {each.code for each in caught.value.problems}


def test_a_second_factor_for_all_leaves_keys_without_use() -> None:
    ids = {each.id for each in _advice(spec(mfa="    mfa: any\n"))}
    assert "L314" in ids
    assert "L314" not in {each.id for each in _advice(spec())}


def _advice(text: str) -> Iterator[object]:
    found, positions = loads_with_positions(text)
    yield from advise(resolve(found), found, positions)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("10.0.0.0/8", True),
        ("255.255.255.255/32", True),
        ("0.0.0.0/0", True),
        ("2001:db8::/32", True),
        ("1:2:3:4:5:6:7:8/128", True),
        ("1:2:3:4:5:6::/96", True),
        ("10.0.0.0", False),
        ("10.0.0.256/8", False),
        ("10.0.0.0/33", False),
        ("01.0.0.0/8", False),
        ("1:2:3:4:5:6:7:8:9/64", False),
        ("1:2:3:4:5:6:7::/112", False),
        ("::/129", False),
        ("2001:db8::/129", False),
    ],
)
def test_a_network_has_a_form(text: str, good: bool) -> None:
    assert bool(re.fullmatch(NETWORK, text)) is good

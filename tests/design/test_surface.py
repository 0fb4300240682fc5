"""The surface: the same for the same authority, different for any other, and read in a diff."""

import difflib
import json
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from scaffold.design.resolve import resolve
from scaffold.design.surface import surface
from scaffold.spec.document import parse
from scaffold.spec.load import loads

from .samples import SPECS, design, whole

SPEC = """
roles:
  clerk:
    can:
      - {do: [list, read], on: order, except: [total]}
      - {do: create, on: order, when: {status: open}}
      - {do: update, on: order, when: {owner_id: $user.id, region: {in: [eu, us]}}}
  chief:
    extends: clerk
    mfa: any
    can:
      - {do: [update, finish], on: order}
      - {do: delete, on: order, when: {region: {in: $user.regions}}}
limits: {user: 60/min, token: 60/min}
"""


def lines(text: str) -> list[str]:
    """The surface of a spec as it stands in the lock."""
    return json.dumps(surface(resolve(loads(text))), indent=1).splitlines()


def changed(before: str, after: str) -> list[str]:
    """What a reviewer sees: the removed and the added lines, without their commas."""
    text = whole(SPEC)
    assert before in text
    found = difflib.ndiff(lines(text), lines(text.replace(before, after, 1)))
    return sorted(
        f"{each[0]} {each[2:].strip().rstrip(',')}"
        for each in found
        if each[0] in "+-" and each[2:].strip(" {}")
    )


# What changes


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            ", when: {status: open}}",
            "}",
            [
                '+ "order:create chief": "always"',
                '+ "order:create clerk": "always"',
                '- "order:create chief": "if status = open"',
                '- "order:create clerk": "if status = open"',
            ],
            id="a condition removed",
        ),
        pytest.param(
            "{in: [eu, us]}",
            "eu",
            [
                '+ "order:update clerk": "if owner_id = $user.id and region = eu"',
                '- "order:update clerk": "if owner_id = $user.id and region in [eu, us]"',
            ],
            id="a value removed",
        ),
        pytest.param(
            "[update, finish]",
            "[update, finish, drop]",
            [
                '+ "order:drop chief": "always"',
                '+ "order:drop idempotency_key": "optional"',
                '+ "order:drop if_match": "required"',
                '+ "order:drop sets": "status, total"',
                '+ "order:drop step_up": "none"',
                '+ "order:drop": "POST /orders/{order_id}/drop"',
            ],
            id="an action granted",
        ),
        pytest.param(
            "except: [total]",
            "except: [title, total]",
            [
                '+ "order:list chief": "always, only owner_id, region, source_id, status"',
                '+ "order:list clerk": "always, only owner_id, region, source_id, status"',
                '+ "order:read chief": "always, only owner_id, region, source_id, status"',
                '+ "order:read clerk": "always, only owner_id, region, source_id, status"',
                '- "order.title read": "chief, clerk"',
                '- "order:list chief": "always, only owner_id, region, source_id, status, title"',
                '- "order:list clerk": "always, only owner_id, region, source_id, status, title"',
                '- "order:read chief": "always, only owner_id, region, source_id, status, title"',
                '- "order:read clerk": "always, only owner_id, region, source_id, status, title"',
            ],
            id="a field hidden",
        ),
        pytest.param(
            "    extends: clerk\n",
            "",
            [
                '- "chief includes clerk": "with every grant"',
                '- "order.key create": "chief, clerk"',
                '+ "order.key create": "clerk"',
                '- "order.owner_id read": "chief, clerk"',
                '+ "order.owner_id read": "clerk"',
                '- "order.region create": "chief, clerk"',
                '+ "order.region create": "clerk"',
                '- "order.region read": "chief, clerk"',
                '+ "order.region read": "clerk"',
                '- "order.source_id create": "chief, clerk"',
                '+ "order.source_id create": "clerk"',
                '- "order.source_id read": "chief, clerk"',
                '+ "order.source_id read": "clerk"',
                '- "order.status read": "chief, clerk"',
                '+ "order.status read": "clerk"',
                '- "order.title create": "chief, clerk"',
                '+ "order.title create": "clerk"',
                '- "order.title read": "chief, clerk"',
                '+ "order.title read": "clerk"',
                '- "order:create chief": "if status = open"',
                '- "order:list chief": "always, only owner_id, region, source_id, status, title"',
                '- "order:read chief": "always, only owner_id, region, source_id, status, title"',
            ],
            id="an inheritance cut",
        ),
        pytest.param(
            "mfa: any",
            "mfa: phishing_resistant",
            ['+ "chief mfa": "phishing_resistant"', '- "chief mfa": "any"'],
            id="a factor",
        ),
        pytest.param(
            "60/min, token",
            "1/s, token",
            ['+ "user": "1 in 1 s"', '- "user": "60 in 60 s"'],
            id="a rate over another window",
        ),
        pytest.param(
            "60/min, token",
            "{unlimited_because: Nobody knows.}, token",
            ['+ "user": "unlimited"', '- "user": "60 in 60 s"'],
            id="a limit switched off",
        ),
        pytest.param(
            "step_up: 5m, ",
            "",
            ['+ "order:finish step_up": "none"', '- "order:finish step_up": "300 s"'],
            id="a step-up",
        ),
        pytest.param(
            "idempotent: required, ",
            "",
            [
                '+ "order:finish idempotency_key": "optional"',
                '- "order:finish idempotency_key": "required"',
            ],
            id="an idempotency key",
        ),
        pytest.param(
            "input: {words: {type: text, max: 99}}",
            "input: {words: {type: text, max: 100}}",
            [
                '+ "order:finish input words": "internal text(0..100)"',
                '- "order:finish input words": "internal text(0..99)"',
            ],
            id="an input",
        ),
        pytest.param(
            "set_by: [finish, drop]",
            "set_by: [drop]",
            [
                '+ "order:finish sets": "total"',
                '- "order:finish sets": "status, total"',
            ],
            id="what a hook writes",
        ),
        pytest.param(
            "class: secret, optional: true",
            "class: pii, optional: true",
            [
                '+ "order.key read": "chief, clerk"',
                '+ "order.key": "pii string(0..9), optional"',
                *(
                    f'{sign} "order:{do} {role}": "always, only '
                    f'{"key, " if sign == "+" else ""}owner_id, region, source_id, status, title"'
                    for do in ("list", "read")
                    for role in ("chief", "clerk")
                    for sign in "+-"
                ),
                '- "order.key": "secret string(0..9), optional"',
            ],
            id="a class",
        ),
        pytest.param(
            "filter: [eq, prefix]",
            "filter: [eq]",
            [
                '+ "order:list filter title": "eq"',
                '- "order:list filter title": "eq, prefix"',
            ],
            id="a filter",
        ),
        pytest.param(
            ", sort: true",
            "",
            ['- "order:list sort title": "both ways"'],
            id="a sort",
        ),
        pytest.param(
            "max: 100, filter",
            "max: 100, class: pii, filter",
            [
                '+ "order.title": "pii string(0..100)"',
                '+ "order:list by POST body_max": 16384',
                '+ "order:list by POST": "POST /orders/search"',
                '+ "order:list filter title": "eq, prefix, by POST alone"',
                '+ "order:list sort title": "both ways, by POST alone"',
                '- "order.title": "internal string(0..100)"',
                '- "order:list filter title": "eq, prefix"',
                '- "order:list sort title": "both ways"',
            ],
            id="a filter that leaves the URL",
        ),
        pytest.param(
            "owner: owner_id",
            "owner: owner_id\n    page: {max: 50}\n    body_max: 8KiB",
            [
                '+ "order:create body_max": 8192',
                '+ "order:finish body_max": 8192',
                '+ "order:list page_max": 50',
                '+ "order:update body_max": 8192',
                '- "order:create body_max": 65536',
                '- "order:finish body_max": 65536',
                '- "order:list page_max": 100',
                '- "order:update body_max": 65536',
            ],
            id="limits of size",
        ),
        pytest.param(
            "values: [open, done, gone]",
            "values: [open, done, gone, lost]",
            [
                '+ "order.status": "internal enum(done, gone, lost, open), default \\"open\\""',
                '- "order.status": "internal enum(done, gone, open), default \\"open\\""',
            ],
            id="the values of a field",
        ),
        pytest.param(
            "[ES256]",
            "[ES256, RS256]",
            [
                '+ "issuer https://login.example.com/ algorithms": "ES256, RS256"',
                '- "issuer https://login.example.com/ algorithms": "ES256"',
            ],
            id="an algorithm",
        ),
        pytest.param(
            "audience: shop, ",
            "audience: shop, jwks_uri: https://keys.example.net/, ",
            [
                '+ "issuer https://login.example.com/ keys": "https://keys.example.net/"',
                '- "issuer https://login.example.com/ keys": '
                '"https://login.example.com/.well-known/jwks.json"',
            ],
            id="the keys of an issuer",
        ),
        pytest.param(
            "issuers: [{",
            "tenant_claim: org\n  issuers: [{",
            ['+ "tenant claim": "org"', '- "tenant claim": "company_id"'],
            id="the source of the tenant",
        ),
        pytest.param(
            "limits: {",
            "audit: {retain: 500d}\nlimits: {",
            ['+ "audit days": 500', '- "audit days": 400'],
            id="the audit",
        ),
        pytest.param(
            "mfa: any",
            "mfa: any\n    kind: human\n    description: Runs it.",
            [],
            id="a description",
        ),
        pytest.param(
            "{do: [update, finish], on: order}",
            "{do: [update, finish], on: order}\n"
            "      - {do: update, on: order, when: {status: open}}",
            [],
            id="a grant that another covers",
        ),
        pytest.param("[eu, us]}}}", "[us, eu]}}}", [], id="the order of values"),
        pytest.param("{in: [eu, us]}", "{in: [us, eu]}", [], id="the order in a condition"),
    ],
)
def test_the_diff_says_who_gained_what(before: str, after: str, expected: list[str]) -> None:
    assert changed(before, after) == sorted(expected)


def test_a_new_field_names_the_roles_that_gain_it() -> None:
    added = changed(
        "      total: {type: money",
        "      salary: {type: money, class: pii}\n      total: {type: money",
    )
    assert '+ "order.salary create": "chief, clerk"' in added
    assert '+ "order.salary update": "chief, clerk"' in added
    assert [each for each in added if "salary read" in each] == [
        '+ "order.salary read": "chief, clerk"'
    ]


# What does not


def shuffled(value: Any, draw: random.Random, key: str = "") -> Any:
    """A document with its mappings, and the lists that are sets, in another order."""
    if isinstance(value, dict):
        items = list(value.items())
        draw.shuffle(items)
        return {name: shuffled(each, draw, name) for name, each in items}
    if isinstance(value, tuple | list):
        found = [shuffled(each, draw) for each in value]
        if key != "unique":
            draw.shuffle(found)
        return found
    return value


NAMES = ("notes", "recruiting", "invoicing", "helpdesk", "issue_tracker")
DOCUMENTS = {name: parse((SPECS / f"{name}.yaml").read_bytes(), name).data for name in NAMES}


@hypothesis_settings(max_examples=12, deadline=None, derandomize=True)
@given(st.sampled_from(NAMES), st.randoms(use_true_random=False))
def test_the_order_of_declaration_does_not_show(name: str, draw: random.Random) -> None:
    document = DOCUMENTS[name]
    plain, other = (
        resolve(loads(json.dumps(each, default=str)))
        for each in (document, shuffled(document, draw))
    )
    assert json.dumps(surface(plain)) == json.dumps(surface(other))


# Its form


def facts(name: str) -> Iterator[tuple[str, str | int]]:
    """Every fact of the surface of a reference spec."""
    for section in surface(resolve(loads((SPECS / f"{name}.yaml").read_bytes()))).values():
        yield from section.items()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_plain_sorted_and_one_fact_a_line(name: str) -> None:
    found = surface(resolve(loads((SPECS / f"{name}.yaml").read_bytes())))
    assert json.loads(json.dumps(found)) == found
    assert list(found) == sorted(found)
    for section in found.values():
        assert list(section) == sorted(section)
    for key, value in facts(name):
        assert type(value) in (str, int)
        assert "\n" not in f"{key}{value}"
        assert value != ""


def test_literals_cannot_be_taken_for_something_else() -> None:
    sections = """
resources: {note: {fields: {word: {type: string, max: 50}, kind: {type: string, max: 50}}}}
roles:
  clerk:
    can:
      - {do: read, on: note, when: {word: "a and kind = b"}}
      - {do: read, on: note, when: {word: "a", kind: "b"}}
      - {do: read, on: note, when: {word: {in: ["x, y", "true", "5", "; if"]}}}
"""
    found = surface(design(sections))
    assert found["access"]["note:read clerk"] == (
        'if kind = b and word = a; if word = "a and kind = b"; '
        'if word in ["5", "; if", "true", "x, y"]'
    )


def test_it_is_cheap_for_a_thousand_resources() -> None:
    names = [f"thing{number}" for number in range(1_000)]
    everything = f"[{', '.join(names)}]"
    fields = ", ".join(f"f{number}: {{type: string, max: 9, sort: true}}" for number in range(8))
    text = whole(
        f"roles:\n"
        f"  reader: {{can: [{{do: [list, read], on: {everything}}}]}}\n"
        f"  writer: {{extends: reader, can: [{{do: [create, update], on: {everything}}}]}}\n"
        f"  chief: {{extends: writer, can: [{{do: delete, on: {everything}}}]}}\n"
        "resources:\n" + "".join(f"  {each}: {{fields: {{{fields}}}}}\n" for each in names)
    )
    found = resolve(loads(text))
    start = time.process_time()
    result = surface(found)
    spent = time.process_time() - start
    assert len(result["access"]) == 11_000
    assert spent < 2

"""Changes of a spec by which nobody gains anything: none of them blocks."""

from __future__ import annotations

import pytest

from scaffold.drift.change import Change
from scaffold.drift.spec.compare import compare

BASE = """\
scaffold: 2
service: {name: shop, title: Shop, environments: [development, production]}
tenancy: {tenant: company, attributes: {region: {type: enum, values: [eu, us]}}}
identity:
  issuers: [{issuer: https://login.example.com/, audience: shop, algorithms: [ES256, RS256]}]
limits: {user: 60/min}
roles:
  clerk:
    can:
      - {do: [list, read], on: note}
      - {do: update, on: note, only: title, when: {owner_id: $user.id, state: {in: [draft, sent]}}}
  boss:
    extends: clerk
    mfa: any
    can:
      - {do: [create, delete, send], on: note, when: {state: draft}}
resources:
  note:
    owner: owner_id
    fields:
      title: {type: string, max: 80, pattern: '^[a-z ]+$', filter: [eq, prefix], sort: true}
      body: {type: text, max: 500, optional: true}
      state: {type: enum, values: [draft, sent], default: draft, set_by: [send], filter: [eq]}
    actions: {send: {on: item, step_up: 15m, idempotent: required}}
    page: {default: 20, max: 100}
  book: {fields: {name: {type: string, max: 80}}}
"""
NEW_RESOURCE = """\
  page:
    fields: {text: {type: text, max: 900, class: pii}}
"""
PAGES = "      - {do: [list, read, create, update, delete], on: page}\n"
BENIGN = {
    "the order of roles in a list": ("[list, read]", "[read, list]"),
    "the order of algorithms": ("[ES256, RS256]", "[RS256, ES256]"),
    "quotes": ("title: Shop", 'title: "Shop"'),
    "a title": ("title: Shop", "title: The shop"),
    "a comment": ("roles:\n", "roles:  # who may do what\n"),
    "a description": ("body: {type: text", "body: {description: The text., type: text"),
    "line endings": ("\n", "\r\n"),
    "the same duration": ("step_up: 15m", "step_up: 900s"),
    "a shorter step-up": ("step_up: 15m", "step_up: 5m"),
    "an alternative that another one covers": (
        "      - {do: [list, read], on: note}\n",
        "      - {do: [list, read], on: note}\n"
        "      - {do: read, on: note, when: {owner_id: $user.id}}\n",
    ),
    "alternatives for a list of values": (
        "when: {owner_id: $user.id, state: {in: [draft, sent]}}}\n",
        "when: {owner_id: $user.id, state: draft}}\n"
        "      - {do: update, on: note, only: title, when: {owner_id: $user.id, state: sent}}\n",
    ),
    "one value fewer": ("state: {in: [draft, sent]}", "state: draft"),
    "a conjunct more": ("when: {state: draft}", "when: {state: draft, $tenant.region: eu}"),
    "an operation fewer": ("[create, delete, send]", "[create, send]"),
    "an operator fewer": ("filter: [eq, prefix]", "filter: [eq]"),
    "no order": (", sort: true", ""),
    "a stricter pattern": (", pattern: '^[a-z ]+$'", ", pattern: '^[a-z ]+$', min: 3"),
    "a shorter field": ("max: 500", "max: 400"),
    "a lower limit": ("60/min", "30/min"),
    "smaller pages": ("max: 100}", "max: 50}"),
    "a stronger factor": ("mfa: any", "mfa: phishing_resistant"),
    "a resource fewer": ("  book: {fields: {name: {type: string, max: 80}}}\n", ""),
    "a new resource": (
        "  book: {fields",
        f"{NEW_RESOURCE}  book: {{fields",
        "      - {do: [create, delete",
        f"{PAGES}      - {{do: [create, delete",
    ),
    "a new field": (
        "body: {type: text",
        "size: {type: integer, min: 0, max: 9, optional: true, filter: [eq]}\n"
        "      body: {type: text",
    ),
    "a new action": (
        "actions: {send:",
        "actions: {archive: {on: item}, send:",
        "[create, delete, send]",
        "[create, delete, send, archive]",
    ),
    "a new role that may do no more than another one": (
        "  boss:\n",
        "  guest: {can: [{do: read, on: note}]}\n  boss:\n",
    ),
    "an environment": ("[development, production]", "[development, staging, production]"),
    "another key in its place": (
        "limits: {user: 60/min}\nroles:\n",
        "roles:\n",
        "    page: {default: 20, max: 100}\n",
        "    page: {max: 100, default: 20}\n",
        "scaffold: 2\n",
        "scaffold: 2\nlimits: {user: 60/min}\n",
    ),
    "a field under another name": (
        "body: {type: text",
        "text: {renamed_from: body, type: text",
    ),
}
WIDER = {
    "a rate in a larger burst": ("60/min", "3600/h"),
    "a new role that may do more": (
        "  boss:\n",
        "  guest: {can: [{do: [read, delete], on: note}]}\n  boss:\n",
    ),
    "a first grant on what is there": (
        "  book: {fields",
        "  book: {fields",
        "      - {do: [create, delete",
        "      - {do: [list, read], on: book}\n      - {do: [create, delete",
    ),
    "a rename with a wider grant": (
        "body: {type: text",
        "text: {renamed_from: body, type: text",
        "only: title",
        "only: [title, text]",
    ),
    "a value more": ("when: {state: draft}", "when: {state: {in: [draft, sent]}}"),
}


def edited(*pairs: str) -> str:
    after = BASE
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in after, old
        after = after.replace(old, new) if old == "\n" else after.replace(old, new, 1)
    return after


def changes(*pairs: str) -> list[Change]:
    return compare(BASE.encode(), edited(*pairs).encode(), ("base", "head"))


TENANT = BASE.replace(
    "state: draft}}", "state: draft, $tenant.region: eu}}\n      - {do: read, on: company}"
).replace(
    "[eu, us]}}}\n",
    "[eu, us]}}, sign_up: {issuer: https://login.example.com/, role: clerk, attributes: region}}\n",
)
NAMED = (
    TENANT.replace("{tenant: company,", "{tenant: firm, renamed_from: company,")
    .replace("{region: {", "{area: {renamed_from: region, ")
    .replace("$tenant.region", "$tenant.area")
    .replace("attributes: region}", "attributes: area}")
    .replace("on: company", "on: firm")
    .replace("identity:\n", "identity:\n  tenant_claim: company_id\n")
)


def test_a_tenant_and_its_attribute_under_other_names_pass() -> None:
    found = compare(TENANT.encode(), NAMED.encode(), ("base", "head"))
    assert [each for each in found if each.blocks] == []


def test_their_names_hide_no_wider_grant() -> None:
    wider = NAMED.replace("do: read, on: firm", "do: [read, update], on: firm")
    found = compare(TENANT.encode(), wider.replace(", $tenant.area: eu", "").encode(), ("a", "b"))
    told = {each.rule.id for each in found if each.blocks}
    assert "SCF101" in told


@pytest.mark.parametrize("what", BENIGN)
def test_what_gives_nobody_anything_passes(what: str) -> None:
    blocking = [
        f"{e.rule.id} {e.key}: {e.old} -> {e.now}" for e in changes(*BENIGN[what]) if e.blocks
    ]
    assert blocking == []


def test_a_path_that_moves_breaks_clients_and_gives_nobody_anything() -> None:
    found = changes("  note:\n    owner", "  note:\n    plural: memos\n    owner")
    moved = [each for each in found if each.clients == "breaking"]
    assert {each.key for each in moved} >= {"operations note:list", "operations note:read"}
    assert not any(each.blocks for each in found)


@pytest.mark.parametrize("what", WIDER)
def test_what_looks_alike_and_gives_something_blocks(what: str) -> None:
    assert any(each.blocks for each in changes(*WIDER[what]))

"""What each rule takes for wrong, and what it leaves alone."""

from dataclasses import replace

import pytest

from scaffold.lint.logic import implies, possible
from scaffold.spec.conditions import Operator
from scaffold.spec.model import Condition, Term

from .samples import advice, ids

NOTE = "resources: {note: {owner: owner_id, fields: {body: {type: text, max: 500}}}}\n"
ORDER = """
resources:
  order:
    owner: owner_id
    fields:
      title: {type: string, max: 99}
      state: {type: enum, values: [open, done], default: open, set_by: [close, pay, transfer]}
      paid: {type: boolean, default: false, immutable: true}
      ref: {type: uuid, optional: true, set_by: pay}
    actions: {close: {on: item}, pay: {on: item}, transfer: {on: item}, tidy: {on: collection}}
"""
PRICED = ORDER.replace("ref: {", "price: {type: money}\n      ref: {")
LINE = "  line: {parent: order, fields: {size: {type: integer, min: 1, max: 9}}}\n"
ALL = "list, read, create, update, delete"


def clerk(*grants: str, more: str = "", **keys: str) -> str:
    """A role `clerk` with these grants and keys, and more roles."""
    spelled = "".join(f"{key}: {value}, " for key, value in keys.items())
    return f"roles:\n  clerk: {{{spelled}can: [{', '.join(grants)}]}}\n{more}"


def note(fields: str, more: str = "") -> str:
    """A resource with these fields, and more keys."""
    resource = f"{{note: {{fields: {{{fields}}}{more}}}}}"
    return f"{clerk('{do: [list, read, create], on: note}')}resources: {resource}\n"


def order(*grants: str, more: str = "", **keys: str) -> str:
    """The resource `order`, and a clerk with these grants."""
    return clerk(*grants, more=more, **keys) + ORDER


FOUND = {
    "everything, actions too": (
        "L101",
        order(f"{{do: [{ALL}, close, pay, transfer, tidy], on: order}}"),
    ),
    "nothing, by a role that has nothing": (
        "L102",
        clerk("{do: [list, create], on: note}", more="  a: {}\n  b: {extends: a}\n") + NOTE,
    ),
    "a service that is asked for a factor": (
        "L105",
        clerk("{do: list, on: note}", more="  bot: {kind: service, mfa: any}\n") + NOTE,
    ),
    "any factor for an administrator": (
        "L106",
        "roles: {billing_admin: {mfa: any, can: [{do: [list, create], on: note}]}}\n" + NOTE,
    ),
    "a default that only leaves the role": (
        "L202",
        order("{do: create, on: order, only: [title], when: {paid: true}}"),
    ),
    "a bound that the default does not meet": (
        "L202",
        order("{do: create, on: order, only: [title], when: {state: {not: open}}}"),
    ),
    "an owner who is not the caller": (
        "L202",
        order("{do: create, on: order, when: {owner_id: {not: $user.id}}}"),
    ),
    "an empty range": (
        "L201",
        order("{do: read, on: line, when: {size: {gte: 5, lt: 4}}}") + LINE,
    ),
    "a bound that no value meets": (
        "L201",
        order("{do: read, on: line, when: {size: {gt: 9}}}") + LINE,
    ),
    "an empty field that a hook sets": (
        "L202",
        order("{do: create, on: order, when: {ref: 01890a5d-ac96-774b-bcce-b302099a8057}}"),
    ),
    "a required field that except leaves out": (
        "L301",
        order("{do: create, on: order, except: [title]}"),
    ),
    "an update of an immutable field only": (
        "L302",
        order("{do: [create, update], on: order, only: [paid]}"),
    ),
    "children without their parent": (
        "L303",
        order("{do: list, on: line}", more="  chief: {can: [{do: list, on: order}]}\n") + LINE,
    ),
    "an action without seeing the row": ("L304", order("{do: close, on: order}")),
    "a value among those of another grant": (
        "L305",
        order(
            "{do: read, on: order, when: {state: open}}",
            "{do: read, on: order, when: {state: {in: [open, done]}}}",
        ),
    ),
    "fewer fields than another grant": (
        "L305",
        order("{do: read, on: order}", "{do: read, on: order, only: [title]}"),
    ),
    "the same grant twice": (
        "L305",
        order("{do: read, on: order}", "{do: read, on: order}"),
    ),
    "a grant that is inherited": (
        "L305",
        order(
            "{do: [read, create], on: order}",
            more="  chief: {extends: clerk, can: [{do: [read, update], on: order}]}\n",
        ),
    ),
    "a reference to itself that is required": (
        "L404",
        note("next: {type: reference, to: note}"),
    ),
    "a child that its parent must refer to": (
        "L404",
        clerk("{do: [list, read, create], on: [a, b]}")
        + "resources:\n"
        + "  a: {fields: {main: {type: reference, to: b}}}\n"
        + "  b: {parent: a, fields: {size: {type: integer, min: 1, max: 9}}}\n",
    ),
    "a field of an action that nobody may do": (
        "L406",
        order("{do: [list, close], on: order}"),
    ),
    "an attribute of the tenant": (
        "L407",
        "tenancy: {tenant: company, attributes: {region: {enum: [eu]}}}\n"
        + note("a: {type: date}"),
    ),
    "an e-mail address by its type": ("L502", note("contact: {type: email}")),
    "a list of addresses": ("L502", note("cc: {type: list, max_items: 3, of: {type: email}}")),
    "inside an object": (
        "L502",
        note("who: {type: object, fields: {birth_date: {type: date}}}"),
    ),
    "a name of two words": ("L502", note("holder_last_name: {type: string, max: 99}")),
    "a secret of two words": ("L503", note("smtp_api_key: {type: string, max: 99}")),
    "a security code": ("L504", note("csc: {type: string, max: 4, class: secret}")),
    "a filter that nobody lists with": (
        "L601",
        clerk("{do: [read, create], on: note}")
        + "resources: {note: {fields: {a: {type: date, filter: [eq]}}}}",
    ),
    "a page of long lists": (
        "L603",
        note(
            "a: {type: list, max_items: 1000, of: {type: string, max: 1000}}", ", page: {max: 50}"
        ),
    ),
    "a list that no body holds": (
        "L606",
        note("a: {type: list, max_items: 1000, of: {type: string, max: 100}}"),
    ),
    "money that is paid twice": (
        "L702",
        order("{do: [list, read, create, pay], on: order}", mfa="any"),
    ),
    "a transfer where there is a price": (
        "L702",
        clerk("{do: [list, read, create, transfer], on: order}", mfa="any") + PRICED,
    ),
    "a payment that is created twice": (
        "L702",
        clerk("{do: [list, read, create], on: payment}")
        + "resources: {payment: {fields: {amount: {type: money}}}}",
    ),
    "money without a fresh sign-in": (
        "L703",
        order("{do: [list, read, create, pay], on: order}", mfa="any"),
    ),
    "a token that may do all that the tenant may": (
        "L802",
        "limits: {token: 60/s, tenant: 3600/min}\n" + note("a: {type: date}"),
    ),
}

SILENT = {
    "everything, on some rows": (
        "L101",
        clerk(
            "{do: [list, read, create, update], on: note}",
            "{do: delete, on: note, when: {owner_id: $user.id}}",
        )
        + NOTE,
    ),
    "everything but an action": (
        "L101",
        order(
            f"{{do: [{ALL}, close, pay, transfer], on: order}}",
            more="  chief: {can: [{do: tidy, on: order}]}\n",
        ),
    ),
    "the same grants, of another kind": (
        "L103",
        clerk(
            "{do: [list, create], on: note}",
            more="  bot: {kind: service, can: [{do: [list, create], on: note}]}\n",
        )
        + NOTE,
    ),
    "two roles without grants": (
        "L103",
        clerk("{do: list, on: note}", more="  a: {}\n  b: {}\n") + NOTE,
    ),
    "an administrator who only reads": (
        "L106",
        "roles: {admin: {can: [{do: [list, read], on: note}]}}\n" + NOTE,
    ),
    "a service of finance": (
        "L106",
        "roles: {finance_sync: {kind: service, can: [{do: [list, create], on: note}]}}\n" + NOTE,
    ),
    "two roles that delete": (
        "L107",
        clerk(f"{{do: [{ALL}], on: note}}", more=f"  b: {{can: [{{do: [{ALL}], on: note}}]}}\n")
        + NOTE,
    ),
    "fewer rows without the factor": (
        "L108",
        clerk(
            "{do: delete, on: note, when: {owner_id: $user.id}}",
            more="  chief: {mfa: any, can: [{do: delete, on: note}]}\n",
        )
        + NOTE,
    ),
    "the heir demands more": (
        "L108",
        clerk(
            "{do: delete, on: note}",
            more="  chief: {extends: clerk, mfa: any, can: [{do: delete, on: note}]}\n",
        )
        + NOTE,
    ),
    "one of the values of an enum": (
        "L201",
        order("{do: read, on: order, when: {state: {in: [done]}, paid: false}}"),
    ),
    "null in an optional field": (
        "L202",
        order("{do: create, on: order, when: {ref: null}}"),
    ),
    "a range of one value": (
        "L201",
        order("{do: read, on: line, when: {size: {gte: 5, lt: 6}}}") + LINE,
    ),
    "an owner who creates": (
        "L202",
        order("{do: create, on: order, when: {owner_id: $user.id, state: {in: [open, done]}}}"),
    ),
    "a field that the role sends": (
        "L202",
        order("{do: create, on: order, when: {paid: true}}"),
    ),
    "a parent that is only listed": (
        "L303",
        order("{do: [list, create], on: line}", "{do: list, on: order}") + LINE,
    ),
    "a parent that a base role reads": (
        "L303",
        order(
            "{do: [list, read], on: order}",
            more="  packer: {extends: clerk, can: [{do: list, on: line}]}\n",
        )
        + LINE,
    ),
    "a child that is read by its id": ("L303", order("{do: read, on: line}") + LINE),
    "whoever creates knows the version": ("L304", order("{do: [create, close], on: order}")),
    "an action on the collection": ("L304", order("{do: tidy, on: order}")),
    "a narrower base": (
        "L305",
        order(
            "{do: read, on: order, when: {state: open}}",
            more="  chief: {extends: clerk, can: [{do: read, on: order}]}\n",
        ),
    ),
    "more rows with fewer fields": (
        "L305",
        order("{do: read, on: order, when: {state: open}}", "{do: read, on: order, only: [title]}"),
    ),
    "a resource that is out of reach as a whole": (
        "L306",
        clerk("{do: [list, create], on: note}") + ORDER + "  note: {fields: {a: {type: date}}}\n",
    ),
    "a reference with a reason": (
        "L307",
        clerk(
            "{do: [list, create], on: a}",
            more="  bot: {kind: service, can: [{do: [list, read, create], on: b}]}\n",
        )
        + "resources:\n"
        + "  a: {fields: {x: {type: date}}}\n"
        + "  b: {fields: {a: {type: reference, to: a, unseen_because: It knows the code.}}}\n",
    ),
    "unique below what the conditions ask for": (
        "L408",
        clerk(
            "{do: [list, read, create], on: tag, when: {kind: open}}",
            more="  chief: {can: [{do: [list, read], on: tag}]}\n",
        )
        + "resources:\n"
        + "  tag:\n"
        + "    fields: {kind: {type: enum, values: [open, shut]}, name: {type: string, max: 9}}\n"
        + "    unique: [[kind, name]]\n",
    ),
    "a reference that may be empty": (
        "L404",
        note("next: {type: reference, to: note, optional: true}"),
    ),
    "a computed number": (
        "L405",
        order("{do: [list, create, pay], on: order}") + "    unique: [[title, ref]]\n",
    ),
    "one field alone": (
        "L405",
        note("a: {type: date, optional: true}", ", unique: [[a]]"),
    ),
    "a class that is spelled out": ("L502", note("contact: {type: email, class: internal}")),
    "an object with a class": (
        "L502",
        note("who: {type: object, class: pii, fields: {birth_date: {type: date}}}"),
    ),
    "a flag about a personal thing": ("L502", note("email_verified: {type: boolean}")),
    "a word inside a word": ("L502", note("emailed: {type: string, max: 9}")),
    "the day a password changed": ("L503", note("password_changed: {type: date}")),
    "a code of a door": ("L504", note("door_code: {type: string, max: 4}")),
    "a filter for one of two roles": (
        "L601",
        clerk(
            "{do: [list, read, create], on: note}",
            more="  guest: {can: [{do: list, on: note, only: [b]}]}\n",
        )
        + "resources: {note: {fields: {a: {type: date, filter: [eq]}, b: {type: date}}}}",
    ),
    "a field that the role never sees": (
        "L602",
        clerk(
            "{do: [list, read, create], on: note}",
            more="  guest: {can: [{do: list, on: note, only: [b]}]}\n",
        )
        + "resources: {note: {fields: {a: {type: date, filter: [eq]}, b: {type: date}}}}",
    ),
    "a page without its long text": (
        "L603",
        clerk("{do: [read, create], on: note}", "{do: list, on: note, except: [a]}")
        + "resources: {note: {fields: {a: {type: text, max: 1000000}, b: {type: date}}}}",
    ),
    "many rows of one parent": (
        "L604",
        order("{do: list, on: order}", "{do: list, on: line}")
        + LINE.replace("parent: order,", "parent: order, page: {max: 1000},"),
    ),
    "a long text that nobody writes": (
        "L606",
        clerk("{do: list, on: note}")
        + "resources: {note: {fields: {a: {type: text, max: 100000}}}}",
    ),
    "a hook on the collection": ("L701", order("{do: tidy, on: order}")),
    "a transfer without money": (
        "L702",
        order("{do: [list, read, create, transfer], on: order}"),
    ),
    "an action that a service shares": (
        "L703",
        order(
            "{do: [list, read, create, pay], on: order}",
            more="  bot: {kind: service, can: [{do: [list, pay], on: order}]}\n",
        ),
    ),
    "a retention that is spelled out": (
        "L804",
        "audit: {retain: 400d}\n" + note("a: {type: money}"),
    ),
    "keys below the issuer": (
        "L806",
        "identity:\n"
        "  issuers:\n"
        "    - issuer: https://example.com/\n"
        "      audience: shop\n"
        "      algorithms: [ES256]\n"
        "      jwks_uri: https://keys.example.com/jwks.json\n" + note("a: {type: date}"),
    ),
}


@pytest.mark.parametrize(("rule", "sections"), FOUND.values(), ids=FOUND)
def test_it_is_found(rule: str, sections: str) -> None:
    assert rule in ids(sections)


@pytest.mark.parametrize(("rule", "sections"), SILENT.values(), ids=SILENT)
def test_it_is_left_alone(rule: str, sections: str) -> None:
    assert rule not in ids(sections)


def test_personal_data_in_clear_is_said_once() -> None:
    found = advice(note("a: {type: date, class: pii}, b: {type: date, class: phi}"))
    (only,) = [each for each in found if each.id == "L501"]
    assert only.message == "Stored unencrypted although of class pii or phi: note.a and note.b"


def test_a_lost_query_is_said_once_for_the_role_that_loses_it() -> None:
    sections = """
roles:
  guest: {can: [{do: list, on: note, only: [b], when: {b: {in: [x]}}}]}
  clerk: {extends: guest, can: [{do: [list, create], on: note, when: {a: y}}]}
  chief: {extends: clerk, can: [{do: update, on: note}]}
resources:
  note:
    fields: {a: {type: string, max: 9, filter: [eq]}, b: {type: string, max: 9}}
"""
    (only,) = [each for each in advice(sections) if each.id == "L602"]
    assert only.message == "clerk cannot filter or sort notes by a, hidden here"
    assert only.path == ("roles", "guest", "can", 0)


# The logic of conditions

STATE, OTHER, REGION = (Term("field", each) for each in ("state", "other", "region"))
SIZE, LIMIT = Term("field", "size"), Term("user", "limit")
TENANT, CLAIM = Term("tenant", "region"), Term("user", "region")


def eq(left: Term, right: Term | str) -> Condition:
    """An equality."""
    return Condition(left, "eq", right if isinstance(right, Term) else (right,))


def among(left: Term, *values: str) -> Condition:
    """A choice of values."""
    return Condition(left, "in", values)


def no(condition: Condition) -> Condition:
    """The negation of a condition."""
    return replace(condition, negated=True)


def is_(operator: Operator, right: Term | int | str, left: Term = SIZE) -> Condition:
    """A comparison by another operator."""
    return Condition(left, operator, right if isinstance(right, Term) else (right,))


NULL = Condition(OTHER, "null", ())


@pytest.mark.parametrize(
    ("conditions", "can_hold"),
    [
        ([], True),
        ([eq(STATE, "a")], True),
        ([eq(STATE, "a"), eq(STATE, "b")], False),
        ([among(STATE, "a", "b"), among(STATE, "b", "c")], True),
        ([eq(STATE, OTHER), eq(STATE, "a"), eq(OTHER, "b")], False),
        ([eq(STATE, "a"), eq(OTHER, "b"), eq(STATE, REGION), eq(REGION, OTHER)], False),
        ([eq(STATE, "a"), eq(OTHER, "b"), eq(STATE, REGION)], True),
        ([eq(REGION, TENANT), eq(TENANT, CLAIM), eq(CLAIM, "x")], False),
        ([eq(REGION, TENANT), eq(TENANT, CLAIM), eq(CLAIM, "eu")], True),
        ([eq(STATE, "a"), no(eq(STATE, "a"))], False),
        ([among(STATE, "a", "b"), no(eq(STATE, "a"))], True),
        ([among(STATE, "a", "b"), no(among(STATE, "b", "a", "c"))], False),
        ([no(eq(STATE, "a")), no(eq(STATE, "b"))], True),
        ([eq(STATE, OTHER), no(eq(STATE, OTHER))], False),
        ([no(among(TENANT, "eu", "us"))], False),
        ([is_("gte", 10), is_("lt", 5)], False),
        ([is_("gte", 10), is_("lte", 10)], True),
        ([is_("gt", 10), is_("lte", 10)], False),
        ([is_("gt", 10), is_("lt", 11)], False),
        ([is_("gte", 10), is_("lte", 11), no(is_("eq", 10)), no(is_("eq", 11))], False),
        ([is_("gte", 10), no(is_("eq", 10))], True),
        ([is_("gte", 10), is_("in", 9)], False),
        ([is_("gte", "2030-01-02"), is_("lt", "2030-01-02")], False),
        ([is_("lte", LIMIT), is_("gt", LIMIT)], False),
        ([is_("lte", LIMIT), is_("gte", LIMIT)], True),
        ([is_("lte", LIMIT), is_("gte", 10), is_("lte", 5, LIMIT)], False),
        ([is_("gte", LIMIT), is_("lte", 5), is_("gte", 9, LIMIT)], False),
        ([NULL, eq(OTHER, "a")], False),
        ([NULL, no(NULL)], False),
        ([NULL, no(eq(OTHER, "a"))], True),
        ([NULL, is_("contains", "a", OTHER)], False),
        ([is_("contains", "a", OTHER), no(is_("contains", "a", OTHER))], False),
        ([is_("contains", "a", OTHER), no(is_("contains", "b", OTHER))], True),
    ],
)
def test_conditions_contradict_each_other(conditions: list[Condition], can_hold: bool) -> None:
    domains = {TENANT: frozenset[str | int | bool]({"eu", "us"})}
    assert possible(conditions, domains.get) is can_hold
    assert possible(conditions[::-1], domains.get) is can_hold


@pytest.mark.parametrize(
    ("narrow", "wide", "certain"),
    [
        ([eq(STATE, "a")], [], True),
        ([], [eq(STATE, "a")], False),
        ([eq(STATE, "a")], [among(STATE, "a", "b")], True),
        ([among(STATE, "a", "b")], [eq(STATE, "a")], False),
        ([eq(STATE, OTHER)], [eq(STATE, OTHER)], True),
        ([eq(STATE, "a")], [eq(STATE, OTHER)], False),
        ([eq(STATE, "a"), eq(OTHER, "b")], [eq(OTHER, "b")], True),
        ([eq(STATE, "a")], [no(eq(STATE, "b"))], True),
        ([eq(STATE, "a")], [no(among(STATE, "b", "a"))], False),
        ([no(among(STATE, "a", "b"))], [no(eq(STATE, "a"))], True),
        ([no(eq(STATE, "a"))], [no(among(STATE, "a", "b"))], False),
        ([no(eq(STATE, "a"))], [eq(STATE, "b")], False),
        ([is_("lte", 100)], [is_("lte", 200)], True),
        ([is_("lte", 200)], [is_("lte", 100)], False),
        ([is_("lt", 100)], [is_("lte", 100)], True),
        ([is_("lte", 100)], [is_("lt", 100)], False),
        ([is_("lte", 100)], [is_("gte", 1)], False),
        ([is_("eq", 7)], [is_("lt", 9)], True),
        ([is_("lt", 9)], [no(is_("eq", 9))], True),
        ([is_("lt", 9)], [no(is_("eq", 8))], False),
        ([is_("lt", LIMIT)], [is_("lte", LIMIT)], True),
        ([is_("lte", LIMIT)], [is_("lt", LIMIT)], False),
        ([is_("lt", LIMIT)], [no(is_("eq", LIMIT))], True),
        ([no(is_("eq", LIMIT))], [is_("lt", LIMIT)], False),
        ([is_("eq", LIMIT)], [is_("gte", LIMIT)], True),
        ([is_("in", CLAIM)], [is_("eq", CLAIM)], False),
        ([eq(OTHER, "a")], [no(NULL)], True),
        ([is_("lte", LIMIT)], [no(Condition(SIZE, "null", ()))], True),
        ([no(eq(OTHER, "a"))], [no(NULL)], False),
        ([NULL], [no(eq(OTHER, "a"))], True),
        ([NULL], [no(eq(OTHER, CLAIM))], False),
        ([is_("contains", "a", OTHER)], [is_("contains", "b", OTHER)], False),
        ([is_("contains", "a", OTHER)], [no(NULL)], True),
    ],
)
def test_conditions_imply_others(
    narrow: list[Condition], wide: list[Condition], certain: bool
) -> None:
    assert implies(narrow, wide) is certain

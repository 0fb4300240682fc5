"""Rules about fields: their class, their values, and who sees and writes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.spec.values import Values, compare
from scaffold.drift.spec.witness_requests import (
    field_values,
    input_values,
    read_by_more,
    references,
    twice,
    written_by_more,
)
from scaffold.drift.verdict import By, ByWords, Exact, Free, Names, Verdict
from scaffold.drift.witness import Runs, Says

if TYPE_CHECKING:
    from scaffold.drift.spec.state import State

_LEVELS = {
    "public": 0,
    "internal": 1,
    **dict.fromkeys(("confidential", "pii", "phi", "payment"), 2),
    "secret": 3,
}
"""How far a value of a class may go; the kinds of personal data stand beside `confidential`."""


def _class(before: str, after: str) -> Verdict:
    old, new = _LEVELS.get(before), _LEVELS.get(after)
    if old is None or new is None:
        return "unknown"
    if old == new:
        return "incomparable"  # personal data, health data and payment data are kept apart
    return "widened" if new < old else "narrowed"


def _class_of(state: State, match: re.Match[str], text: str) -> str:
    del state, match
    return text.split(" ", 1)[0]


def _values_of(state: State, match: re.Match[str], text: str) -> Values | None:
    """The type of a field; that of a built-in resource follows from what is compared elsewhere."""
    del text
    name, _, column = match["field"].partition(".")
    if name not in state.spec.resources:
        return None
    found = state.design.entity(name).column(column)
    return Values(found.kind, found.nullable)


def _input_of(state: State, match: re.Match[str], text: str) -> Values | None:
    del text
    operations = (*state.design.operations, *(each.operation for each in state.design.joins))
    for each in operations:
        if match["op"] in (each.permission, each.id):
            for field in each.input:
                if field.name == match["name"]:
                    return Values(field.kind, field.nullable)
    return None


CLASS = SpecRule(
    id="SCF111",
    name="class-lowered",
    severity="high",
    controls=("DATA-1", "DATA-2"),
    layer="spec",
    what="The class of a field or of an input: public, internal, confidential, pii, phi, payment, "
    "secret.",
    why="The class decides what stands in logs and URLs, and who is shown it by a wide grant.",
    remedy="Keep the class; let grants name the fields that a role sees, with only or except.",
    example=example(
        "resources: {note: {owner: owner_id, fields: {body: {type: text, max: 500, class: pii}}}}",
        change=("class: pii", "class: internal"),
        dual=("class: pii", "class: secret"),
    ),
    claims=(
        Claim(
            "fields",
            "{field}",
            ByWords(_class),
            point=_class_of,
            shows=Says(
                "{field} may stand in logs and URLs as {now} now",
                "Nobody asks for what stands in a log; filters have facts of their own.",
            ),
        ),
        Claim(
            "operations",
            "{op} input {name}",
            ByWords(_class),
            point=_class_of,
            shows=Says(
                "the input {name} of {op} may stand in logs as {now} now",
                "Nobody asks for what stands in a log.",
            ),
        ),
        Claim(
            "operations",
            "{op} by POST input {name}",
            ByWords(_class),
            point=_class_of,
            shows=Says(
                "the input {name} of {op} may stand in logs as {now} now",
                "Nobody asks for what stands in a log.",
            ),
        ),
    ),
)
VALUES = SpecRule(
    id="SCF112",
    name="values-widened",
    severity="low",
    controls=("API-1",),
    layer="spec",
    what="Which values a field or an input takes: its type, bounds, pattern, choices.",
    why="Callers may send what was refused before, and code behind it may not expect it.",
    remedy="Keep the bounds, or have the wider ones approved.",
    example=example(
        "resources: {note: {owner: owner_id, fields: {body: {type: text, max: 500}}}}",
        change=("max: 500", "max: 5000"),
        dual=("max: 500", "max: 400"),
    ),
    claims=(
        Claim(
            "fields",
            "{field}",
            By(compare),
            point=_values_of,
            shows=Runs(field_values, "{field} takes {now} now"),
        ),
        Claim(
            "operations",
            "{op} input {name}",
            By(compare),
            point=_input_of,
            shows=Runs(input_values, "the input {name} of {op} takes {now} now"),
        ),
    ),
)
VISIBLE = SpecRule(
    id="SCF113",
    name="field-shown-to-more",
    severity="high",
    controls=("AZ-1", "DATA-1"),
    layer="spec",
    what="Which roles see a field, where no grant says so; and a new field of a class whose values "
    "stand in no log, which grants of the whole resource show at once.",
    why="A role is told what it was not told before.",
    remedy="Keep the field from the grants of that role, with only or except.",
    example=example(
        """
roles:
  clerk: {can: [{do: [list, read], on: note}]}
resources: {note: {fields: {title: {type: string, max: 9}}}}
""",
        change=("max: 9}}", "max: 9}, phone: {type: string, max: 40, class: pii, optional: true}}"),
        dual=("[list, read]", "[read, list]"),
    ),
    claims=(
        Claim(
            "fields",
            "{field} read",
            Names(),
            lead=("field",),
            shows=Runs(read_by_more, "{now} see {field} now"),
        ),
    ),
)
WRITABLE = SpecRule(
    id="SCF114",
    name="field-written-by-more",
    severity="high",
    controls=("AZ-1", "API-1"),
    layer="spec",
    what="Which roles set a field of a new row, or change it later.",
    why="A role may write what only the service or another role wrote before.",
    remedy="Keep the field immutable, computed or set by actions, or out of the grant.",
    example=example(
        """
roles: {clerk: {can: [{do: [list, read, create, update], on: note}]}}
resources:
  note:
    fields:
      body: {type: text, max: 500}
      number: {type: string, max: 9, immutable: true}
""",
        change=(", immutable: true", ""),
        dual=("body: {type: text, max: 500}", "body: {type: text, max: 500, description: Text.}"),
    ),
    claims=(
        Claim(
            "fields",
            "{field} create",
            Names(),
            lead=("field",),
            shows=Runs(written_by_more, "{now} set {field} of a new row now"),
        ),
        Claim(
            "fields",
            "{field} update",
            Names(),
            shows=Runs(written_by_more, "{now} change {field} now"),
        ),
    ),
)
UNSEEN = SpecRule(
    id="SCF115",
    name="reference-to-the-unseen",
    severity="medium",
    controls=("AZ-3",),
    layer="spec",
    what="References to rows that the caller may not see.",
    why="By trying ids, a caller learns which rows there are, and hangs data on them.",
    remedy="Take the key away: then a reference has to be to a row that the caller may read.",
    example=example(
        """
roles: {clerk: {can: [{do: [list, read, create], on: [note, book]}]}}
resources:
  book: {fields: {name: {type: string, max: 9}}}
  note: {fields: {book: {type: reference, to: book}}}
""",
        change=("to: book}", "to: book, unseen_because: Books are not secret.}"),
        dual=("max: 9", "max: 8"),
    ),
    claims=(
        Claim(
            "fields",
            "{field} refers",
            shows=Runs(references, "{field} may refer to a row that its writer does not see now"),
        ),
    ),
    told=False,
)
SHAPE = SpecRule(
    id="SCF116",
    name="owner-or-parent-changed",
    severity="high",
    controls=("AZ-2", "AZ-3"),
    layer="spec",
    what="Whose a row is, and below which row it lies.",
    why="Conditions about the owner are then met by other people, or by nobody.",
    remedy="Keep the owner and the parent; a new one needs an approval.",
    example=example(
        "resources: {note: {owner: owner_id, fields: {body: {type: text, max: 500}}}}",
        change=("owner: owner_id, ", ""),
        dual=("max: 500", "max: 400"),
    ),
    claims=(
        Claim(
            "resources",
            "{entity} owner",
            Exact(absent=None),
            shows=Says(
                "a row of {entity} has the owner {now} now, and had {old}",
                "Conditions about the owner mean other rows; each wider grant has a test.",
            ),
        ),
        Claim(
            "resources",
            "{entity} parent",
            Exact(absent=None),
            shows=Says(
                "a row of {entity} lies below {now} now, and lay below {old}",
                "Its rows have other paths, so that no request is the same in both states.",
            ),
        ),
    ),
)
UNIQUE = SpecRule(
    id="SCF117",
    name="uniqueness-dropped",
    severity="medium",
    controls=("API-4",),
    layer="spec",
    what="Fields that are unique within a tenant.",
    why="The same thing can be recorded twice, such as a payment of a provider.",
    remedy="Keep the key, or have its end approved.",
    example=example(
        """
resources:
  note: {owner: owner_id, unique: [[body]], fields: {body: {type: string, max: 50}}}
""",
        change=("unique: [[body]], ", ""),
        dual=("max: 50", "max: 40"),
    ),
    claims=(
        Claim(
            "resources",
            "{entity} unique {name}",
            Free(absent="everything"),
            shows=Runs(twice, "two rows of {entity} may have the same {name} now"),
        ),
    ),
)
RULES = (CLASS, VALUES, VISIBLE, WRITABLE, UNSEEN, SHAPE, UNIQUE)

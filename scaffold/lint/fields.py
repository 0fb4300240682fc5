"""Rules about what fields hold: personal data, secrets and payment cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scaffold.lint.context import Context, at
from scaffold.lint.rule import Family, Found
from scaffold.lint.words import CARD, PERSONAL, SECRET, names_one_of
from scaffold.naming import article
from scaffold.spec.field_base import BACKFILLS
from scaffold.spec.model import CommonField
from scaffold.spec.problems import Path, listing, quote

family = Family()

IN_CLEAR = ("pii", "phi", "payment", "secret")
"""The classes whose values should not lie in a database in clear."""


@family.rule(
    "L501",
    "stored-in-clear",
    "advice",
    "DATA-1",
    reason="Fields are not encrypted one by one yet: whoever reads the database or one of its "
    "backups reads them.",
    remedy="Encrypt the disks and backups, let few people read the database, and leave out what "
    "is not needed.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: guest}]}
resources: {guest: {fields: {wishes: {type: text, max: 500, class: pii}}}}
""",
    repair=(", class: pii", ""),
)
def stored_in_clear(context: Context) -> Iterator[Found]:
    """Fields of class pii, phi, payment or secret; said once for all of them."""
    found = [
        (entity, column)
        for entity in context.design.declared
        for column in entity.columns
        if column.class_ in IN_CLEAR
    ]
    if found:
        entity, column = found[0]
        names = listing((f"{e.name}.{c.field}" for e, c in found), "and")
        classes = listing([each for each in IN_CLEAR if any(c.class_ == each for _, c in found)])
        yield Found(
            f"Stored unencrypted although of class {classes}: {names}",
            at(entity, "fields", column.field),
        )


@family.rule(
    "L502",
    "personal-without-class",
    "warning",
    "DATA-1",
    "DATA-2",
    reason="The class decides what the logs redact and what stays out of URLs; without one the "
    "field is treated as any other.",
    remedy="Write class: pii (phi for health, payment for accounts), or class: internal to say "
    "that it is not about a person.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: guest}]}
resources: {guest: {fields: {phone: {type: string, max: 40}}}}
""",
    repair=("max: 40", "max: 40, class: pii"),
)
def personal_without_class(context: Context) -> Iterator[Found]:
    """A field without a class whose name or type is that of personal data."""
    for each in _unclassed(context):
        about = each.field.item.PERSONAL
        if about == "always" or (about == "by name" and names_one_of(each.name, PERSONAL)):
            yield Found(f"{each.name} looks like personal data, and has no class", each.path)


@family.rule(
    "L503",
    "secret-without-class",
    "warning",
    "ID-4",
    reason="Only a field of class secret is left out of every response.",
    remedy="Write class: secret, or class: internal to say that it gives no access.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: mailbox}]}
resources: {mailbox: {fields: {password: {type: string, max: 99}}}}
""",
    repair=("max: 99", "max: 99, class: secret"),
)
def secret_without_class(context: Context) -> Iterator[Found]:
    """A text without a class whose name is that of a secret."""
    for each in _unclassed(context):
        if each.field.FREE_TEXT and names_one_of(each.name, SECRET):
            yield Found(f"{each.name} looks like a secret, and has no class", each.path)


@family.rule(
    "L504",
    "card-data",
    "error",
    "PAY-5",
    reason="What verifies a card must not be stored (PCI DSS 3.3), whatever the class. The names "
    "that surely mean it are errors of the language.",
    remedy="Keep the payment provider's token; if it is the code of something else, say of what.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: wallet}]}
resources: {wallet: {fields: {security_code: {type: string, max: 4, class: secret}}}}
""",
    repair=("security_code", "door_code"),
)
def card_data(context: Context) -> Iterator[Found]:
    """A text or integer named after the security code of a payment card."""
    for each in _fields(context):
        if each.field.CARD_NUMBERS and names_one_of(each.name, CARD):
            yield Found(f"{each.name} looks like data of a payment card", each.path)


@family.rule(
    "L505",
    "refers-out-of-sight",
    "advice",
    "AZ-2",
    reason="Callers attach rows to, and learn of, rows that they may not see.",
    remedy="Leave out unseen_because, or grant read on what it refers to.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: shop}]}
  buyer: {can: [{do: [list, read, create], on: order}, {do: list, on: shop}]}
resources:
  shop: {fields: {name: {type: string, max: 99}}}
  order:
    fields:
      shop: {type: reference, to: shop, unseen_because: Buyers know the code of a shop.}
""",
    repair=(", unseen_because: Buyers know the code of a shop.", ""),
)
def refers_out_of_sight(context: Context) -> Iterator[Found]:
    """A reference with `unseen_because`; said with its reason, for whoever reviews the spec."""
    for each in _fields(context):
        if each.field.unseen:
            yield Found(
                f"{each.name} may refer to {article(each.field.target)} that the caller may not "
                f"see, because: {quote(each.field.unseen)}",
                each.path,
            )


@family.rule(
    "L506",
    "classified-in-url",
    "advice",
    "DATA-2",
    reason="URLs are kept by proxies, access logs and browsers (CWE-598): the filters say whom "
    "somebody asked about, and the cursors of a sort hold a value.",
    remedy="Remove in_url_because, and let callers send the filter to the list by POST.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: guest}]}
resources:
  guest:
    fields:
      phone:
        {type: string, max: 40, class: pii, filter: eq, in_url_because: The exchange can only GET.}
""",
    repair=(", in_url_because: The exchange can only GET.", ""),
)
def classified_in_url(context: Context) -> Iterator[Found]:
    """A classified field that lists are filtered or sorted by in the URL, for a stated reason."""
    for name, resource in context.spec.resources.items():
        for field, each in resource.fields.items():
            if each.in_url_because is not None:
                yield Found(
                    f"{name}.{field} ({each.class_}) is in URLs, because: "
                    f"{quote(each.in_url_because)}",
                    at(name, "fields", field, "in_url_because"),
                )


@family.rule(
    "L507",
    "backfill-without-effect",
    "warning",
    "GEN-3",
    reason="Rows that are there keep or get no value in a field that is optional.",
    remedy="Remove the key, or make the field required.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: guest}]}
resources:
  guest: {fields: {floor: {type: integer, min: 0, max: 99, optional: true, backfill: 1}}}
""",
    repair=("optional: true, ", ""),
)
def backfill_without_effect(context: Context) -> Iterator[Found]:
    """An optional field with `backfill` or `backfill_from`."""
    for name, resource in context.spec.resources.items():
        for field, each in resource.fields.items():
            given = [key for key in BACKFILLS if key in each.model_fields_set]
            if given and each.optional:
                yield Found(
                    f"{given[0]} of {name}.{field} does nothing: the field is optional",
                    at(name, "fields", field, given[0]),
                )


@family.rule(
    "L509",
    "one-backfill-for-a-key",
    "warning",
    "GEN-3",
    reason="Where a tenant has two rows to fill, they would have the same key: the migration ends "
    "before it is done.",
    remedy="Fill the field by a function of yours (backfill_hook), or add the key later.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: guest}]}
resources:
  guest:
    unique: [[code]]
    fields: {code: {type: string, max: 9, backfill: none}}
""",
    repair=("    unique: [[code]]\n", ""),
)
def one_backfill_for_a_key(context: Context) -> Iterator[Found]:
    """A literal `backfill` of a field that is a unique key by itself."""
    for name, resource in context.spec.resources.items():
        alone = {key[0] for key in resource.unique if len(key) == 1}
        for field, each in resource.fields.items():
            if field in alone and "backfill" in each.model_fields_set and not each.optional:
                yield Found(
                    f"backfill gives every row of {name} the same {field}, which is a unique key",
                    at(name, "fields", field, "backfill"),
                )


@dataclass(frozen=True, slots=True)
class _Held:
    """A field with its place. `classed`: the spec says its class, or that of what is around it."""

    path: Path
    name: str
    field: CommonField
    classed: bool


def _unclassed(context: Context) -> Iterator[_Held]:
    return (each for each in _fields(context) if not each.classed)


def _fields(context: Context) -> Iterator[_Held]:
    """The fields of each resource and of the input of each action, with those inside objects."""
    for name, resource in context.spec.resources.items():
        yield from _within(at(name, "fields"), resource.fields, False)
        for action, each in resource.actions.items():
            yield from _within(at(name, "actions", action, "input"), each.input, False)


def _within(path: Path, fields: Mapping[str, CommonField], classed: bool) -> Iterator[_Held]:
    for name, field in fields.items():
        said = classed or "class_" in field.model_fields_set
        yield _Held((*path, name), name, field, said)
        yield from _within((*path, name, "fields"), field.inner, said)

"""Rules about how long audit events are kept."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.audit.design import days_of
from scaffold.features.audit.keys import SpecKeys
from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found

family = Family()

LONG_RETENTION = 3_650
"""How many days of audit events are many: ten years."""

_NOTES = """
roles: {clerk: {can: [{do: [list, read, create], on: note}]}}
resources: {note: {fields: {body: {type: text, max: 500}}}}
"""


@family.rule(
    "L804",
    "books-without-retention",
    "advice",
    "DATA-2",
    reason="Bookkeeping laws ask for six to ten years; events are deleted after 400 days unless "
    "the spec says otherwise.",
    remedy="Write audit: {retain: …d} with the days that your books are kept for.",
    example="""
roles: {clerk: {can: [{do: [list, read, create], on: sale}]}}
resources: {sale: {fields: {price: {type: money}}}}
""",
    repair=("roles:", "audit: {retain: 2555d}\nroles:"),
)
def books_without_retention(context: Context) -> Iterator[Found]:
    """A service that keeps money or payments, and leaves the retention of its audit to the
    default."""
    assert isinstance(context.spec, SpecKeys)
    if "retain" in context.spec.audit.model_fields_set:
        return
    for entity in context.design.declared:
        for column in entity.columns:
            if column.kind.currency or column.class_ == "payment":
                yield Found(
                    f"The spec does not say how long audit events of {entity.name}.{column.field} "
                    "are kept",
                    ("resources", entity.name, "fields", column.field),
                )
                return


@family.rule(
    "L805",
    "audit-kept-for-ever",
    "advice",
    "DATA-2",
    reason="An audit event tells what a person did and when: it is personal data itself.",
    remedy="Keep it as long as a law asks for, and no longer.",
    example=f"audit: {{retain: 20000d}}{_NOTES}",
    repair=("20000d", "400d"),
)
def audit_kept_for_ever(context: Context) -> Iterator[Found]:
    """Audit events that are kept for more than ten years."""
    days = days_of(context.design)
    if days > LONG_RETENTION:
        yield Found(f"Audit events are kept for {days // 365} years", ("audit", "retain"))

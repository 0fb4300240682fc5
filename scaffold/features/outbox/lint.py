"""A rule about what messages keep."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.outbox.design import deferred
from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found
from scaffold.spec.field_base import CLASSIFIED

family = Family()


@family.rule(
    "L707",
    "classified-input-kept",
    "advice",
    "DATA-1",
    reason="The input of an action with after_commit lies in a table until its hook was called, "
    "and for a week behind that.",
    remedy="Take it into a field that is protected as it has to be, or call no hook behind the "
    "action.",
    example="""
roles: {clerk: {can: [{do: [list, read, create, invite], on: guest}]}}
resources:
  guest:
    fields: {name: {type: string, max: 50}}
    actions:
      invite:
        on: item
        after_commit: true
        input: {address: {type: email, class: pii}}
""",
    repair=("        after_commit: true\n", ""),
)
def classified_input_kept(context: Context) -> Iterator[Found]:
    """An action with after_commit whose input has a field of a class that is kept out of logs."""
    for operation in context.design.operations:
        for each in operation.input if deferred(operation) else ():
            if each.class_ in CLASSIFIED:
                yield Found(
                    f"{each.name}, which is of class {each.class_}, is kept for a hook",
                    ("resources", operation.entity, "actions", operation.action, "after_commit"),
                )

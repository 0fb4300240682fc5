"""What is measured: an operation, and the field that says how much a use of it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from scaffold.spec.field_base import CommonField
from scaffold.spec.findings import Finding, Scope, unknown
from scaffold.spec.model import Action, Resource, Spec
from scaffold.spec.problems import Path, listing, quote


def operation(scope: Scope, said: str, path: Path) -> Iterator[Finding]:
    """`invoice` is each create of a resource, and `invoice.send` each use of its action."""
    name, dot, do = said.partition(".")
    if name not in scope.resources:
        yield unknown("E-UNKNOWN-RESOURCE", "resource", name, path, scope.resources)
    elif dot and name in scope.spec.resources and do not in scope.actions(name):
        yield unknown("E-UNKNOWN-ACTION", "action", do, path, scope.actions(name))


def measured(
    scope: Scope, said: str, field: str, path: Path, types: Collection[str]
) -> Iterator[Finding]:
    """The field is sent with the operation, or it is one of the row that an action is on."""
    name, _, do = said.partition(".")
    resource = scope.spec.resources.get(name)
    if resource is None or (do and do not in resource.actions):
        return  # said already
    if any(path[:2] == ("resources", name) for path in scope.sound.broken):
        return  # there may be fields that are not known
    known = _fields(resource, resource.actions[do] if do else None)
    if field not in known:
        among = sorted(each for each, found in known.items() if found.KIND.name in types)
        yield Finding(
            "E-AMOUNT",
            f"{quote(field)} is no field that says how much a use of {said} is",
            path,
            (
                f"Name one that is sent or that the row has: {listing(among)}."
                if among
                else f"Add a field of the type {' or '.join(types)} to it."
            ),
        )
    elif known[field].KIND.name not in types:
        yield Finding(
            "E-AMOUNT",
            f"{quote(field)} of {said} is of the type {known[field].KIND.name}, which is no amount",
            path,
            f"An amount is of the type {' or '.join(types)}.",
        )


def _fields(resource: Resource, action: Action | None) -> dict[str, CommonField]:
    """The fields of which one can be the amount, with those that are sent last."""
    if action is None:
        return {
            name: each
            for name, each in resource.fields.items()
            if not each.computed and not each.set_by
        }
    return {**(resource.fields if action.on == "item" else {}), **action.input}


def type_of(spec: Spec, said: str, field: str) -> str:
    """The type of the field that says how much a use is; nothing where there is none."""
    name, _, do = said.partition(".")
    resource = spec.resources.get(name)
    if resource is None or (do and do not in resource.actions):
        return ""
    found = _fields(resource, resource.actions[do] if do else None).get(field)
    return found.KIND.name if found else ""

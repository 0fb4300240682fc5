"""Rules about resources: what they refer to exists and makes sense."""

from collections.abc import Iterator, Mapping

from .findings import Finding, Scope, still_there, unknown
from .model import Resource, Touch
from .problems import Path, listing, quote


def check_resources(scope: Scope) -> Iterator[Finding]:
    """What is wrong with parents, references, `set_by`, `unique` and `touches`."""
    granted = {name for _, _, grant in scope.grants() for name in grant.on}
    for name, resource in scope.spec.resources.items():
        path: Path = ("resources", name)
        if name == scope.spec.tenancy.tenant and not scope.is_broken("tenancy"):
            yield Finding(
                "E-RESERVED",
                f"{quote(name)} is already the name of the tenant",
                path,
                "Choose another word for the resource; the tenant is built in.",
                named=True,
                other=("tenancy", "tenant"),
            )
        yield from _references(scope, path, resource)
        yield from _set_by(scope, path, name, resource)
        yield from _before(scope, path, name, resource)
        yield from _unique(scope, path, name, resource)
        for action, each in resource.actions.items():
            yield from _touches(scope, (*path, "actions", action, "touches"), each.touches, granted)
    yield from _parents(scope)


def _references(scope: Scope, path: Path, resource: Resource) -> Iterator[Finding]:
    holders = {(*path, "fields"): resource.fields}
    for action, each in resource.actions.items():
        holders[*path, "actions", action, "input"] = each.input
    for holder, fields in holders.items():
        for field, kind in fields.items():
            if kind.target and kind.target not in scope.resources:
                yield unknown(
                    "E-UNKNOWN-RESOURCE",
                    "resource",
                    kind.target,
                    (*holder, field, "to"),
                    scope.resources,
                )


def _set_by(scope: Scope, path: Path, name: str, resource: Resource) -> Iterator[Finding]:
    actions = scope.actions(name)
    for field, kind in resource.fields.items():
        for index, action in enumerate(kind.set_by):
            if action not in actions and not scope.is_broken(*path, "actions"):
                at = (*path, "fields", field, "set_by", index)
                yield unknown("E-UNKNOWN-ACTION", f"action of {name} called", action, at, actions)


def _before(scope: Scope, path: Path, name: str, resource: Resource) -> Iterator[Finding]:
    """What is wrong with what a resource and its fields say of names and rows of before."""
    if resource.renamed_from in scope.resources:
        yield still_there(f"a resource called {resource.renamed_from}", (*path, "renamed_from"))
    known = scope.fields(name)
    for field, kind in resource.fields.items():
        at: Path = (*path, "fields", field)
        if kind.renamed_from in known:
            yield still_there(f"a field called {kind.renamed_from}", (*at, "renamed_from"))
        source = kind.backfill_from
        if source is None or scope.unsure(name):
            continue
        if source not in resource.fields:
            what = f"field of {name} called"
            yield unknown(
                "E-UNKNOWN-FIELD", what, source, (*at, "backfill_from"), list(resource.fields)
            )
        elif source == field or resource.fields[source].kind().sql != kind.kind().sql:
            yield Finding(
                "E-BACKFILL",
                f"{source} does not have values that {field} can get",
                (*at, "backfill_from"),
                "Name another field of the same type.",
            )


def _unique(scope: Scope, path: Path, name: str, resource: Resource) -> Iterator[Finding]:
    known = scope.fields(name)
    seen: dict[frozenset[str], int] = {}
    for index, group in enumerate(resource.unique):
        at = (*path, "unique", index)
        if (first := seen.setdefault(frozenset(group), index)) != index:
            yield Finding(
                "E-REPEATED",
                f"Entry {first + 1} has the same fields already",
                at,
                "Remove one of the two.",
            )
        for position, field in enumerate(group):
            if field not in known:
                if not scope.unsure(name):
                    what = f"field of {name} called"
                    yield unknown("E-UNKNOWN-FIELD", what, field, (*at, position), known)
            elif (kind := resource.fields.get(field)) is not None and not kind.UNIQUE:
                yield Finding(
                    "E-UNIQUE",
                    f"A field of type {kind.type} cannot be unique",
                    (*at, position),
                    "Make a short string of it unique instead.",
                )


def _touches(
    scope: Scope, path: Path, touches: tuple[Touch, ...], granted: set[str]
) -> Iterator[Finding]:
    """What is wrong with what the hook of an action does to other rows."""
    seen: dict[tuple[str, str], int] = {}
    for index, touch in enumerate(touches):
        at = (*path, index)
        if touch.on not in scope.resources:
            yield unknown("E-UNKNOWN-RESOURCE", "resource", touch.on, (*at, "on"), scope.resources)
            continue
        if touch.on not in granted and not scope.sound.broken:
            yield Finding(
                "E-TOUCH",
                f"No role is granted anything on {touch.on}",
                (*at, "on"),
                "Grant some role to list or read it: rows that nobody sees are written for nobody.",
            )
        for position, do in enumerate(touch.do):
            if (first := seen.setdefault((do, touch.on), index)) != index:
                yield Finding(
                    "E-REPEATED",
                    f"Entry {first + 1} says already that the hook may {do} {touch.on}",
                    (*at, "do", position),
                    "Remove one of the two.",
                )
        if touch.on in scope.spec.resources and touch.only is not None:
            yield from _written(scope, (*at, "only"), touch, touch.only)


def _written(scope: Scope, path: Path, touch: Touch, only: tuple[str, ...]) -> Iterator[Finding]:
    """What is wrong with the fields that a hook may write of a resource."""
    target, known = scope.spec.resources[touch.on], scope.fields(touch.on)
    for position, field in enumerate(only):
        kind = target.fields.get(field)
        if field not in known:
            if not scope.unsure(touch.on):
                what = f"field of {touch.on} called"
                yield unknown("E-UNKNOWN-FIELD", what, field, (*path, position), known)
        elif kind is None and field in (target.parent, target.owner):
            why = (
                "a new row always says its parent"
                if field == target.parent
                else "the service sets it"
            )
            yield Finding(
                "E-TOUCH",
                f"only cannot name the field {quote(field)}: {why}",
                (*path, position),
                "Remove it.",
            )
        elif kind is not None and kind.immutable and "create" not in touch.do:
            yield Finding(
                "E-TOUCH",
                f"The hook cannot write the field {quote(field)}: it is immutable",
                (*path, position),
                "Remove it.",
            )
    needed = [
        field
        for field, kind in target.fields.items()
        if not (kind.optional or kind.computed or kind.set_by or kind.default is not None)
        and field not in only
    ]
    if "create" in touch.do and needed:
        yield Finding(
            "E-TOUCH",
            f"Without {listing(needed, 'and')} the hook cannot create {touch.on}",
            path,
            "Name every field that a new row must have.",
        )


def _parents(scope: Scope) -> Iterator[Finding]:
    resources = scope.spec.resources
    for name, resource in resources.items():
        if resource.parent is not None and resource.parent not in scope.resources:
            path = ("resources", name, "parent")
            yield unknown(
                "E-UNKNOWN-RESOURCE",
                "resource",
                resource.parent,
                path,
                scope.resources,
                itself=name,
            )
    above = {
        name: (resource.parent,) if resource.parent in resources and resource.parent else ()
        for name, resource in resources.items()
    }
    for name in cycle_starts(above):
        yield Finding(
            "E-CYCLE",
            f"{name} would be a part of itself: its parents lead back to it",
            ("resources", name, "parent"),
            "Remove one of the parents.",
        )


def cycle_starts(edges: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """One node of each cycle, in time linear in the edges and without recursion."""
    done: set[str] = set()
    for start in edges:
        path: dict[str, Iterator[str]] = {}
        if start not in done:
            path[start] = iter(edges[start])
        while path:
            node = next(reversed(path))
            following = next(path[node], None)
            if following is None:
                done.add(node)
                del path[node]
            elif following in path:
                yield node
            elif following not in done:
                path[following] = iter(edges.get(following, ()))

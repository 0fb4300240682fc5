"""Rules about names that differ in the spec but become one name in what is emitted."""

from collections.abc import Iterator

from . import names
from .findings import Finding, Scope
from .model import Field, ReferenceField, Resource
from .problems import Path, quote


class _Taken:
    """Names of one kind and where each was first used."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.places: dict[str, Path] = {}

    def claim(self, name: str, path: Path, why: str) -> Iterator[Finding]:
        """Take a name for the part at `path`, or yield that another part has it."""
        first = self.places.setdefault(name, path)
        if first != path:
            yield Finding(
                "E-COLLISION",
                f"{why} {self.kind} {quote(name)}, which is taken",
                path,
                "Rename one of the two.",
                named=True,
                other=first,
            )


def check_names(scope: Scope) -> Iterator[Finding]:
    """Yield every two names that collide as a column, class, path or operation id."""
    resources = scope.spec.resources
    classes, paths = _Taken("class"), _Taken("path")
    operations = _Taken("operation id")
    for name, resource in resources.items():
        path: Path = ("resources", name)
        at = (*path, "plural") if resource.plural else path
        yield from _columns(path, resource)
        for action, each in resource.actions.items():
            yield from _wire_names((*path, "actions", action, "input"), each.input)
        yield from classes.claim(names.class_name(name), path, f"{quote(name)} becomes the")
        plural = plural_of(name, resource)
        if plural in names.BUILT_IN_PATHS and not resource.plural:
            yield Finding(
                "E-RESERVED",
                f"{quote(name)} has the path {quote(plural)}, which the service has built in",
                path,
                "Give it another plural, or choose another word.",
                named=True,
            )
        if plural in paths.places:
            yield from paths.claim(plural, at, f"{quote(name)} has the")
        else:
            paths.places[plural] = at
            yield from operations.claim(f"list_{plural}", at, f"{quote(name)} has the")
        for operation in ("read", "create", "update", "delete"):
            yield from operations.claim(f"{operation}_{name}", path, f"{quote(name)} has the")
    # Actions last: it is the action that is easier to rename.
    for name, resource in resources.items():
        for action in resource.actions:
            yield from operations.claim(
                f"{action}_{name}",
                ("resources", name, "actions", action),
                f"The action {quote(action)} has the",
            )
    yield from _child_paths(scope)


def plural_of(name: str, resource: Resource) -> str:
    """Return the plural of a resource: its own, or the regular one."""
    return resource.plural or names.plural(name)


def _columns(path: Path, resource: Resource) -> Iterator[Finding]:
    columns = _Taken("column")
    if resource.parent is not None:
        yield from columns.claim(f"{resource.parent}_id", (*path, "parent"), "The parent has the")
    if resource.owner is not None:
        yield from columns.claim(resource.owner, (*path, "owner"), "The owner has the")
    for field, kind in resource.fields.items():
        at = (*path, "fields", field)
        yield from columns.claim(_wire_name(field, kind), at, f"The field {quote(field)} has the")
        if field == resource.parent:
            yield Finding(
                "E-COLLISION",
                f"The field {quote(field)} has the name by which grants call the parent",
                at,
                "Rename the field.",
                named=True,
                other=(*path, "parent"),
            )


def _wire_names(path: Path, fields: dict[str, Field]) -> Iterator[Finding]:
    taken = _Taken("key")
    for field, kind in fields.items():
        yield from taken.claim(
            _wire_name(field, kind), (*path, field), f"The field {quote(field)} has the"
        )


def _wire_name(name: str, field: Field) -> str:
    return f"{name}_id" if isinstance(field, ReferenceField) else name


def _child_paths(scope: Scope) -> Iterator[Finding]:
    resources = scope.spec.resources
    for name, resource in resources.items():
        parent = resources.get(resource.parent or "")
        if parent is None:
            continue
        plural = plural_of(name, resource)
        action = parent.actions.get(plural)
        if action is not None and action.on == "item":
            yield Finding(
                "E-COLLISION",
                f"The action {quote(plural)} has the path of the collection of {name}",
                ("resources", str(resource.parent), "actions", plural),
                "Rename the action.",
                named=True,
                other=("resources", name),
            )

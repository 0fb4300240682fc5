"""Rules about names that differ in the spec but become one name in what is emitted."""

from collections.abc import Iterator, Mapping

from . import names
from .findings import Finding, Scope
from .model import Field, ObjectField, ReferenceField, Resource
from .problems import Path, quote

_SCHEMAS = ("", "Page", "Create", "Patch")
"""What follows a resource in the names of the OpenAPI document, which are global."""


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
                f"{why} the {self.kind} {quote(name)}, which is taken",
                path,
                "Rename one of the two.",
                named=True,
                other=first,
            )


def check_names(scope: Scope) -> Iterator[Finding]:
    """Yield every two names that collide as a column, class, path or operation id."""
    resources = scope.spec.resources
    for name, resource in resources.items():
        path: Path = ("resources", name)
        yield from _columns(path, resource)
        yield from _queries(path, resource)
        for action, each in resource.actions.items():
            yield from _inputs((*path, "actions", action, "input"), each.input)
    yield from _paths(resources)
    yield from _operations(resources)
    yield from _classes(resources)


def _columns(path: Path, resource: Resource) -> Iterator[Finding]:
    columns = _Taken("column")
    if resource.parent is not None:
        yield from columns.claim(f"{resource.parent}_id", (*path, "parent"), "The parent has")
    if resource.owner is not None:
        yield from columns.claim(resource.owner, (*path, "owner"), "The owner has")
    for field, kind in resource.fields.items():
        at, column = (*path, "fields", field), _wire_name(field, kind)
        yield from columns.claim(column, at, f"The field {quote(field)} has")
        if column != field and column in names.COLUMNS:
            yield Finding(
                "E-RESERVED",
                f"The field {quote(field)} has the column {quote(column)}, which is built in",
                at,
                "Choose another word.",
                named=True,
            )
        if field == resource.parent:
            yield Finding(
                "E-COLLISION",
                f"The field {quote(field)} has the name by which grants call the parent",
                at,
                "Rename the field.",
                named=True,
                other=(*path, "parent"),
            )


def _queries(path: Path, resource: Resource) -> Iterator[Finding]:
    """Yield filters that become one attribute: `due_gte` with eq, and `due` with gte."""
    attributes = _Taken("filter")
    for field, kind in resource.fields.items():
        for operator in kind.filter:
            column = _wire_name(field, kind)
            attribute = column if operator == "eq" else f"{column}_{operator}"
            at = (*path, "fields", field)
            yield from attributes.claim(attribute, at, f"The field {quote(field)} has")


def _inputs(path: Path, fields: Mapping[str, Field]) -> Iterator[Finding]:
    keys = _Taken("key")
    for field, kind in fields.items():
        at = (*path, field)
        yield from keys.claim(_wire_name(field, kind), at, f"The field {quote(field)} has")


def _wire_name(name: str, field: Field) -> str:
    return f"{name}_id" if isinstance(field, ReferenceField) else name


def _paths(resources: Mapping[str, Resource]) -> Iterator[Finding]:
    paths = _Taken("path")
    for name, resource in resources.items():
        plural = resource.plural or names.plural(name)
        if plural in names.BUILT_IN_PATHS:
            yield Finding(
                "E-RESERVED",
                f"{quote(name)} has the path {quote(plural)}, which the service has built in",
                ("resources", name),
                "Give it another plural, or choose another word.",
                named=True,
            )
        yield from paths.claim(plural, _plural_path(name, resource), f"{quote(name)} has")
        parent = resources.get(resource.parent or "")
        action = parent.actions.get(plural) if parent else None
        if action is not None and action.on == "item":
            yield Finding(
                "E-COLLISION",
                f"The action {quote(plural)} has the path of the collection of {name}",
                ("resources", str(resource.parent), "actions", plural),
                "Rename the action.",
                named=True,
                other=("resources", name),
            )


def _plural_path(name: str, resource: Resource) -> Path:
    return ("resources", name, "plural") if resource.plural else ("resources", name)


def _operations(resources: Mapping[str, Resource]) -> Iterator[Finding]:
    ids = _Taken("operation id")
    for name, resource in resources.items():
        # Two equal plurals collide as paths already.
        ids.places.setdefault(
            f"list_{resource.plural or names.plural(name)}", _plural_path(name, resource)
        )
        for operation in ("read", "create", "update", "delete"):
            ids.places[f"{operation}_{name}"] = ("resources", name)
    for name, resource in resources.items():
        for action in resource.actions:
            at = ("resources", name, "actions", action)
            yield from ids.claim(f"{action}_{name}", at, f"The action {quote(action)} has")


def _classes(resources: Mapping[str, Resource]) -> Iterator[Finding]:
    """Yield names that collide as classes of the OpenAPI document, or of one module."""
    classes = _Taken("class")
    for name, resource in resources.items():
        path: Path = ("resources", name)
        own = names.class_name(name)
        for suffix in _SCHEMAS if own not in classes.places else ("",):
            yield from classes.claim(f"{own}{suffix}", path, f"{quote(name)} has")
        yield from _parts(_Taken("class"), own, (*path, "fields"), resource.fields)
        for action, each in resource.actions.items():
            if each.input:
                body = f"{names.class_name(action)}{own}Input"
                at = (*path, "actions", action)
                yield from classes.claim(body, at, f"The action {quote(action)} has")
                yield from _parts(_Taken("class"), body, (*at, "input"), each.input)


def _parts(
    classes: _Taken, prefix: str, path: Path, fields: Mapping[str, Field]
) -> Iterator[Finding]:
    """Yield the classes of objects that collide; an object is at most three deep."""
    for field, kind in fields.items():
        if isinstance(kind, ObjectField):
            own, at = prefix + names.class_name(field), (*path, field)
            yield from classes.claim(own, at, f"The field {quote(field)} has")
            yield from _parts(classes, own, (*at, "fields"), kind.fields)

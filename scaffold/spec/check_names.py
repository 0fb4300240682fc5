"""Rules about names that differ in the spec but become one name in what is emitted."""

from collections.abc import Iterator, Mapping

from scaffold import naming
from scaffold.naming import ResourceNames

from . import names
from .built_in import built_in
from .findings import Finding, Scope
from .model import CommonField, Resource
from .problems import Path, quote


class _Taken:
    """Names of one kind and where each was first used."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.places: dict[str, Path] = {}

    def claim(self, name: str, path: Path, why: str) -> Iterator[Finding]:
        """Takes a name for the part at `path`, or yields that another part has it."""
        first = self.places.setdefault(name, path)
        if first != path:
            yield Finding(
                "E-COLLISION",
                f"{why} the {self.kind} {quote(name)}, which is taken already",
                path,
                "Rename one of the two.",
                named=True,
                other=first,
            )


def check_names(scope: Scope) -> Iterator[Finding]:
    """Every two names that collide as a column, class, path or operation id."""
    resources = scope.spec.resources
    for name, resource in resources.items():
        path: Path = ("resources", name)
        yield from _columns(path, resource)
        yield from _queries(path, resource)
        yield from _hooks(path, resource)
        for action, each in resource.actions.items():
            yield from _inputs((*path, "actions", action, "input"), each.input)
    yield from _paths(resources)
    yield from _operations(scope.served)
    yield from _schemas(scope.served)
    yield from _models(resources)


def _columns(path: Path, resource: Resource) -> Iterator[Finding]:
    columns = _Taken("column")
    if resource.parent is not None:
        column = naming.reference(resource.parent)
        yield from columns.claim(column, (*path, "parent"), "The parent has")
    if resource.owner is not None:
        yield from columns.claim(resource.owner, (*path, "owner"), "The owner has")
    for field, kind in resource.fields.items():
        at, column = (*path, "fields", field), kind.wire_name(field)
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
                f"The field {quote(field)} has the name that the parent has in grants",
                at,
                "Rename the field.",
                named=True,
                other=(*path, "parent"),
            )


def _queries(path: Path, resource: Resource) -> Iterator[Finding]:
    """Filters that become one attribute: `due_gte` with eq, and `due` with gte."""
    attributes = _Taken("filter")
    for field, kind in resource.fields.items():
        for operator in kind.filter:
            attribute = naming.filter_attribute(kind.wire_name(field), operator)
            at = (*path, "fields", field)
            yield from attributes.claim(attribute, at, f"The field {quote(field)} has")


def _hooks(path: Path, resource: Resource) -> Iterator[Finding]:
    """Functions of one module of hooks: those of actions, and those that fill in fields."""
    functions = _Taken("hook")
    for action in resource.actions:
        functions.places[action] = (*path, "actions", action)
    for field, kind in resource.fields.items():
        if kind.backfill_hook:
            at = (*path, "fields", field, "backfill_hook")
            hook = naming.backfill_hook(field)
            yield from functions.claim(hook, at, f"The field {quote(field)} has")


def _inputs(path: Path, fields: Mapping[str, CommonField]) -> Iterator[Finding]:
    keys = _Taken("key")
    for field, kind in fields.items():
        at = (*path, field)
        yield from keys.claim(kind.wire_name(field), at, f"The field {quote(field)} has")


def _names(name: str, resource: Resource) -> ResourceNames:
    return ResourceNames(name, resource.plural or naming.plural(name))


def _paths(resources: Mapping[str, Resource]) -> Iterator[Finding]:
    paths = _Taken("path")
    for name, resource in resources.items():
        plural = _names(name, resource).plural
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


def _searched(name: str, resource: Resource) -> Path | None:
    """The first field that makes the list of a resource one to search by POST, if there is one."""
    for field, kind in resource.fields.items():
        if kind.searched:
            return ("resources", name, "fields", field)
    return None


def _operations(resources: Mapping[str, Resource]) -> Iterator[Finding]:
    ids = _Taken("operation id")
    for name, resource in resources.items():
        own = _names(name, resource)
        # Two equal plurals collide as paths already.
        ids.places.setdefault(own.operation("list"), _plural_path(name, resource))
        if searched := _searched(name, resource):
            ids.places.setdefault(own.search, searched)
        for operation in ("read", "create", "update", "delete"):
            ids.places[own.operation(operation)] = ("resources", name)
    for name, resource in resources.items():
        searched = _searched(name, resource)
        for action in resource.actions:
            at = ("resources", name, "actions", action)
            if action == naming.SEARCH and searched:
                yield Finding(
                    "E-COLLISION",
                    f"The action {quote(action)} has the name of the list by POST, which "
                    "filters and sorts by classified fields are a part of",
                    at,
                    "Rename the action.",
                    named=True,
                    other=searched,
                )
                continue
            operation = _names(name, resource).operation(action)
            yield from ids.claim(operation, at, f"The action {quote(action)} has")


def _schemas(resources: Mapping[str, Resource]) -> Iterator[Finding]:
    """Names that collide as schemas of the OpenAPI document, which are global."""
    schemas = _Taken("class")
    for name, resource in resources.items():
        path: Path = ("resources", name)
        own = _names(name, resource)
        # Two equal classes collide once.
        taken = own.class_name in schemas.places
        for schema in (own.class_name,) if taken else own.schemas:
            yield from schemas.claim(schema, path, f"{quote(name)} has")
        if name in built_in() and built_in()[name].secret:
            yield from schemas.claim(own.issued_model, path, f"{quote(name)} has")
        if not taken and _searched(name, resource):
            yield from schemas.claim(own.search_model, path, f"{quote(name)} has")
        for action, each in resource.actions.items():
            if each.input:
                at = (*path, "actions", action)
                yield from schemas.claim(
                    own.input_model(action), at, f"The action {quote(action)} has"
                )


def _models(resources: Mapping[str, Resource]) -> Iterator[Finding]:
    """Names that collide as classes of the modules of one resource."""
    for name, resource in resources.items():
        path: Path = ("resources", name)
        own = _names(name, resource)
        classes = _Taken("class")
        searches = (own.search_model,) if _searched(name, resource) else ()
        classes.places = dict.fromkeys((*own.models, *searches), path)
        for action in resource.actions:
            at = (*path, "actions", action)
            for model in own.action_models(action):
                yield from classes.claim(model, at, f"The action {quote(action)} has")
        yield from _values(classes, own.class_name, (*path, "fields"), resource.fields)
        for action, each in resource.actions.items():
            at = (*path, "actions", action, "input")
            yield from _values(classes, own.input_model(action), at, each.input)


def _values(
    classes: _Taken, model: str, path: Path, fields: Mapping[str, CommonField]
) -> Iterator[Finding]:
    """The classes of object fields that collide."""
    for field, kind in fields.items():
        if kind.inner:
            own = naming.value_model(model, field)
            yield from _parts(classes, own, field, (*path, field), kind)


def _parts(classes: _Taken, own: str, field: str, at: Path, kind: CommonField) -> Iterator[Finding]:
    """The classes of an object and its parts that collide; it is at most three deep."""
    found = list(classes.claim(own, at, f"The field {quote(field)} has"))
    yield from found
    if not found:
        yield from classes.claim(naming.patch_model(own), at, f"The field {quote(field)} has")
    for name, inner in kind.inner.items():
        if inner.inner:
            part = naming.part_model(own, name)
            yield from _parts(classes, part, name, (*at, "fields", name), inner)

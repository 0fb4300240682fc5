"""The types of a design as Python annotations."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from scaffold import naming
from scaffold.design.model import Column, Entity, Input, Operation
from scaffold.design.types import Kind, decimal_pattern
from scaffold.design.visibility import may_be_absent
from scaffold.naming import (
    Imports,
    article,
    filter_attribute,
    filter_key,
    part_model,
    patch_model,
    value_model,
    words,
)

SCALARS = {
    "boolean": "bool",
    "date": "Date",
    "datetime": "DateTime",
    "uuid": "Uuid",
    "reference": "Uuid",
}
STORED = {"boolean": "bool", "date": "date", "datetime": "datetime", "uuid": "UUID"}


def literal(value: object) -> str:
    """A value as a Python literal. Text in double quotes, as the formatter has it."""
    if isinstance(value, str):
        text = repr(value)
        if text.startswith("'") and '"' not in text:
            text = '"' + text[1:-1].replace("\\'", "'") + '"'
        return text
    if isinstance(value, tuple | list):
        inner = ", ".join(literal(each) for each in value)
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"({inner}{comma})" if isinstance(value, tuple) else f"[{inner}]"
    return repr(value)


def raw(pattern: str) -> str:
    """A regular expression as a raw literal where that is possible."""
    if '"' not in pattern and not pattern.endswith("\\") and pattern.isprintable():
        return f'r"{pattern}"'
    return literal(pattern)


@dataclass(slots=True)
class Property:
    """A line of a model."""

    name: str
    annotation: str
    description: str = ""
    default: str = ""
    alias: str = ""


@dataclass(slots=True)
class Model:
    """A class of a models module."""

    name: str
    base: str
    docstring: str
    properties: Sequence[Property]


@dataclass(slots=True)
class Module:
    """The models of one resource, and what they import from the service's `types`."""

    types: set[str] = field(default_factory=set)
    typing: set[str] = field(default_factory=set)
    pydantic: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)
    models: list[Model] = field(default_factory=list)

    def imports(self, package: str, resource: str) -> str:
        """What the module imports."""
        used = self.types | self.typing | self.pydantic | self.stored | {"TypedDict"}
        return imports(package, resource, naming.MODELS, used)

    def annotation(self, kind: Kind, name: str, query: bool = False) -> str:
        """The annotation of a value that a caller sends; `name` names a nested object's class."""
        match kind.base:
            case "string" | "text" | "url" | "email":
                return self._string(kind)
            case "integer" | "money" | "duration":
                self.types.add("whole")
                return self._annotated("int", f"Field(ge={kind.low}, le={kind.high})", "whole")
            case "decimal":
                return self._decimal(kind)
            case "enum":
                self.typing.add("Literal")
                return f"Literal[{', '.join(literal(value) for value in kind.values)}]"
            case "list":
                return self._list(kind, name)
            case "object":
                return self._object(kind, name)
            case _:
                scalar = SCALARS[kind.base]
                if scalar != "bool":
                    self.types.add(scalar)
                return scalar

    def stored_annotation(self, kind: Kind, name: str) -> str:
        """The annotation of a value that a hook is given."""
        match kind.base:
            case "integer" | "money" | "duration":
                return "int"
            case "string" | "text" | "url" | "email" | "decimal":
                return "str"
            case "date" | "datetime" | "uuid" | "reference":
                found = STORED.get(kind.base, "UUID")
                self.stored.add(found)
                return found
            case "list":
                assert kind.item is not None
                return f"list[{self.stored_annotation(kind.item, name)}]"
            case _:
                return self.annotation(kind, name)

    def _annotated(self, base: str, *metadata: str) -> str:
        if not metadata:
            return base
        self.typing.add("Annotated")
        self.pydantic.add("Field")
        return f"Annotated[{', '.join((base, *metadata))}]"

    def _string(self, kind: Kind) -> str:
        bounds = [f"min_length={kind.low}"] if kind.low else []
        bounds.append(f"max_length={kind.high}")
        if kind.pattern is not None:
            bounds.append(f"pattern={raw(kind.pattern)}")
            return self._annotated("str", f"Field({', '.join(bounds)})")
        scalar = {"text": "Text", "email": "Email", "url": "Url"}.get(kind.base, "Line")
        self.types.add(scalar)
        return self._annotated(scalar, f"Field({', '.join(bounds)})")

    def _decimal(self, kind: Kind) -> str:
        metadata = [f"Field(pattern={raw(decimal_pattern(kind))})"]
        if kind.low is not None or kind.high is not None:
            self.types.add("between")
            metadata.append(f"between({literal(kind.low)}, {literal(kind.high)})")
        return self._annotated("str", *metadata)

    def _list(self, kind: Kind, name: str) -> str:
        assert kind.item is not None
        bounds = [f"min_length={kind.low}"] if kind.low else []
        bounds.append(f"max_length={kind.high}")
        if kind.unique:
            bounds.append('json_schema_extra={"uniqueItems": True}')
        metadata = [f"Field({', '.join(bounds)})"]
        if kind.unique:
            self.types.add("distinct")
            metadata.append("distinct")
        return self._annotated(f"list[{self.annotation(kind.item, name)}]", *metadata)

    def _object(self, kind: Kind, name: str) -> str:
        if all(each.name != name for each in self.models):
            properties = [
                Property(
                    each.name,
                    optional(
                        self.annotation(each.kind, part_model(name, each.name)), each.nullable
                    ),
                    each.description,
                    default="None" if each.nullable else "",
                )
                for each in kind.members
            ]
            self.models.append(Model(name, "Closed", "A part of a body.", properties))
            self.types.add("Closed")
        return name


def patch_annotation(module: Module, kind: Kind, name: str) -> str:
    """The annotation of a value in a merge patch: of an object, only what changes."""
    if kind.base != "object":
        return module.annotation(kind, name)
    patch = patch_model(name)
    if all(each.name != patch for each in module.models):
        properties = [
            Property(
                each.name,
                optional(
                    patch_annotation(module, each.kind, part_model(name, each.name)), each.nullable
                ),
                each.description,
            )
            for each in kind.members
        ]
        text = "A part of a merge patch"
        module.models.append(Model(patch, "TypedDict", text, properties))
        module.pydantic.update({"ConfigDict", "with_config"})
    return patch


def optional(annotation: str, nullable: bool) -> str:
    """The annotation, or None where the value is optional."""
    return f"{annotation} | None" if nullable else annotation


@dataclass(frozen=True, slots=True)
class Hook:
    """An action and the names of what is emitted for it.

    `row`, `data` and `changes` are models: those of the row and of the input that the hook is
    given, and of what it returns; each is empty where there is none.
    """

    operation: Operation
    protocol: str
    parameter: str
    row: str
    data: str
    changes: str

    @property
    def name(self) -> str:
        """The developer's function."""
        return self.operation.action

    @property
    def constant(self) -> str:
        """The constant that checks what it returns."""
        return naming.changes_constant(self.name)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that it is declared with."""
        return tuple(each for each in (self.row, self.data, self.changes) if each)

    @property
    def parameters(self) -> str:
        """Its parameters, `self` of the protocol left out."""
        row = f", {self.parameter}: {self.row}" if self.row else ""
        data = f", data: {self.data}" if self.data else ""
        return f"action: Action{row}{data}"

    @property
    def answer(self) -> str:
        """The annotation of what it returns."""
        return self.changes or "None"


def hook(action: Operation, entity: Entity) -> Hook:
    """The names of what is emitted for an action of a resource."""
    names = entity.names
    return Hook(
        operation=action,
        protocol=names.hook_protocol(action.action),
        parameter=naming.row_parameter(entity.name),
        row=names.row_model if action.on_item else "",
        data=action.body,
        changes=names.changes_model(action.action) if action.on_item else "",
    )


def imports(package: str, resource: str, table: Imports, used: Collection[str]) -> str:
    """The statements with which a module of a resource imports the names that it uses.

    Raises:
        KeyError: a name is not in the table, so that a name of the spec could hide it.
    """
    unknown = set(used) - naming.imported(table)
    if unknown:
        raise KeyError(*sorted(unknown))
    groups = groupby(table, key=_group)
    found = ["\n".join(_statements(package, resource, table, used, each)) for _, each in groups]
    return "\n\n".join(each for each in found if each)


def _group(module: str) -> int:
    """Where a module is from: Python itself, another package, or this service."""
    if module.startswith("."):
        return 2
    return 0 if module in sys.stdlib_module_names else 1


def _statements(
    package: str, resource: str, table: Imports, used: Collection[str], modules: Iterator[str]
) -> Iterator[str]:
    for module in modules:
        names = [name for name in table[module] if name in used]
        path = f"{package}{module.format(resource)}" if module.startswith(".") else module
        if names:
            yield f"from {path} import {', '.join(names)}"


def models(entity: Entity) -> Module:
    """The models of a resource: its answer, and what its operations accept."""
    module = Module()
    names = entity.names
    verbs = {each.verb for each in entity.operations}
    module.models.append(_answer(entity, module))
    if "list" in verbs:
        module.models.append(_page(entity, module))
        module.models.append(_query(entity, module))
    if "create" in verbs:
        created = [
            _property(each, module, names.class_name, required=each.required)
            for each in entity.columns
            if each.creatable
        ]
        text = f"What a caller says of a new {entity.title}."
        module.models.append(Model(names.create_model, "Closed", text, created))
        module.types.add("Closed")
    if "update" in verbs:
        changed = [
            Property(
                each.name,
                optional(
                    patch_annotation(module, each.kind, value_model(names.class_name, each.name)),
                    each.nullable,
                ),
                each.description,
            )
            for each in entity.columns
            if each.updatable
        ]
        text = f"A merge patch of {entity.title}: what is absent stays, null removes."
        module.models.append(Model(names.patch_model, "TypedDict", text, changed))
        module.pydantic.update({"ConfigDict", "with_config"})
    for action in entity.actions:
        _action(action, entity, module)
    if any(each.on_item for each in entity.actions):
        module.models.append(_row(entity, module))
        module.types.add("Stored")
    return module


def _property(each: Column | Input, module: Module, name: str, required: bool) -> Property:
    annotation = optional(module.annotation(each.kind, value_model(name, each.name)), each.nullable)
    default = "" if required else literal(each.default)
    return Property(each.name, annotation, each.description, default)


def _stored(each: Column, module: Module, entity: Entity, description: str = "") -> Property:
    annotation = module.stored_annotation(
        each.kind, value_model(entity.names.class_name, each.name)
    )
    return Property(each.name, optional(annotation, each.nullable), description)


def _timed(kind: Kind) -> bool:
    return kind.base in ("date", "datetime") or (kind.item is not None and _timed(kind.item))


def _answer(entity: Entity, module: Module) -> Model:
    absent = may_be_absent(entity)
    if absent:
        module.typing.add("NotRequired")
    properties = [
        _stored(each, module, entity, each.description) for each in entity.columns if each.readable
    ]
    return Model(
        entity.names.class_name,
        "Answer",
        f"{article(entity.title).capitalize()} as an answer.",
        [
            (
                replace(each, annotation=f"NotRequired[{each.annotation}]")
                if each.name in absent
                else each
            )
            for each in properties
        ],
    )


def _page(entity: Entity, module: Module) -> Model:
    del module
    return Model(
        entity.names.page_model,
        "Answer",
        f"A page of {entity.names.many}.",
        [
            Property("items", f"list[{entity.names.class_name}]"),
            Property("next_cursor", "str | None"),
        ],
    )


def _query(entity: Entity, module: Module) -> Model:
    module.types.update({"Closed"})
    properties = [
        Property(
            "limit",
            module._annotated("int", f"Field(ge=1, le={entity.page_max})"),
            default=str(entity.page_default),
        ),
        Property(
            "cursor",
            module._annotated("str", "Field(min_length=1, max_length=1024)"),
            default='""',
        ),
    ]
    sorts = [sign + each.name for each in entity.columns if each.sortable for sign in ("", "-")]
    if sorts:
        module.typing.add("Literal")
        choices = ", ".join(literal(each) for each in sorts)
        properties.append(Property("sort", f"Literal[{choices}] | None", default="None"))
    for column in entity.columns:
        for operator in column.filters:
            properties.append(_filter(column, operator, entity, module))
    text = f"The query parameters of a list of {entity.names.many}."
    return Model(entity.names.query_model, "Closed", text, properties)


def _filter(column: Column, operator: str, entity: Entity, module: Module) -> Property:
    annotation = module.annotation(column.kind, value_model(entity.names.class_name, column.name))
    if operator == "prefix":
        module.types.add("Line")
        annotation = module._annotated(
            "Line", f"Field(min_length=1, max_length={column.kind.high})"
        )
    if operator == "in":
        annotation = module._annotated(f"list[{annotation}]", "Field(min_length=1, max_length=100)")
    if operator == "eq":
        return Property(column.name, f"{annotation} | None", default="None")
    return Property(
        filter_attribute(column.name, operator),
        f"{annotation} | None",
        default="None",
        alias=filter_key(column.name, operator),
    )


def _action(action: Operation, entity: Entity, module: Module) -> None:
    if action.input:
        properties = [_property(each, module, action.body, each.required) for each in action.input]
        text = f"What a caller says to {words(action.action)}."
        module.models.append(Model(action.body, "Closed", text, properties))
        module.types.add("Closed")
    changes = entity.set_by(action)
    if action.on_item:
        properties = [
            _property(each, module, entity.names.class_name, required=True) for each in changes
        ]
        text = "What the hook may change." if changes else "Nothing: the hook changes no field."
        module.models.append(Model(hook(action, entity).changes, "TypedDict", text, properties))
        module.pydantic.update({"ConfigDict", "with_config"})


def _row(entity: Entity, module: Module) -> Model:
    columns = [each for each in entity.columns if each.in_api]
    # In the class, a field called `date` hides the type: there, the validated `Date` replaces it.
    hidden = {each.name for each in columns} & {"date", "datetime"}
    properties = [
        (
            replace(_property(each, module, "", required=True), description="")
            if hidden and _timed(each.kind)
            else _stored(each, module, entity)
        )
        for each in columns
    ]
    return Model(
        entity.names.row_model,
        "Stored",
        f"{article(entity.title).capitalize()} as it is stored.",
        properties,
    )

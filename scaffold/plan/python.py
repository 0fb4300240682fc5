"""The types of a design as Python annotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from scaffold.design.filters import filter_key
from scaffold.design.model import Column, Entity, Input, Operation
from scaffold.design.names import article, camel
from scaffold.design.types import Kind, decimal_pattern
from scaffold.design.visibility import may_be_absent

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


# Names that the modules of handlers and hooks import.
IMPORTS = "arguments begin changed created done found hook hooks if_none_match page statements"
IMPORTED = frozenset(IMPORTS.split())


def function_name(name: str) -> str:
    """The name of an operation's function: one that hides nothing in its module."""
    return f"{name}_" if name in IMPORTED or name == "list" else name


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
                    optional(self.annotation(each.kind, name + camel(each.name)), each.nullable),
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
    if all(each.name != f"{name}Patch" for each in module.models):
        properties = [
            Property(
                each.name,
                optional(
                    patch_annotation(module, each.kind, name + camel(each.name)), each.nullable
                ),
                each.description,
            )
            for each in kind.members
        ]
        text = "A part of a merge patch"
        module.models.append(Model(f"{name}Patch", "TypedDict", text, properties))
        module.pydantic.update({"ConfigDict", "with_config"})
    return f"{name}Patch"


def optional(annotation: str, nullable: bool) -> str:
    """The annotation, or None where the value is optional."""
    return f"{annotation} | None" if nullable else annotation


def models(entity: Entity) -> Module:
    """The models of a resource: its answer, and what its operations accept."""
    module = Module()
    name = entity.class_name
    verbs = {each.verb for each in entity.operations}
    module.models.append(_answer(entity, module))
    if "list" in verbs:
        module.models.append(_page(entity, module))
        module.models.append(_query(entity, module))
    if "create" in verbs:
        created = [
            _property(each, module, name, required=each.required)
            for each in entity.columns
            if each.creatable
        ]
        text = f"What a caller says of a new {entity.title}."
        module.models.append(Model(f"{name}Create", "Closed", text, created))
        module.types.add("Closed")
    if "update" in verbs:
        changed = [
            Property(
                each.name,
                optional(patch_annotation(module, each.kind, _part(name, each)), each.nullable),
                each.description,
            )
            for each in entity.columns
            if each.updatable
        ]
        text = f"A merge patch of {entity.title}: what is absent stays, null removes."
        module.models.append(Model(f"{name}Patch", "TypedDict", text, changed))
        module.pydantic.update({"ConfigDict", "with_config"})
    for action in entity.actions:
        _action(action, entity, module)
    if any(each.on_item for each in entity.actions):
        module.models.append(_row(entity, module))
        module.types.add("Stored")
    return module


def _part(name: str, column: Column | Input) -> str:
    """The name of the class of an object field: no other model ends like this."""
    return f"{name}{camel(column.name)}Value"


def _property(each: Column | Input, module: Module, name: str, required: bool) -> Property:
    annotation = optional(module.annotation(each.kind, _part(name, each)), each.nullable)
    default = "" if required else literal(each.default)
    return Property(each.name, annotation, each.description, default)


def _answer(entity: Entity, module: Module) -> Model:
    absent = may_be_absent(entity)
    if absent:
        module.typing.add("NotRequired")
    properties = [
        Property(
            each.name,
            optional(
                module.stored_annotation(each.kind, _part(entity.class_name, each)), each.nullable
            ),
            each.description,
        )
        for each in entity.columns
        if each.readable
    ]
    return Model(
        entity.class_name,
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
        f"{entity.class_name}Page",
        "Answer",
        f"A page of {entity.plural.replace('_', ' ')}.",
        [
            Property("items", f"list[{entity.class_name}]"),
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
    text = f"The query parameters of a list of {entity.plural.replace('_', ' ')}."
    return Model(f"{entity.class_name}Query", "Closed", text, properties)


def _filter(column: Column, operator: str, entity: Entity, module: Module) -> Property:
    annotation = module.annotation(column.kind, _part(entity.class_name, column))
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
        f"{column.name}_{operator}",
        f"{annotation} | None",
        default="None",
        alias=filter_key(column, operator),
    )


def _action(action: Operation, entity: Entity, module: Module) -> None:
    name = camel(action.action) + entity.class_name
    if action.input:
        properties = [
            _property(each, module, f"{name}Input", each.required) for each in action.input
        ]
        text = f"What a caller says to {action.action.replace('_', ' ')}."
        module.models.append(Model(f"{name}Input", "Closed", text, properties))
        module.types.add("Closed")
    changes = entity.set_by(action)
    if action.on_item:
        properties = [
            Property(
                each.name,
                optional(
                    module.annotation(each.kind, _part(entity.class_name, each)), each.nullable
                ),
                each.description,
            )
            for each in changes
        ]
        text = "What the hook may change." if changes else "Nothing: the hook changes no field."
        module.models.append(Model(f"{name}Changes", "TypedDict", text, properties))
        module.pydantic.update({"ConfigDict", "with_config"})


def _row(entity: Entity, module: Module) -> Model:
    properties = [
        Property(
            each.name,
            optional(
                module.stored_annotation(each.kind, _part(entity.class_name, each)), each.nullable
            ),
        )
        for each in entity.columns
        if each.in_api
    ]
    return Model(
        f"{entity.class_name}Row",
        "Stored",
        f"{article(entity.title).capitalize()} as it is stored.",
        properties,
    )

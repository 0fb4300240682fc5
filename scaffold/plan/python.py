"""The types of a design as Python annotations."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from scaffold import naming
from scaffold.design.joins import MEMBERSHIP, membership
from scaffold.design.model import Column, Decider, Design, Entity, Input, Operation, Touch
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
from scaffold.plan.quoting import python
from scaffold.types.object import Member


@dataclass(slots=True)
class Property:
    """A line of a model; `key` is the name on the wire, where it is another one."""

    name: str
    annotation: str
    description: str = ""
    default: str = ""
    key: str = ""
    read: bool = False
    """Whether the default is text that the service reads."""

    @property
    def value(self) -> str:
        """What stands behind the annotation; a list is no value that instances may share."""
        if not self.key and not self.read and not self.default.startswith("["):
            return self.default
        arguments = [f"default={self.default}"] if self.default else []
        arguments += ["validate_default=True"] if self.read else []
        arguments += [f"alias={python(self.key)}"] if self.key else []
        return f"Field({', '.join(arguments)})"


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
        return imports(package, resource, naming.models_imports(), used)

    def annotated(self, base: str, *metadata: str) -> str:
        """A type with what bounds it."""
        if not metadata:
            return base
        self.typing.add("Annotated")
        self.pydantic.add("Field")
        return f"Annotated[{', '.join((base, *metadata))}]"

    def add(self, name: str, base: str, docstring: str, properties: Sequence[Property]) -> None:
        """Adds a class; `base` is another class, or `TypedDict`."""
        if any(each.value.startswith("Field(") for each in properties):
            self.pydantic.add("Field")
        self.models.append(Model(name, base, docstring, properties))

    def item(
        self, name: str, annotation: str, description: str, *, said: str = "alias"
    ) -> Property:
        """An item of a TypedDict for the field `name`, whose name on the wire is its alias."""
        found = naming.attribute(name)
        if found != name:
            annotation = self.annotated(annotation, f"Field({said}={python(name)})")
        return Property(found, annotation, description)

    def closed(self, name: str, members: Sequence[Member]) -> str:
        """The class `name` of an object with these members, as a caller sends it."""
        if all(each.name != name for each in self.models):
            properties = [
                member(
                    each.name,
                    optional(
                        each.kind.annotation(self, part_model(name, each.name)), each.nullable
                    ),
                    each.description,
                    default="None" if each.nullable else "",
                )
                for each in members
            ]
            self.add(name, "Closed", "A part of a body.", properties)
            self.types.add("Closed")
        return name

    def patch(self, name: str, members: Sequence[Member]) -> str:
        """The class of a merge patch of the object `name`: only what changes."""
        patch = patch_model(name)
        if all(each.name != patch for each in self.models):
            properties = [
                self.item(
                    each.name,
                    optional(
                        each.kind.patch_annotation(self, part_model(name, each.name)), each.nullable
                    ),
                    each.description,
                )
                for each in members
            ]
            self.add(patch, "TypedDict", "A part of a merge patch", properties)
            self.pydantic.update({"ConfigDict", "with_config"})
        return patch


def member(name: str, annotation: str, description: str = "", default: str = "") -> Property:
    """A member of a class for the field `name`."""
    found = naming.attribute(name)
    return Property(found, annotation, description, default, name if found != name else "")


def optional(annotation: str, nullable: bool) -> str:
    """The annotation, or None where the value is optional."""
    return f"{annotation} | None" if nullable else annotation


@dataclass(frozen=True, slots=True)
class Hook:
    """An action and the names of what is emitted for it.

    `row`, `data` and `changes` are models: those of the row and of the input that the hook is
    given, and of what it returns; `rows` is the class of the other rows that it touches. Each is
    empty where there is none.
    """

    operation: Operation
    protocol: str
    parameter: str
    row: str
    data: str
    changes: str
    rows: str

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
        action = f"Action[{self.rows}]" if self.rows else "Action"
        return f"action: {action}{row}{data}"

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
        rows=names.rows_model(action.action) if action.touches else "",
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
    if secret := next((each.secret for each in entity.operations if each.secret), None):
        answer = module.models[0]
        told = Property(secret.name, "str", secret.description)
        text = f"{answer.docstring[:-1]}, with its {secret.name}."
        module.models.append(Model(names.issued_model, "Answer", text, [*answer.properties, told]))
    if "list" in verbs:
        module.models.append(_page(entity, module))
        text = f"The query parameters of a list of {names.many}."
        limits = (entity.page_default, entity.page_max)
        module.models.append(_query(entity, module, names.query_model, text, *limits))
    for export in entity.exports:
        text = f"The query parameters of an export of {names.many}."
        limits = (export.rows, export.rows)
        module.models.append(_query(entity, module, names.export_model, text, *limits))
    if entity.search:
        module.models.append(_search(entity, module))
    if "create" in verbs:
        created = [
            _property(each, module, names.class_name, required=each.required)
            for each in entity.columns
            if each.creatable
        ]
        text = f"What a caller says of a new {entity.title}."
        module.add(names.create_model, "Closed", text, created)
        module.types.add("Closed")
    if "update" in verbs:
        changed = [
            module.item(
                each.name,
                optional(
                    each.kind.patch_annotation(module, value_model(names.class_name, each.name)),
                    each.nullable,
                ),
                each.description,
            )
            for each in entity.columns
            if each.updatable
        ]
        text = f"A merge patch of {entity.title}: what is absent stays, null removes."
        module.add(names.patch_model, "TypedDict", text, changed)
        module.pydantic.update({"ConfigDict", "with_config"})
    for action in entity.actions:
        _input_model(action, module)
        _action(action, entity, module)
    for effect in entity.effects:
        _input_model(effect, module)
    for touch in entity.touched_by("create", "update"):
        _touched(touch, entity, module)
    for decider in entity.deciders:
        _decided(decider, entity, module)
    if any(each.on_item for each in entity.actions) or touched_rows(entity):
        module.models.append(_row(entity, module))
        module.types.add("Stored")
    return module


def _property(each: Column | Input, module: Module, name: str, required: bool) -> Property:
    default = list(each.default) if isinstance(each.default, tuple) else each.default
    text = "" if required else python(default)
    found = member(each.name, _sent(each, module, name), each.description, text)
    found.read = each.kind.read and not required and each.default is not None
    return found


def _sent(each: Column | Input, module: Module, name: str) -> str:
    annotation = each.kind.annotation(module, value_model(name, each.name))
    return optional(annotation, each.nullable)


def _stored(each: Column, module: Module, entity: Entity) -> str:
    name = value_model(entity.names.class_name, each.name)
    return optional(each.kind.stored_annotation(module, name), each.nullable)


def _answer(entity: Entity, module: Module) -> Model:
    absent = may_be_absent(entity)
    properties = []
    for each in entity.columns:
        if each.readable:
            found = module.item(each.name, _stored(each, module, entity), each.description)
            if each.name in absent:
                module.typing.add("NotRequired")
                found.annotation = f"NotRequired[{found.annotation}]"
            properties.append(found)
    text = f"{article(entity.title).capitalize()} as an answer."
    return Model(entity.names.class_name, "Answer", text, properties)


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


CURSOR = "Field(min_length=1, max_length=1024)"


def _limit(most: int, module: Module) -> str:
    module.types.add("whole")
    return module.annotated("int", f"Field(ge=1, le={most})", "whole")


def _query(entity: Entity, module: Module, name: str, text: str, default: int, most: int) -> Model:
    module.types.add("Closed")
    properties = [
        Property("limit", _limit(most, module), default=str(default)),
        Property("cursor", module.annotated("str", CURSOR), default='""'),
    ]
    listed = [each for each in entity.columns if each.in_url]
    sorts = _sorts(listed, module)
    if sorts:
        properties.append(Property("sort", f"{sorts} | None", default="None"))
    for column in listed:
        for operator in column.filters:
            properties.append(_filter(column, operator, entity, module))
    return Model(name, "Closed", text, properties)


def _search(entity: Entity, module: Module) -> Model:
    """What is absent is not asked for; null is no value of a filter."""
    properties = [
        Property("limit", _limit(entity.page_max, module)),
        Property("cursor", module.annotated("str", CURSOR)),
    ]
    sorts = _sorts(entity.columns, module)
    properties += [Property("sort", sorts)] if sorts else []
    for column in entity.columns:
        name = value_model(entity.names.class_name, column.name)
        for operator in column.filters:
            sent = column.kind.annotation(module, name)
            annotation = _operand(column, operator, sent, module)
            found, key = filter_attribute(column.name, operator), filter_key(column.name, operator)
            if found != key:
                # What is annotated already is annotated further, for readers.
                base = annotation.removeprefix("Annotated[")
                base = base[:-1] if base != annotation else base
                annotation = module.annotated(base, f"Field(alias={python(key)})")
            properties.append(Property(found, annotation))
    module.pydantic.update({"ConfigDict", "with_config"})
    text = f"A search of {entity.names.many}: the query of their list, as a body."
    return Model(entity.names.search_model, "TypedDict", text, properties)


def _sorts(columns: Iterable[Column], module: Module) -> str:
    """The annotation of the orders by these columns; nothing where there are none."""
    sorts = [sign + each.name for each in columns if each.sortable for sign in ("", "-")]
    if not sorts:
        return ""
    module.typing.add("Literal")
    return f"Literal[{', '.join(python(each) for each in sorts)}]"


def _filter(column: Column, operator: str, entity: Entity, module: Module) -> Property:
    sent = column.kind.query_annotation(module, value_model(entity.names.class_name, column.name))
    annotation = _operand(column, operator, sent, module)
    name, key = filter_attribute(column.name, operator), filter_key(column.name, operator)
    return Property(name, f"{annotation} | None", default="None", key=key if key != name else "")


def _operand(column: Column, operator: str, sent: str, module: Module) -> str:
    """The annotation of what a filter takes, where equality takes `sent`."""
    if operator == "prefix":
        return column.kind.prefix_annotation(module)
    if operator == "in":
        return module.annotated(f"list[{sent}]", "Field(min_length=1, max_length=100)")
    return sent


def _input_model(action: Operation, module: Module) -> None:
    if action.input:
        properties = [_property(each, module, action.body, each.required) for each in action.input]
        text = f"What a caller says to {words(action.action)}."
        module.add(action.body, "Closed", text, properties)
        module.types.add("Closed")


def joins(design: Design) -> Module:
    """What people say to become members, and what they are told."""
    module = Module()
    properties = [
        module.item(each.name, each.kind.stored_annotation(module, MEMBERSHIP), each.description)
        for each in membership(design)
    ]
    text = "What somebody is who has become a member."
    module.models.append(Model(MEMBERSHIP, "Answer", text, properties))
    for each in design.joins:
        _input_model(each.operation, module)
    return module


def _action(action: Operation, entity: Entity, module: Module) -> None:
    changes = entity.set_by(action)
    if action.on_item:
        properties = [
            module.item(
                each.name,
                _sent(each, module, entity.names.class_name),
                each.description,
                said="serialization_alias",
            )
            for each in changes
        ]
        text = "What the hook may change." if changes else "Nothing: the hook changes no field."
        module.add(hook(action, entity).changes, "TypedDict", text, properties)
        module.pydantic.update({"ConfigDict", "with_config"})


def touched_rows(entity: Entity) -> bool:
    """Are hooks of actions given rows that they touch?"""
    return bool(entity.touched_by("read", "create", "update"))


def _touched(touch: Touch, entity: Entity, module: Module) -> None:
    """What the hook of an action says of a row that it touches."""
    new = touch.verb == "create"
    properties = []
    for column in entity.columns:
        if column.name in touch.fields:
            annotation = _sent(column, module, entity.names.class_name)
            own = module.item(
                column.name, annotation, column.description, said="serialization_alias"
            )
            if new and not (column.required or column.origin == "parent"):
                module.typing.add("NotRequired")
                own.annotation = f"NotRequired[{own.annotation}]"
            properties.append(own)
    what = f"says of a new {entity.title}" if new else f"may change of {article(entity.title)}"
    text = f"What the hook of {touch.by} {what}."
    name = entity.names.touched_model(touch.by, touch.verb)
    module.add(name, "New" if new else "TypedDict", text, properties)
    module.pydantic.update({"ConfigDict", "with_config"})


@dataclass(frozen=True, slots=True)
class Decision:
    """How a function of the developer's that decides is declared: `places` says whether the
    operation is on a row, or below one, and `body` is the model of what it says; the answer is the
    annotation of both, or of whether anything happens at all."""

    decider: Decider
    operation: Operation
    places: bool
    body: str

    @property
    def models(self) -> tuple[str, ...]:
        """The models that it is declared with."""
        return tuple(each for each in (self.decider.model, self.body) if each)

    @property
    def parameters(self) -> str:
        """Its parameters, `self` of the protocol left out."""
        return f"event: {self.decider.given}, data: {self.decider.model}"

    @property
    def answer(self) -> str:
        """The annotation of what it returns."""
        parts = [*(["UUID"] if self.places else []), *([self.body] if self.body else [])]
        if not parts:
            return "bool"
        said = parts[0] if len(parts) == 1 else f"tuple[{', '.join(parts)}]"
        return f"{said} | None"


def decision(decider: Decider, entity: Entity) -> Decision:
    """How such a function of a resource is declared."""
    operation = next(
        each
        for each in entity.operations
        if decider.do in (each.verb, each.action) and not each.searches
    )
    below = operation.verb == "create" and entity.parent is not None
    body = decider.body if operation.body else ""
    return Decision(decider, operation, operation.on_item or below, body)


def _decided(decider: Decider, entity: Entity, module: Module) -> None:
    """What a function of the developer's is told, and what it says to an operation."""
    found = decision(decider, entity)
    told = [_property(each, module, decider.model, each.required) for each in decider.input]
    module.add(decider.model, "Closed", f"What {decider.name} is told.", told)
    module.types.add("Closed")
    if found.body:
        verb = found.operation.verb
        said: Iterable[Column | Input] = found.operation.input
        if verb in ("create", "update"):
            said = [e for e in entity.columns if (e.creatable if verb == "create" else e.updatable)]
        name = found.operation.body if verb == "action" else entity.names.class_name
        text = f"What {decider.name} says to {words(found.operation.id)}."
        properties = []
        for each in said:
            annotation = _sent(each, module, name)
            if verb == "update":  # a merge patch, as that of whoever would send it
                patch = each.kind.patch_annotation(module, value_model(name, each.name))
                annotation = optional(patch, each.nullable)
            own = module.item(each.name, annotation, each.description, said="serialization_alias")
            if verb != "update" and not each.required:
                module.typing.add("NotRequired")
                own.annotation = f"NotRequired[{own.annotation}]"
            properties.append(own)
        module.add(found.body, "TypedDict" if verb == "update" else "New", text, properties)
        module.pydantic.update({"ConfigDict", "with_config"})


def _row(entity: Entity, module: Module) -> Model:
    properties = [
        member(each.name, _stored(each, module, entity)) for each in entity.columns if each.in_api
    ]
    return Model(
        entity.names.row_model,
        "Stored",
        f"{article(entity.title).capitalize()} as it is stored.",
        properties,
    )

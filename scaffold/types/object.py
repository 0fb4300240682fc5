"""object: a closed mapping of fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import MaxLen, MinLen

from scaffold.database.layout import Sql, all_of
from scaffold.database.sql import array, literal
from scaffold.spec.base import about
from scaffold.spec.field_base import QUERIED, CommonField, refuse_keys
from scaffold.spec.problems import Refusal
from scaffold.spec.scalars import NestedName

from .kind import Kind, json_default, json_member, nullable

if TYPE_CHECKING:
    from scaffold.plan.python import Module

    from .fields import Field

_MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Member:
    """A named part of an object."""

    name: str
    kind: Kind
    description: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class ObjectKind(Kind):
    """A closed object; a member that is not nullable is required."""

    name: ClassVar[str] = "object"
    SQL: ClassVar[str] = "jsonb"
    structured: ClassVar[bool] = True
    merged: ClassVar[bool] = True

    members: tuple[Member, ...]

    @property
    def required(self) -> list[str]:
        """The names of the members that are always there."""
        return [each.name for each in self.members if not each.nullable]

    @property
    def characters(self) -> int:
        """Those of the members."""
        return sum(each.kind.characters for each in self.members)

    @property
    def driver_annotation(self) -> str:
        """An object, as JSON is read."""
        return "dict[str, Any]"

    @property
    def unsaid(self) -> bool:
        """Those of the members."""
        return any(each.kind.unsaid for each in self.members)

    def bounds(self) -> Iterator[str]:
        """The members."""
        for each in sorted(self.members, key=lambda member: member.name):
            yield f"{each.name}{'?' if each.nullable else ''}: {each.kind}"

    def check(self, column: str) -> Sql:
        """What there has to be, whatever the object was patched with."""
        return all_of(list(self._complete(column)))

    def _complete(self, path: str) -> Iterable[str]:
        yield f"jsonb_typeof({path}) = 'object'"
        if self.required:
            yield f"{path} ?& {array(self.required)}"
        for each in self.members:
            if isinstance(each.kind, ObjectKind) and not each.nullable:
                yield from each.kind._complete(f"({path} -> {literal(each.name)})")

    def extract(self, source: str, name: str) -> str:
        """The member as it is."""
        return json_member(source, name)

    def default(self, value: object) -> str:
        """An object."""
        return json_default(value)

    def schema(self) -> dict[str, Any]:
        """A closed object."""
        found = self._closed(lambda kind: kind.schema())
        return found | ({"required": self.required} if self.required else {})

    def patch_schema(self) -> dict[str, Any]:
        """The parts that change."""
        return self._closed(lambda kind: kind.patch_schema())

    def _closed(self, schema: Callable[[Kind], dict[str, Any]]) -> dict[str, Any]:
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                each.name: nullable(schema(each.kind), each.nullable, each.description)
                for each in self.members
            },
        }

    def annotation(self, module: Module, name: str) -> str:
        """A class of its own."""
        return module.closed(name, self.members)

    def patch_annotation(self, module: Module, name: str) -> str:
        """A class of its own, with nothing required."""
        return module.patch(name, self.members)

    def stored_annotation(self, module: Module, name: str) -> str:
        """The class of what was accepted."""
        return self.annotation(module, name)


class ObjectField(CommonField):
    """A closed mapping of fields; at most three deep."""

    KIND = ObjectKind
    HAS_DEFAULT = False
    UNIQUE = False

    type: Annotated[Literal["object"], about("A closed mapping of fields.", "object")]
    fields: Annotated[
        dict[NestedName, Field],
        MinLen(1),
        MaxLen(100),
        about("The fields inside.", {"city": {"type": "string", "max": 80}}),
    ]

    def kind(self) -> ObjectKind:
        """What the type means."""
        return ObjectKind(
            tuple(
                Member(name, each.kind(), each.description or "", each.optional)
                for name, each in self.fields.items()
            )
        )

    @property
    def inner(self) -> Mapping[str, Field]:
        """The fields inside."""
        return self.fields

    def check_bounds(self) -> None:
        """Refuses inner fields that are references, computed, queried or nested too deep."""
        if _depth(self) > _MAX_DEPTH:
            raise Refusal(
                "E-DEPTH", "Objects are nested more than three deep", "Make it a resource."
            )
        for name, each in self.fields.items():
            refuse_keys(each, ("fields", name), "A field inside an object", ("default", *QUERIED))
            if not each.NESTS:
                raise Refusal(
                    "E-NESTED",
                    f"A {each.type} cannot be inside an object",
                    "Make it a field of the resource.",
                    ("fields", name, "type"),
                )


def _depth(field: CommonField) -> int:
    if not field.inner:
        return 0
    return 1 + max(map(_depth, field.inner.values()))

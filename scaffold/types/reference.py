"""reference: another row of the same tenant, or one of its members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

from annotated_types import MinLen

from scaffold import naming
from scaffold.spec.base import about
from scaffold.spec.field_base import CommonField
from scaffold.spec.problems import Refusal
from scaffold.spec.scalars import Line

from .emitted import Emitted
from .uuid import EXAMPLES, check_uuid, is_uuid

MEMBER = "member"
"""What a reference to a member of the tenant leads to."""


@dataclass(frozen=True, slots=True)
class ReferenceKind(Emitted):
    """The id of a row of the resource `to`, or of a member."""

    name: ClassVar[str] = "reference"
    SQL: ClassVar[str] = "uuid"
    STORED: ClassVar[str] = "UUID"
    SCALAR: ClassVar[str] = "Uuid"
    FORMAT: ClassVar[str] = "uuid"

    to: str

    @property
    def target(self) -> str:
        """The resource; nothing where it is a member."""
        return "" if self.of_member else self.to

    @property
    def of_member(self) -> bool:
        """Does it refer to a member?"""
        return self.to == MEMBER

    def renamed(self, resources: Mapping[str, str]) -> ReferenceKind:
        """It leads to the resource by its name now."""
        return replace(self, to=resources.get(self.target, self.to))

    def examples(self) -> tuple[str, ...]:
        """Identifiers of nothing."""
        return EXAMPLES

    def accepts(self, value: object) -> bool:
        """Is it the id of a row?"""
        return is_uuid(value)

    def bounds(self) -> Iterator[str]:
        """The resource."""
        yield self.to


class ReferenceField(CommonField):
    """A row of the same tenant, or a member of it; `customer` is `customer_id` on the wire."""

    KIND = ReferenceKind
    FILTERS = ("eq", "in")
    HAS_DEFAULT = False
    NESTS = False
    FROM_ROW = False
    COMPARES = "id"
    PERSONAL = "never"

    type: Annotated[Literal["reference"], about("Another row of the same tenant.", "reference")]
    to: Annotated[str, about("The resource that it refers to, or member.", "customer")]
    unseen_because: Annotated[
        Annotated[Line, MinLen(10)] | None,
        about(
            "Why callers may refer to rows that they may not see.", "Guests know the shop's code."
        ),
    ] = None

    def kind(self) -> ReferenceKind:
        """What the type means."""
        return ReferenceKind(self.to)

    def wire_name(self, name: str) -> str:
        """The name of the id."""
        return naming.reference(name)

    @property
    def target(self) -> str:
        """The resource; nothing where it is a member."""
        return "" if self.of_member else self.to

    @property
    def of_member(self) -> bool:
        """Does it refer to a member?"""
        return self.to == MEMBER

    @property
    def unseen(self) -> str:
        """Why callers may refer to rows that they may not see; otherwise nothing."""
        return self.unseen_because or ""

    def check_bounds(self) -> None:
        """Refuses a reason where no caller writes the reference, or whatever they may see."""
        if self.unseen and self.of_member:
            raise Refusal(
                "E-UNSEEN",
                "Whoever writes the field may name any member of the tenant",
                "Remove unseen_because.",
                ("unseen_because",),
                named=True,
            )
        if self.unseen and (self.computed or self.set_by):
            raise Refusal(
                "E-UNSEEN",
                "Only hooks set this reference, and hooks refer to any row of the tenant",
                "Remove unseen_because.",
                ("unseen_because",),
                named=True,
            )

    def check_literal(self, value: object) -> None:
        """Refuses what is not a UUID in its usual spelling."""
        check_uuid(value)

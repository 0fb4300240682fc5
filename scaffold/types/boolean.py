"""boolean: true or false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from scaffold.spec.base import about
from scaffold.spec.field_base import CommonField
from scaffold.spec.problems import Refusal, quote

from .kind import Kind

if TYPE_CHECKING:
    from scaffold.plan.python import Module


@dataclass(frozen=True, slots=True)
class BooleanKind(Kind):
    """True or false."""

    name: ClassVar[str] = "boolean"
    SQL: ClassVar[str] = "boolean"
    STORED: ClassVar[str] = "bool"
    CLAIM: ClassVar[str] = "bool"
    selective: ClassVar[bool] = False

    @property
    def choices(self) -> tuple[bool, ...]:
        """Both."""
        return (True, False)

    @property
    def unread(self) -> tuple[object, ...]:
        """Other types."""
        return (1, "true")

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}

    def annotation(self, module: Module, name: str) -> str:
        """A boolean."""
        return "bool"

    def query_annotation(self, module: Module, name: str) -> str:
        """A boolean, which pydantic would also read as `yes` or `1`."""
        module.types.add("boolean")
        return module.annotated("bool", "boolean")


class BooleanField(CommonField):
    """True or false."""

    KIND = BooleanKind
    FILTERS = ("eq",)
    COMPARES = "boolean"
    PERSONAL = "never"

    type: Annotated[Literal["boolean"], about("True or false.", "boolean")]
    default: Annotated[bool | None, about("The value when it is left out.", False)] = None

    def check_literal(self, value: object) -> None:
        """Refuses anything but true and false."""
        if not isinstance(value, bool):
            raise Refusal("E-TYPE", f"{quote(value)} is not a boolean", "Write true or false.")

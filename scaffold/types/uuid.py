"""uuid: an identifier that another system assigned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from scaffold.spec.base import about
from scaffold.spec.field_base import CommonField, as_text
from scaffold.spec.problems import Refusal, quote

from .emitted import Emitted

EXAMPLES = tuple(f"00000000-0000-4000-8000-00000000000{digit}" for digit in "123")


@dataclass(frozen=True, slots=True)
class UuidKind(Emitted):
    """A UUID (RFC 9562)."""

    name: ClassVar[str] = "uuid"
    SQL: ClassVar[str] = "uuid"
    STORED: ClassVar[str] = "UUID"
    SCALAR: ClassVar[str] = "Uuid"
    FORMAT: ClassVar[str] = "uuid"

    def examples(self) -> tuple[str, ...]:
        """Identifiers of nothing."""
        return EXAMPLES

    def accepts(self, value: object) -> bool:
        """Is it a UUID in its usual spelling?"""
        return is_uuid(value)


class UuidField(CommonField):
    """An identifier that another system assigned."""

    KIND = UuidKind
    FILTERS = ("eq", "in")
    COMPARES = "id"
    PERSONAL = "never"

    type: Annotated[Literal["uuid"], about("A UUID (RFC 9562).", "uuid")]
    default: Annotated[
        str | None, about("The value when it is left out.", "01890a5d-ac96-774b-bcce-b302099a8057")
    ] = None

    def check_literal(self, value: object) -> None:
        """Refuses what is not a UUID in its usual spelling."""
        check_uuid(value)


def is_uuid(value: object) -> bool:
    """Is it a UUID in its usual spelling?"""
    try:
        return str(UUID(str(value))) == value
    except ValueError:
        return False


def check_uuid(value: object) -> None:
    """Refuses what is not a UUID in its usual spelling: lower case, with hyphens."""
    text = as_text(value)
    if not is_uuid(text):
        raise Refusal(
            "E-VALUE",
            f"{quote(text)} is not a UUID",
            "Write it in lower case with hyphens: 01890a5d-ac96-774b-bcce-b302099a8057.",
        )

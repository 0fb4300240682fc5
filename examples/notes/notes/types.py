"""The scalar types of the API: bounded, and accepted in one notation only."""

import re
from typing import Annotated, Final
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from notes.gate.cards import FOUND, holds_card

UUID_TEXT: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NUMBER: Final = re.compile(r"0|-?[1-9][0-9]*")


class Closed(BaseModel):
    """What a caller sends: an unknown name is an error, and no type is coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _whole(value: object) -> object:
    """To JSON Schema, 1.0 is an integer. In a query, a number is plain digits."""
    if isinstance(value, str) and NUMBER.fullmatch(value) is None:
        raise ValueError("not a whole number")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _boolean(value: object) -> object:
    """In a query, a boolean is written as in JSON."""
    if value not in ("true", "false"):
        raise ValueError("neither true nor false")
    return value


def _uuid(value: object) -> object:
    """RFC 9562 text form, and no other notation."""
    if isinstance(value, str):
        if UUID_TEXT.fullmatch(value) is None:
            raise ValueError("not a UUID as in RFC 9562")
        return UUID(value)
    return value


def _cardless(value: str) -> str:
    """Free text, in which nobody keeps the number of a payment card."""
    if holds_card(value):
        raise PydanticCustomError(FOUND, "holds the number of a payment card")
    return value


cardless: Final = AfterValidator(_cardless)


whole: Final = BeforeValidator(_whole)
boolean: Final = BeforeValidator(_boolean)

Line = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$")
]
Text = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")
]
Uuid = Annotated[UUID, BeforeValidator(_uuid)]

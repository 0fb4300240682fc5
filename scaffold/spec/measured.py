"""How a spec names what is measured: an operation, and the field that says how much a use is."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from . import names
from .problems import Refusal, quote
from .scalars import spelled

Period = Literal["day", "month", "held"]
"""What is counted: what is used in a day or a month of the calendar in UTC, or the rows that there
are."""

_COUNTED = re.compile(r"([a-z0-9_]+)(?:\.([a-z0-9_]+))?", re.ASCII)


def _counted(text: str) -> str:
    found = _COUNTED.fullmatch(text)
    if found is None:
        raise Refusal(
            "E-NAME",
            f"{quote(text)} cannot name what is counted",
            "Write a resource, or a resource and an action: invoice or invoice.send.",
        )
    for each in found.groups():
        if each is not None:
            names.identifier(each, "what is counted")
    return text


def _field(name: str) -> str:
    return names.identifier(name, "a field")


Counted = Annotated[
    str, AfterValidator(_counted), spelled(r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$", maxLength=60)
]
FieldName = Annotated[
    str, AfterValidator(_field), spelled(names.IDENTIFIER, maxLength=names.MAX_NAME)
]


def done(said: str) -> tuple[str, str]:
    """The resource, and what is done to it: `create`, or the action."""
    resource, _, action = said.partition(".")
    return resource, action or "create"

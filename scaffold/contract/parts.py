"""What a feature adds to the contract, as the parts of an OpenAPI document are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scaffold.design.model import Design

LIMIT: Mapping[str, Any] = {
    "anyOf": [
        {"type": "integer", "format": "int64", "minimum": 0, "maximum": 10**15},
        {"type": "string", "maxLength": 40, "pattern": r"^[0-9]+(\.[0-9]+)?$"},
    ],
    "description": "Of what is used up: how much there is of it; a decimal number is text.",
}
RESETS_AT: Mapping[str, Any] = {
    "type": ["string", "null"],
    "format": "date-time",
    "description": "Of what is used up: when it is counted anew; null where it never is.",
}
"""What problem documents say of something that is used up, whatever it is."""


@dataclass(frozen=True, slots=True)
class Components:
    """Shared parts by their names.

    `headers` are response headers with their descriptions; `refused` are those of refusals by the
    status, `4XX` for all that are the client's doing. `parameters` are as OpenAPI has them, and
    `problems` map a status to the name and the description of its response. `bearer` says what else
    a caller can show than an access token, and `schemes` are further ones of security. `members`
    are properties of problem documents.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    problems: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    bearer: str = ""
    members: Mapping[str, Any] = field(default_factory=dict)
    schemes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Demands:
    """What is added to one operation.

    `parameters` and `headers` are names of shared ones, `statuses` are further refusals, and
    `extensions` are keys that begin with `x-`.
    """

    parameters: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)


def told(design: Design) -> tuple[str, ...]:
    """The names of the headers that every answer has in which something was charged."""
    from scaffold.features import FEATURES  # whose parts these are

    shared = (each.components(design) for each in FEATURES)
    return tuple(name for each in shared if each for name in each.refused.get("4XX", ()))

"""A spec that was read: what it says, where, and what it means."""

from __future__ import annotations

from dataclasses import dataclass

from scaffold.design.model import Design
from scaffold.design.resolve import resolve
from scaffold.spec.load import loads_with_positions
from scaffold.spec.model import Spec
from scaffold.spec.positions import Positions


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The model of a spec, where its parts stand, and what it means. Two readings are two."""

    spec: Spec
    positions: Positions
    design: Design


def read(content: bytes, source: str) -> Reading:
    """Reads a spec; `source` names it in messages.

    Raises:
        SpecError: the content is not a spec.
    """
    spec, positions = loads_with_positions(content, source)
    return Reading(spec, positions, resolve(spec))

"""Meters in the contract."""

from __future__ import annotations

from scaffold.contract.parts import Demands
from scaffold.design.model import Design, Operation
from scaffold.features.usage.design import counted


def demands(design: Design, operation: Operation) -> Demands | None:
    """The meters that a use of the operation counts in, each with the field that says how much."""
    found = counted(design, operation)
    meters = {each.name: each.amount or "1" for each in found}
    return Demands(extensions={"x-meters": meters}) if meters else None

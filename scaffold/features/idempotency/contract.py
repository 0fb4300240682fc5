"""Idempotency keys in the contract."""

from __future__ import annotations

from typing import Any

from scaffold.contract.parts import Components, Demands
from scaffold.design.model import Design, Operation
from scaffold.features.idempotency.design import need_of

KEY = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
NAMES = {"optional": "IdempotencyKey", "required": "IdempotencyKeyRequired"}


def components(design: Design) -> Components:
    """The header, as it is needed."""
    needs = {need_of(each) for each in design.operations}
    return Components(
        parameters={name: _header(need) for need, name in NAMES.items() if need in needs}
    )


def _header(need: str) -> dict[str, Any]:
    required = {"required": True} if need == "required" else {}
    return {
        "name": "Idempotency-Key",
        "in": "header",
        **required,
        "description": "Makes a repeated request harmless for a day.",
        "schema": KEY,
    }


def demands(operation: Operation) -> Demands | None:
    """The header of an operation, and whether it is needed."""
    need = need_of(operation)
    if need is None:
        return None
    return Demands(parameters=(NAMES[need],), extensions={"x-idempotency": need})

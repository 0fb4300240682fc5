"""How it is judged that a key is no longer required."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.verdict import Chain
from scaffold.drift.witness import Runs
from scaffold.features.feature import Judged
from scaffold.features.idempotency.witness import without_a_key

KEY = SpecRule(
    id="SCF152",
    name="idempotency-key-optional",
    severity="medium",
    controls=("PAY-2", "API-4"),
    layer="spec",
    what="Operations that need an Idempotency-Key.",
    why="A request that is sent again, by a client or a network, does its work twice.",
    remedy="Keep the key required.",
    example=example(
        "resources: {note: {idempotent: required, fields: {body: {type: text, max: 500}}}}",
        change=("idempotent: required, ", ""),
        dual=("max: 500", "max: 400"),
    ),
    claims=(
        Claim(
            "operations",
            "{op} idempotency_key",
            Chain(("required", "optional", "none"), absent="everything"),
            shows=Runs(without_a_key, "{op} is done without an Idempotency-Key now"),
        ),
    ),
)
JUDGED = Judged((KEY,))

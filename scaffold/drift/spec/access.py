"""Rules about who may do what."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.spec.witness import permissions
from scaffold.drift.spec.witness_requests import without_a_permission
from scaffold.drift.verdict import Exact
from scaffold.drift.witness import Runs

PERMISSION = SpecRule(
    id="SCF101",
    name="permission-widened",
    severity="high",
    controls=("AZ-1", "AZ-2"),
    layer="spec",
    what="Which roles are granted an operation, on which rows, and for which fields.",
    why="A role may do something that it could not do before: another operation, or the same one "
    "on more rows, for more fields, or giving more roles.",
    remedy="Give the grant back its conditions, or grant the operation to a narrower role.",
    example=example(
        """
roles:
  clerk: {can: [{do: [list, read], on: note}]}
  boss: {can: [{do: [list, read, delete], on: note, when: {owner_id: $user.id}}]}
""",
        change=("clerk: {can: [{do: [list, read]", "clerk: {can: [{do: [list, read, delete]"),
        dual=("[list, read, delete]", "[read, list]"),
    ),
    claims=(Claim("access", "{permission} {role}", lead=("op", "role"), shows=Runs(permissions)),),
)
OPEN = SpecRule(
    id="SCF102",
    name="operation-without-a-token",
    severity="critical",
    controls=("AZ-1", "API-3"),
    layer="spec",
    what="Operations that ask for no permission: joining by an invitation, signing up.",
    why="Whoever can reach the service may call it.",
    remedy="Take the operation away, or say why it is open and have it approved.",
    example=example(
        """
tenancy: {tenant: company}
roles: {clerk: {can: [{do: [list, read], on: note}]}, boss: {can: [{do: read, on: company}]}}
""",
        change=(
            "tenancy: {tenant: company}",
            "tenancy: {tenant: company, sign_up: {issuer: https://login.example.com/, role: boss}}",
        ),
        dual=("do: [list, read]", "do: [read, list]"),
    ),
    claims=(
        Claim(
            "access",
            "{op} without a permission",
            Exact(),
            lead=("op",),
            shows=Runs(without_a_permission, "{op} is open to whoever has a token now"),
        ),
    ),
)
RULES = (PERMISSION, OPEN)

"""API keys in the database: who shows one is found in the call of the operation itself."""

from __future__ import annotations

from collections.abc import Iterable

from scaffold.database.bodies import Entry, Lookup, Refusal, Render, Served, Steps
from scaffold.database.schema import Function, Grant, OwnTable
from scaffold.database.signatures import CALL, TEXT, TEXTS, UUID, parameters
from scaffold.database.tables import of_resource
from scaffold.design.model import Design
from scaffold.features.api_keys.design import API_KEY, withheld

SHOWN = "p_caller ? 'key'"
"""The test that a caller shows a key."""
BOUND = "app.api_key_id"
"""The setting that names the key whose use is being noted."""

ENTRY = Entry(
    comment="Who shows an API key is found by it.",
    lookup=Lookup(SHOWN, "key_caller_(p_tenant, p_caller)"),
)


def stored(design: Design) -> OwnTable:
    """The table of keys. The service notes the use of the key at hand, and of no other."""
    return OwnTable(
        of_resource(design.entity(API_KEY), design),
        Grant(API_KEY, select=True, update=("last_used_at",)),
        changes=f"id = nullif(current_setting('{BOUND}', true), '')::uuid",
    )


def functions(render: Render) -> Iterable[Function]:
    """The function that finds out whose key is shown."""
    yield Function(
        "key_caller_",
        "The member whose API key a caller shows, their roles, and why the key is refused. Its use "
        "is noted once a minute.",
        parameters(*CALL),
        render("api_keys/key_caller", None),
        results=parameters(("member", UUID), ("roles", TEXTS), ("refusal", TEXT)),
        inner=True,
    )


def steps(served: Served) -> Steps | None:
    """What no key does, whatever it is good for."""
    operation, *_ = served.operations
    refusals = []
    if withheld(operation):
        refusals.append(Refusal(SHOWN, "'key_not_allowed'"))
    if operation.entity == API_KEY and operation.action == "rotate":
        row = "from api_key_row_ k where k.tenant_id = p_tenant and k.id = p_id"
        refusals.append(Refusal(f"(select k.revoked_at is not null {row})", "'key_ended'"))
    return Steps(refusals=tuple(refusals)) if refusals else None

"""Subscriptions of synthetic tenants."""

from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

WIDEST: Final = "team"
"""The plan with the most features, which synthetic tenants have."""
AHEAD: Final = 1_000_000_000
"""How much more than its quotas a tenant of the tests may use."""
PERIODS: Final = (
    ("customer", "held"),
    ("invoice", "month"),
)
"""What each quota counts, and over which period."""


async def subscribe(
    connection: "asyncpg.Connection[asyncpg.Record]",
    tenant_id: UUID,
    plan: str,
    state: str = "active",
    *,
    trial_ends_at: datetime | None = None,
) -> None:
    """Gives a tenant this plan, whatever it had before."""
    await connection.execute(
        "insert into invoicing.subscription (tenant_id, plan, state, trial_ends_at)"
        " values ($1, $2, $3, $4) on conflict (tenant_id) do update"
        " set plan = excluded.plan, state = excluded.state, trial_ends_at = excluded.trial_ends_at",
        tenant_id,
        plan,
        state,
        trial_ends_at,
    )


async def hold_off(
    connection: "asyncpg.Connection[asyncpg.Record]", tenant_id: UUID
) -> None:
    """Lets a tenant of the tests use more than its quotas, now and in the next period."""
    async with connection.transaction():
        await connection.execute(
            "select set_config('app.tenant_id', $1, true)", str(tenant_id)
        )
        await connection.executemany(
            "insert into invoicing.usage_ (tenant_id, meter, period)"
            " select distinct $1::uuid, $2::text, case $3::text when 'held' then 'held'"
            " when 'day' then to_char(at, 'YYYY-MM-DD') else to_char(at, 'YYYY-MM') end"
            " from (values (now() at time zone 'UTC'), (now() at time zone 'UTC' + interval '1 day')) moment (at)",
            [(tenant_id, meter, period) for meter, period in PERIODS],
        )
        await connection.execute(
            "update invoicing.usage_ set used = -$2::bigint where tenant_id = $1",
            tenant_id,
            AHEAD,
        )

"""The connections of a process, and the one way to call a stored function."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, Self, TypeAlias

import asyncpg
from asyncpg import Record

from invoicing.gate.outcomes import refuse
from invoicing.gate.problems import Fault, Problem
from invoicing.store.leases import FAILURES, Busy, Connection, Leases
from invoicing.store.statements import RELEASE

SUCCESS: Final = frozenset({"ok", "replayed"})
STATEMENT_TIMEOUT: Final = 10_000
"""Milliseconds."""

SETTINGS: Final = {
    "statement_timeout": str(STATEMENT_TIMEOUT),
    "idle_in_transaction_session_timeout": "30000",
    "plan_cache_mode": "force_generic_plan",
    "TimeZone": "UTC",
}
"""What `roles.sql` sets for the service's role, and the start asks for. A pooler like PgBouncer
refuses such settings from a client. A generic plan spares planning at each call."""

ANSWER_SECONDS: Final = 15.0
"""How long the server has to answer, where it has not ended a statement by itself."""

CONNECT_SECONDS: Final = 5.0
"""How long a connection may take to open."""

TRANSACTION_SECONDS: Final = 30.0
"""How long an action may take, its hook included."""

Transaction: TypeAlias = Connection


class Database:
    """Connections of the service's own role, which owns nothing and bypasses nothing.

    Tenants share `size` of them. One more is for what is no tenant's, so that it can be told
    whether the database answers however busy they are.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int) -> None:
        self._leases = Leases(connect, size)
        self._own = Leases(connect, 1)

    @classmethod
    async def connect(cls, url: str, size: int = 20) -> Self:
        """Opens the first connection, and others when they are needed.

        Nothing is reset between two users of a connection: all that tells one tenant from
        another is local to a transaction. So a pooler may lend each transaction another one.
        """
        database = cls(
            partial(
                asyncpg.connect,
                url,
                timeout=CONNECT_SECONDS,
                command_timeout=ANSWER_SECONDS,
                server_settings={"application_name": RELEASE},
            ),
            size,
        )
        await database.fetch("select 1")
        return database

    async def close(self) -> None:
        """Closes the connections. A call that is still under way fails."""
        await asyncio.gather(self._leases.close(), self._own.close())

    async def run(
        self, statement: str, tenant_id: str, *arguments: object
    ) -> Record | None:
        """One call of a stored function for a tenant, which is its first argument.

        Raises the problem for a failure of the database.
        """
        leases = self._leases
        try:
            connection = await leases.acquire(tenant_id)
            try:
                row = await connection.fetchrow(statement, tenant_id, *arguments)
            except asyncpg.PostgresError:
                leases.release(tenant_id, connection)
                raise
            except BaseException:
                await leases.discard(tenant_id, connection)
                raise
            leases.release(tenant_id, connection)
        except FAILURES as error:
            raise translate(error) from error
        return row

    @asynccontextmanager
    async def transaction(self, tenant_id: str) -> AsyncIterator[Transaction]:
        """A transaction for an operation of a tenant that takes several calls."""
        try:
            async with (
                _lent(self._leases, tenant_id) as connection,
                asyncio.timeout(TRANSACTION_SECONDS),
                connection.transaction(),
            ):
                yield connection
        except FAILURES as error:
            raise translate(error) from error

    async def fetch(self, statement: str, *arguments: object) -> list[Record]:
        """Rows that belong to no tenant: the catalogue, for the checks at start."""
        async with _lent(self._own, "") as connection:
            return await connection.fetch(statement, *arguments)


@asynccontextmanager
async def _lent(leases: Leases, tenant: str) -> AsyncIterator[Connection]:
    """A connection, until the block is left. After a refusal it is fit for the next call, after
    anything else (a cancelled call, a broken connection) its state is unknown."""
    connection = await leases.acquire(tenant)
    try:
        yield connection
    except (asyncpg.PostgresError, Problem):
        leases.release(tenant, connection)
        raise
    except BaseException:
        await leases.discard(tenant, connection)
        raise
    leases.release(tenant, connection)


def succeeded(row: Record | None) -> Record:
    """The row of a stored function, if its outcome is a success."""
    if row is None:
        raise Problem(503, "unavailable", cause="a stored function returned nothing")
    if row["outcome"] not in SUCCESS:
        raise refuse(row["outcome"], row.get("body") or "{}")
    return row


UNIQUE: Final[Mapping[str, tuple[str, ...]]] = {
    "customer_email_key": ("email",),
    "invoice_number_key": ("number",),
    "invoice_line_invoice_id_position_key": ("position",),
    "payment_provider_reference_key": ("provider_reference",),
}
"""The fields of each unique key that callers send."""

REFERENCES: Final[Mapping[str, str]] = {
    "invoice_customer_id_fkey": "customer_id",
    "payment_invoice_id_fkey": "invoice_id",
}
"""The field of each reference that callers send."""

REFERRING: Final[Mapping[str, str]] = {
    "invoice_customer_id_fkey": "invoices",
    "invoice_line_invoice_id_fkey": "invoice lines",
    "payment_invoice_id_fkey": "payments",
}
"""What refers to a row by each reference, where whoever deletes the row sees all of it."""


def _taken(error: asyncpg.PostgresError) -> Problem:
    name = str(error.constraint_name)
    faults: list[Fault] = [
        {"where": f"body.{field}", "message": "Another row has this value."}
        for field in UNIQUE.get(name, ())
    ]
    return Problem(409, "already_exists", faults=faults, cause=name)


def _unreferenced(error: asyncpg.PostgresError) -> Problem:
    name = str(error.constraint_name)
    if "is still referenced" in str(error.detail):
        many = REFERRING.get(name)
        told = f"There are {many} of it." if many else ""
        return Problem(409, "still_referenced", told, cause=name)
    faults: list[Fault] = []
    if field := REFERENCES.get(name):
        faults.append({"where": f"body.{field}", "message": "There is no such row."})
    return Problem(409, "reference_not_found", faults=faults, cause=name)


def _broken(error: asyncpg.PostgresError) -> Problem:
    if error.constraint_name == "last_holder":
        return Problem(
            409, "last_holder", "The tenant would be left without a holder of the role."
        )
    return Problem(409, "incomplete")


def _later(error: Exception) -> Problem:
    return Problem(503, "try_again", cause=type(error).__name__)


TRANSLATIONS: Final[tuple[tuple[type[Exception], Callable[[Any], Problem]], ...]] = (
    (asyncpg.UniqueViolationError, _taken),
    (asyncpg.ForeignKeyViolationError, _unreferenced),
    (asyncpg.InsufficientPrivilegeError, lambda _: Problem(403, "condition_not_met")),
    (asyncpg.CheckViolationError, _broken),
    (asyncpg.DataError, lambda _: Problem(422, "invalid_request")),
    (asyncpg.TransactionRollbackError, _later),
    (asyncpg.QueryCanceledError, _later),
    (Busy, _later),
)
OUTSIDE_CONDITION: Final = "SC403"
"""Raised by a stored function when a row would leave what the caller may write."""


def translate(error: Exception) -> Problem:
    """What a client may know of a failure of the database."""
    cause = type(error).__name__
    if getattr(error, "sqlstate", None) == OUTSIDE_CONDITION:
        return Problem(403, "condition_not_met", cause=cause)
    for type_, problem in TRANSLATIONS:
        if isinstance(error, type_):
            return problem(error)
    return Problem(503, "unavailable", cause=cause)

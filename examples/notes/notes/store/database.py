"""The pool, and the one way to call a stored function."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

import asyncpg
from asyncpg import Record

from notes.gate.outcomes import refuse
from notes.gate.problems import Fault, Problem
from notes.store.leases import Leases

SUCCESS: Final = frozenset({"ok", "replayed"})
STATEMENT_TIMEOUT: Final = 10_000
"""Milliseconds."""

CLOSE_SECONDS: Final = 10.0
FAILURES: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Database:
    """Connections of the service's own role, which owns nothing and bypasses nothing."""

    def __init__(self, pool: "asyncpg.Pool[Record]", size: int) -> None:
        self._pool = pool
        self._leases = Leases(pool, size)

    @classmethod
    async def connect(cls, url: str, environment: str, size: int = 20) -> Self:
        """Opens a pool of at most `size` connections.

        Nothing is reset between two users of a connection: all that tells one tenant from
        another is local to a transaction. A generic plan spares planning at each call.
        """
        pool = await asyncpg.create_pool(
            url,
            min_size=min(2, size),
            max_size=size,
            reset=_nothing_to_reset,
            command_timeout=STATEMENT_TIMEOUT / 1000 + 5,
            server_settings={
                "application_name": "notes",
                "app.environment": environment,
                "plan_cache_mode": "force_generic_plan",
                "statement_timeout": str(STATEMENT_TIMEOUT),
                "idle_in_transaction_session_timeout": "30000",
                "timezone": "UTC",
            },
        )
        return cls(pool, size)

    async def close(self) -> None:
        """Waits for the calls under way, and closes."""
        await self._leases.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    async def run(self, statement: str, *arguments: object) -> Record:
        """One call of a stored function. Raises the problem for an outcome that refuses."""
        try:
            connection = await self._leases.acquire()
            try:
                row = await connection.fetchrow(statement, *arguments)
            except asyncpg.PostgresError:
                self._leases.release(connection)
                raise
            except BaseException:
                await self._leases.discard(connection)
                raise
            self._leases.release(connection)
        except FAILURES as error:
            raise translate(error) from error
        return succeeded(row)

    async def fetch(self, statement: str, *arguments: object) -> list[Record]:
        """Rows that belong to no tenant: the catalogue, for the checks at start."""
        return await self._pool.fetch(statement, *arguments)


def succeeded(row: Record | None) -> Record:
    """The row of a stored function, if its outcome is a success."""
    if row is None:
        raise Problem(503, "unavailable", cause="a stored function returned nothing")
    if row["outcome"] not in SUCCESS:
        raise refuse(row["outcome"])
    return row


async def _nothing_to_reset(connection: Any) -> None:
    """Spares a round trip on release."""


UNIQUE: Final[Mapping[str, tuple[str, ...]]] = {
    "notebook_name_key": ("name",),
}
"""The fields of each unique key that callers send."""

REFERENCES: Final[Mapping[str, str]] = {
    "note_notebook_id_fkey": "notebook_id",
}
"""The field of each reference that callers send."""

REFERRING: Final[Mapping[str, str]] = {
    "note_notebook_id_fkey": "notes",
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


TRANSLATIONS: Final[tuple[tuple[type[Exception], Callable[[Any], Problem]], ...]] = (
    (asyncpg.UniqueViolationError, _taken),
    (asyncpg.ForeignKeyViolationError, _unreferenced),
    (asyncpg.InsufficientPrivilegeError, lambda _: Problem(403, "condition_not_met")),
    (asyncpg.CheckViolationError, lambda _: Problem(409, "incomplete")),
    (asyncpg.DataError, lambda _: Problem(422, "invalid_request")),
    (asyncpg.TransactionRollbackError, lambda _: Problem(503, "try_again")),
    (asyncpg.QueryCanceledError, lambda _: Problem(503, "try_again")),
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

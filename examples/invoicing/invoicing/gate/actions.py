"""Declared actions: guarded here, done by a function of yours in hooks/."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from uuid import UUID

from asyncpg import ReadOnlySQLTransactionError, Record

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import changed, done
from invoicing.gate.problems import Problem
from invoicing.store.database import Transaction, succeeded

READ_ONLY: Final = "savepoint reading; set transaction read only"
READ_WRITE: Final = "release savepoint reading"


class HookWrites(RuntimeError):
    """SQL of a hook tried to write: a mistake of the hook, which undoes the action."""


class Reader:
    """SQL of a hook's own, inside the transaction of its action. It reads, and PostgreSQL holds it
    to that: what is written by other means has no version, no audit event and no declared bound.

    It is given the rows that a role of the caller reaches by some grant, and those that an action
    of such a role touches; the others are not there for it.
    """

    def __init__(self, connection: Transaction) -> None:
        self._connection = connection
        self._reading = False

    async def fetch(self, query: str, *arguments: object) -> list[Record]:
        """The rows of a query."""
        async with self._read_only():
            return await self._connection.fetch(query, *arguments)

    async def fetchrow(self, query: str, *arguments: object) -> Record | None:
        """The first row of a query, or None."""
        async with self._read_only():
            return await self._connection.fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: object) -> Any:
        """The first value of the first row, or None."""
        async with self._read_only():
            return await self._connection.fetchval(query, *arguments)

    @asynccontextmanager
    async def _read_only(self) -> AsyncIterator[None]:
        if not self._reading:
            await self._connection.execute(READ_ONLY)
            self._reading = True
        try:
            yield
        except ReadOnlySQLTransactionError as error:
            raise HookWrites(
                "SQL of a hook only reads. The spec says what it writes: in `touches` of an "
                "action, whose rows are written with action.rows."
            ) from error

    async def writable(self) -> Transaction:
        """The connection, for what the service itself does next."""
        if self._reading:
            await self._connection.execute(READ_WRITE)
            self._reading = False
        return self._connection


@dataclass(frozen=True, slots=True)
class Action:
    """What a hook knows of its call.

    `connection` reads inside the transaction of the action, bound to the tenant and the caller.
    """

    tenant_id: UUID
    member_id: UUID
    roles: tuple[str, ...]
    request_id: str
    connection: Reader


def refuse(reason: str) -> NoReturn:
    """Ends an action without effect: the caller gets a 409 with this reason."""
    raise Problem(409, "action_refused", reason)


class Work:
    """An action under way: let in, its row locked, nothing written yet."""

    def __init__(
        self, call: Call, connection: Transaction, name: str, begun: Record
    ) -> None:
        self._call = call
        self._name = name
        self._reader = Reader(connection)
        self._begun = begun

    @property
    def earlier(self) -> Record | None:
        """The answer, where it was given before: there is nothing left to do."""
        return None if self._begun["outcome"] == "ok" else self._begun

    @property
    def body(self) -> str:
        """The locked row as JSON."""
        return str(self._begun["body"])

    @property
    def action(self) -> Action:
        """What the hook is told."""
        return Action(
            tenant_id=UUID(self._call.principal.tenant_id),
            member_id=self._begun["member_id"],
            roles=tuple(self._begun["roles"]),
            request_id=self._call.request_id,
            connection=self._reader,
        )

    async def finish_item(self, statement: str, changes: bytes) -> Answer:
        """Writes the hook's changes to the row, and answers with it."""
        return changed(
            await self._finish(
                statement, self._call.id, self._begun["version"], changes.decode()
            )
        )

    async def finish(self, statement: str, *row: None) -> Answer:
        """Ends an action that is on no row."""
        return done(await self._finish(statement, *row))

    async def _finish(self, statement: str, *arguments: object) -> Record:
        call, connection = self._call, await self._reader.writable()
        row = await connection.fetchrow(
            statement,
            call.principal.tenant_id,
            call.principal.caller,
            self._name,
            *arguments,
            call.idempotency_key,
            call.fingerprint,
            call.body or None,
            call.request_id,
        )
        return succeeded(row)


@asynccontextmanager
async def begin(
    call: Call, statement: str, name: str, *arguments: object
) -> AsyncIterator[Work]:
    """The transaction of an action. A refusal, or an error of the hook, leaves no trace."""
    async with call.database.transaction(call.principal.tenant_id) as connection:
        row = await connection.fetchrow(
            statement,
            call.principal.tenant_id,
            call.principal.caller,
            name,
            *arguments,
            call.idempotency_key,
            call.fingerprint,
        )
        work = Work(call, connection, name, call.decided(row))
        try:
            yield work
        except NotImplementedError as error:
            raise Problem(501, "not_implemented") from error


def hook(resource: str, name: str) -> Any:
    """The function `name` of hooks/<resource>.py, or a stub, which is answered with 501."""
    module = f"hooks.{resource}"
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        if error.name not in ("hooks", module):
            raise
        found = None
    return found or _not_written


async def _not_written(*_: object) -> NoReturn:
    raise NotImplementedError

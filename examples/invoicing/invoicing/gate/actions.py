"""Declared actions: guarded here, done by a function of yours in hooks/."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

from asyncpg import Record

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import changed, done
from invoicing.gate.problems import Problem
from invoicing.store.database import Transaction, succeeded


@dataclass(frozen=True, slots=True)
class Action:
    """What a hook knows of its call.

    `connection` is inside the transaction of the action and bound to the tenant: what the
    hook writes with it happens together with the action, or not at all.
    """

    tenant_id: UUID
    member_id: UUID
    roles: tuple[str, ...]
    request_id: str
    connection: Transaction


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
        self._connection = connection
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
            connection=self._connection,
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
        call = self._call
        row = await self._connection.fetchrow(
            statement,
            call.principal.tenant_id,
            call.principal.caller,
            self._name,
            *arguments,
            call.idempotency_key,
            call.fingerprint,
            call.request_id,
        )
        return succeeded(row)


@asynccontextmanager
async def begin(
    call: Call, statement: str, name: str, *arguments: object
) -> AsyncIterator[Work]:
    """The transaction of an action. A refusal, or an error of the hook, leaves no trace."""
    async with call.database.transaction() as connection:
        row = await connection.fetchrow(
            statement,
            call.principal.tenant_id,
            call.principal.caller,
            name,
            *arguments,
            call.idempotency_key,
            call.fingerprint,
        )
        yield Work(call, connection, name, succeeded(row))


def hook(resource: str, name: str) -> Any:
    """The function `name` of hooks/<resource>.py. One that is not written answers 501."""
    module = f"hooks.{resource}"
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        if error.name not in ("hooks", module):
            raise
        found = None
    return found or _not_implemented


async def _not_implemented(*_: object) -> NoReturn:
    raise Problem(501, "not_implemented")

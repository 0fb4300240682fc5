"""Events of providers: each is verified, recorded once, and does what an operation of ours does.

Its effect runs as a role of services for the tenant that its account is ours for: in one
transaction with the record of the event, so that a redelivery finds both or neither.
"""

import hashlib
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from asyncpg import Record
from pydantic import TypeAdapter

from invoicing.gate.actions import Reader
from invoicing.gate.answers import Answer
from invoicing.gate.heard import Heard, Hook
from invoicing.gate.identity import Principal
from invoicing.gate.operation import Body, Call, Handler
from invoicing.gate.outcomes import refuse
from invoicing.gate.problems import Problem
from invoicing.gate.shape import UUID_PATTERN, parse_body
from invoicing.gate.signatures import Scheme, Sender
from invoicing.store.database import Database, Transaction
from invoicing.store.statements import call as calling

BEGIN: Final = calling("webhook_begin_", 3)
DECIDED: Final = calling("webhook_decided_", 3)
EVENT: Final[TypeAdapter[dict[str, Any]]] = TypeAdapter(dict[str, Any])
"""What is asked of every event: a JSON object. The rest is its provider's business."""
ISSUER: Final = "webhook"
"""The issuer of those as whom events act: no URL, so that nobody's token has it."""
MAX_TEXT: Final = 255
ATTEMPTS: Final = 3
"""How often an effect is tried while others change the row that it is on."""
RETRIED: Final = frozenset(
    {
        "condition_not_met",
        "not_found",
        "reference_not_found",
        "tenant_suspended",
    }
)
"""The refusals of an operation after which the same event can succeed later."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What an event of some type does: it calls `handler` with what `body` finds in it.

    `row` is where it has the id in the operation's path. `table` is that of the row, where the
    operation is on one. `account` is where it says whose it is, where that is another place than in the other
    events of its provider: one that is nobody's yet may be somebody's later.
    A `hook` is told what `fields` finds, and says the row and the body.
    """

    operation: str
    handler: Handler
    body: Body | None = None
    fields: Mapping[str, Path] | None = None
    row: Path | None = None
    table: str | None = None
    hook: Hook | None = None
    account: Path | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider. `account`, `mode`, `order` and `id` are where its events say whose they are,
    whether they are live, when they happened, and what they are called: None for what is not said
    there."""

    name: str
    scheme: Scheme
    tolerance: int
    role: str
    account: Path
    effects: Mapping[str, Effect]
    id: Path | None = None
    mode: Path | None = None
    order: Path | None = None


async def receive(call: Call) -> Answer:
    """Records an event whose signature is good, and does what it is for."""
    sender = call.principal
    if not isinstance(sender, Sender):
        raise TypeError("an event has a sender")
    sent = json.loads(call.body)
    event, effect = _read(sender, sent)
    if "outcome" not in event:
        for _ in range(ATTEMPTS):
            try:
                return await _worked(call, sender, event, effect, sent)
            except Problem as problem:
                if problem.status >= 500 or problem.code.startswith("webhook_"):
                    raise
                refused = problem
            if refused.code != "precondition_failed":
                break
        event["outcome"] = refused.code
    answer = await _worked(call, sender, event, None, sent)
    if event["outcome"] in RETRIED or event["outcome"] == "precondition_failed":
        raise Problem(409, "webhook_too_early", cause=event["outcome"])
    return answer


def _read(
    sender: Sender, sent: Mapping[str, Any]
) -> tuple[dict[str, Any], Effect | None]:
    """What is recorded of an event, and its effect. An `outcome` says why there is to be none."""
    provider = sender.provider
    type_ = _text(sent, ("type",))
    effect = provider.effects.get(type_ or "")
    account = _text(sent, (effect and effect.account) or provider.account)
    event: dict[str, Any] = {
        "id": sender.event_id or _text(sent, provider.id or ()),
        "type": type_,
        "account": account,
        "digest": _digest(sent, provider.scheme.volatile),
        "role": provider.role,
    }
    if not event["id"]:
        raise Problem(422, "invalid_request", "The event has no id.")
    if provider.mode is not None:
        event["mode"] = _mode(at(sent, provider.mode))
        wanted = "live" if sender.environment == PRODUCTION else "test"
        if event["mode"] != wanted:
            event["outcome"] = "other_mode"
    if effect is None:
        event["outcome"] = "ignored"
        return event, None
    if provider.order is not None:
        occurred = _moment(at(sent, provider.order))
        event["occurred_at"] = occurred
        if occurred is None:
            event.setdefault("outcome", "unreadable")
    if effect.row is not None:
        row = _text(sent, effect.row)
        if row is None or UUID_PATTERN.fullmatch(row) is None:
            event.setdefault("outcome", "unreadable")
        elif effect.table is not None:
            event |= {"row": row, "resource": effect.table}
    return event, effect


async def _worked(
    call: Call,
    sender: Sender,
    event: Mapping[str, Any],
    effect: Effect | None,
    sent: Mapping[str, Any],
) -> Answer:
    """Records the event, with its effect if there is one, in one transaction. Without an effect that
    is one call."""
    who = {
        "issuer": ISSUER,
        "subject": sender.provider.name,
        "kind": "service",
        "issued_at": int(time.time()),
        "environment": sender.environment,
        "attributes": {},
    }
    caller = json.dumps(who, separators=(",", ":"))
    given = (sender.provider.name, caller, json.dumps(event))
    if effect is None:
        outcome, _ = _begun(
            call, sender, event, caller, await call.database.run(BEGIN, *given)
        )
    else:
        async with call.database.transaction(sender.provider.name) as connection:
            row = await connection.fetchrow(BEGIN, *given)
            outcome, principal = _begun(call, sender, event, caller, row)
            if outcome == "unmapped" and effect.account is not None:
                raise Problem(409, "webhook_too_early", cause=outcome)
            if outcome == "ok" and row is not None:
                within = Within(connection)
                if effect.hook is None:
                    await effect.handler(
                        _call(
                            call,
                            principal,
                            within,
                            event,
                            effect,
                            row["version"],
                            *_said(effect, sent),
                        )
                    )
                else:
                    outcome = await _decided(
                        call,
                        principal,
                        connection,
                        event,
                        effect,
                        effect.hook,
                        row,
                        sent,
                    )
    told = f'{{"outcome":"{outcome}"}}'.encode()
    return Answer(200 if outcome in ("ok", "replayed") else 202, told, outcome=outcome)


def _begun(
    call: Call,
    sender: Sender,
    event: Mapping[str, Any],
    caller: str,
    row: Record | None,
) -> tuple[str, Sender]:
    """What the database says of an event, and as whom it has its effect. Raises the problem of a
    refusal."""
    if row is None:
        raise Problem(503, "unavailable", cause="a stored function returned nothing")
    call.request.roles = row["roles"]
    tenant = "" if row["tenant"] is None else str(row["tenant"])
    principal = replace(sender, tenant_id=tenant, caller=caller)
    call.request.principal = principal
    outcome = str(row["outcome"])
    if outcome not in NO_EFFECT and outcome != "ok" and outcome != event.get("outcome"):
        raise refuse(outcome)
    return outcome, principal


def _call(
    call: Call,
    principal: Principal,
    database: Database,
    event: Mapping[str, Any],
    effect: Effect,
    version: int | None,
    segment: str,
    said: bytes,
) -> Call:
    """The call of the operation that an event stands for. Its id is the idempotency key."""
    key = hashlib.sha256(f"{ISSUER} {event['id']}".encode()).hexdigest()
    given = {b"idempotency-key": key.encode()}
    if version is not None:
        given[b"if-match"] = f'"{version}"'.encode()
    body = "" if effect.body is None else parse_body(said, effect.body.model)
    return replace(
        call,
        database=database,
        principal=principal,
        headers=given,
        segment=segment,
        body=body,
    )


def _said(effect: Effect, sent: Mapping[str, Any]) -> tuple[str, bytes]:
    """What an event says: the id in the path of its operation, and what `fields` finds."""
    fields = {name: at(sent, path) for name, path in (effect.fields or {}).items()}
    said = {name: value for name, value in fields.items() if value is not None}
    return (effect.row and _text(sent, effect.row)) or "", json.dumps(said).encode()


async def _decided(
    call: Call,
    sender: Sender,
    connection: Transaction,
    event: Mapping[str, Any],
    effect: Effect,
    hook: Hook,
    row: Record,
    sent: Mapping[str, Any],
) -> str:
    """What becomes of an event that a hook decides about: the operation is done as the hook says."""
    told = parse_body(_said(effect, sent)[1], hook.model)
    reader = Reader(connection)
    heard = Heard(
        row["tenant"],
        sender.provider.name,
        event["id"],
        event["type"],
        call.request_id,
        reader,
    )
    try:
        decision = await hook.call(heard, told)
    except NotImplementedError as error:
        raise Problem(501, "not_implemented") from error
    connection = await reader.writable()
    decided = dict(event)
    if decision is None:
        decided["outcome"] = "declined"
    elif effect.table is not None:
        decided |= {"row": decision.row, "resource": effect.table}
    found = await connection.fetchrow(
        DECIDED, row["tenant"], sender.provider.name, json.dumps(decided)
    )
    if found is None or found["outcome"] == "not_found":
        raise refuse("not_found")
    if decision is not None and found["outcome"] == "ok":
        within = Within(connection)
        await effect.handler(
            _call(
                call,
                sender,
                within,
                event,
                effect,
                found["version"],
                decision.row,
                decision.body,
            )
        )
    return str(found["outcome"])


class Within(Database):
    """The database as a handler sees it in a transaction that is under way."""

    def __init__(self, connection: Transaction) -> None:
        self._connection = connection

    async def run(
        self, statement: str, tenant_id: str, *arguments: object
    ) -> Record | None:
        """One call of a stored function."""
        return await self._connection.fetchrow(statement, tenant_id, *arguments)

    @asynccontextmanager
    async def transaction(self, tenant_id: str) -> AsyncIterator[Transaction]:
        """The transaction that is under way."""
        del tenant_id
        yield self._connection


NO_EFFECT: Final = frozenset({"replayed", "unmapped", "stale"})
"""What the database decides about an event that then has no effect, and is none the worse for it."""
PRODUCTION: Final = "production"
"""The environment in which live events have effects, and nothing else."""
MODES: Final[Mapping[object, str]] = {
    True: "live",
    False: "test",
    "live": "live",
    "test": "test",
}


def _digest(sent: Mapping[str, Any], volatile: frozenset[str]) -> str:
    """The digest of what an event says; what says something of the delivery alone is left out."""
    told = {name: value for name, value in sent.items() if name not in volatile}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def at(sent: object, path: Sequence[str]) -> Any:
    """The value at a path of an event, or None."""
    for each in path:
        if not isinstance(sent, dict):
            return None
        sent = sent.get(each)
    return sent


def _text(sent: Mapping[str, Any], path: Sequence[str]) -> str | None:
    """A text at a path that is not empty and not too long, or None."""
    found = at(sent, path)
    return (
        found
        if isinstance(found, str) and 1 <= len(found) <= MAX_TEXT and "\0" not in found
        else None
    )


def _mode(value: object) -> str | None:
    return MODES.get(value) if isinstance(value, bool | str) else None


def _moment(value: object) -> float | None:
    """Seconds since 1970, of a number or of a time with an offset (RFC 3339)."""
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return None
        return found.timestamp() if found.tzinfo is not None else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= LATEST else None


LATEST: Final = 253_402_300_799
"""The end of the year 9999, in seconds."""

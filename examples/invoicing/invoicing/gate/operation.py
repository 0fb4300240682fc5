"""An operation of the service, and one call of it."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from asyncpg import Record
from pydantic import TypeAdapter

from invoicing.gate.answers import Answer
from invoicing.gate.conditional import if_match
from invoicing.gate.identity import Principal
from invoicing.gate.plans import KNOWN
from invoicing.gate.problems import Problem
from invoicing.gate.shape import Headers, item_id
from invoicing.store.database import Database, succeeded

if TYPE_CHECKING:
    from invoicing.gate.dispatch import Request
    from invoicing.gate.receive import Provider

JSON: Final = b"application/json"
MERGE_PATCH: Final = b"application/merge-patch+json"
MAX_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation accepts: a media type, a model, and a size in bytes."""

    model: TypeAdapter[Any]
    limit: int
    media_type: bytes = JSON


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the table. The stored function of an operation holds its permission."""

    id: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    permission: str
    handler: "Handler"
    status: int = 200
    body: Body | None = None
    query: TypeAdapter[Any] | None = None
    conditional: bool = False
    founding: bool = False
    step_up: int | None = None
    provider: "Provider | None" = None
    idempotency: Literal["none", "optional", "required"] = "none"
    feature: str = ""


@dataclass(slots=True)
class Call:
    """One request that has passed shape, identity and limits."""

    operation: Operation
    database: Database
    principal: Principal
    request: "Request"
    headers: Headers
    segment: str
    environment: str
    derivation_key: bytes
    body: str = ""
    query: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id in the path: the item's, or for a collection below a parent the parent's."""
        self.request.row = item_id(self.segment)
        return self.request.row

    @property
    def request_id(self) -> str:
        """What the answer and the log call this request."""
        return self.request.id

    @property
    def match(self) -> list[int] | None:
        """The versions that the precondition names, None without one."""
        return if_match(self.headers.get(b"if-match"))

    def asked_in_body(self) -> "Call":
        """The call of a list whose query is the body of this one."""
        return replace(self, query=json.loads(self.body))

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key: 1 to 200 visible ASCII characters."""
        value = self.headers.get(b"idempotency-key")
        if value is None:
            return None
        key = value.decode("latin-1")
        if not 1 <= len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
            raise Problem(400, "idempotency_key_malformed")
        return key

    @property
    def fingerprint(self) -> str:
        """The digest of the payload that an idempotency key stands for; empty without a key."""
        if b"idempotency-key" not in self.headers:
            return ""
        return hashlib.sha256(f"{self.segment} {self.body}".encode()).hexdigest()

    async def run(self, statement: str, *arguments: object) -> Record:
        """Runs the operation's stored function: one round trip, one transaction.

        Raises the problem for every outcome that is a refusal.
        """
        row = await self.database.run(
            statement, self.principal.tenant_id, self.principal.caller, *arguments
        )
        return self.decided(row)

    def decided(self, row: Record | None) -> Record:
        """What a stored function decided, noted for the log. Raises the problem of a refusal."""
        if row is not None:
            self.request.roles = row["roles"]
            if self.principal.decided is not None:
                self.principal.decided(row["outcome"])
            KNOWN.learn(self.principal.tenant_id, row.get("plan"))
        found = succeeded(row)
        if (made := found.get("id")) is not None:
            self.request.row = str(made)
        return found


Handler = Callable[[Call], Awaitable[Answer]]

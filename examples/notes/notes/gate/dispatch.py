"""The dispatcher: looks an operation up in the table and takes the request through the gate."""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from starlette.types import Receive, Scope, Send

from notes.gate.answers import Answer, Header, send
from notes.gate.client import Proxies
from notes.gate.identity import Principal
from notes.gate.operation import JSON, Call, Operation
from notes.gate.problems import Problem, malformed, not_found
from notes.gate.shape import (
    Headers,
    check_length,
    headers_of,
    is_nothing,
    no_parameters,
    parse_body,
    parse_query,
    read_body,
)
from notes.store.database import Database
from notes.telemetry.decisions import Decisions

BODY_SECONDS: Final = 15.0
MAX_NOTHING: Final = 64
"""Bytes of an empty object, with the space that it may have."""
VERSIONS: Final = frozenset({"1.0", "1.1", "2", "3"})
"""Of HTTP, as servers name them."""


class Admission(Protocol):
    """Finds out whose request it is, and whether it is heard."""

    async def admit(self, request: "Request", authorization: bytes | None) -> Principal:
        """The caller. Raises the problem for whoever is refused."""

    async def check(self) -> None:
        """Raises whatever keeps it from letting anybody in."""

    async def close(self) -> None:
        """Releases connections."""


class Dispatcher:
    """An ASGI application over the table of operations: what is not in it is not reachable."""

    def __init__(
        self,
        operations: Sequence[Operation],
        database: Database,
        admission: Admission,
        decisions: Decisions,
        hosts: frozenset[bytes],
        proxies: Proxies,
    ) -> None:
        self._routes: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            methods = self._routes.setdefault(pattern(operation.path), {})
            methods[operation.method] = operation
            if operation.method == "GET":
                methods["HEAD"] = operation  # RFC 9110, section 9.3.2
        self._database = database
        self._admission = admission
        self._decisions = decisions
        self._hosts = hosts
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send_: Send) -> None:
        """Answers one HTTP request. Whatever happens inside, the caller gets a problem document."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send_({"type": "websocket.close", "code": 1008})
            return
        started = time.perf_counter()
        request = Request(
            scope, receive, secrets.token_hex(8), self._proxies.client(scope)
        )
        try:
            answer = await self._answer(request)
        except Problem as problem:
            answer = problem.answer()
            request.refused = problem
        except Exception as error:
            request.refused = Problem(500, "internal_error", cause=type(error).__name__)
            answer = request.refused.answer()
            self._decisions.failure(request.id, error)
        await send(answer, request.headers, send_, bodiless=scope["method"] == "HEAD")
        self._decisions.record(request, answer, time.perf_counter() - started)

    async def _answer(self, request: "Request") -> Answer:
        """In the order of what it costs: what is read and judged at length is a known caller's."""
        operation, segment = self._find(request)
        request.operation = operation
        if request.scope["http_version"] not in VERSIONS:
            raise Problem(505, "http_version_not_supported")
        given = headers_of(request.scope["headers"])
        if given.get(b"host", b"").lower() not in self._hosts:
            raise malformed("The Host header is not a host of this service.")
        if operation.body is not None:
            check_length(given, operation.body.limit)
        principal = await self._admission.admit(request, given.get(b"authorization"))
        body, query = await self._shape(operation, request, given)
        call = self._call(operation, principal, request, given, segment, body, query)
        return await operation.handler(call)

    def _call(
        self,
        operation: Operation,
        principal: Principal,
        request: "Request",
        given: Headers,
        segment: str,
        body: str,
        query: Mapping[str, object],
    ) -> Call:
        """One call of an operation, with what the service has for each."""
        return Call(
            operation,
            self._database,
            principal,
            request,
            given,
            segment,
            body,
            query,
        )

    def _find(self, request: "Request") -> tuple[Operation, str]:
        """The operation of a method and a path, and the id in the path if there is one."""
        path: str = request.scope["path"]
        method: str = request.scope["method"]
        segment = ""
        methods = self._routes.get(path)
        if methods is None:
            parts = path.split("/", 3)
            if len(parts) > 2:
                segment = parts[2]
                parts[2] = ""
                methods = self._routes.get("/".join(parts))
        if methods is None:
            raise not_found()
        operation = methods.get(method)
        if operation is None:
            allow = ", ".join(sorted(methods)).encode()
            raise Problem(405, "method_not_allowed", headers=((b"allow", allow),))
        return operation, segment

    async def _shape(
        self, operation: Operation, request: "Request", given: Headers
    ) -> tuple[str, Mapping[str, object]]:
        query: Mapping[str, object] = {}
        raw: bytes = request.scope["query_string"]
        if raw:
            if operation.query is None:
                raise no_parameters(raw)
            query = parse_query(raw, operation.query)
        body = ""
        if operation.body is not None:
            content = await _read(
                request, given, operation.body.media_type, operation.body.limit
            )
            body = parse_body(content, operation.body.model)
        elif (
            given.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in given
        ):
            # Clients of a POST send an empty object where they have nothing to say.
            limit = MAX_NOTHING if operation.method == "POST" else 0
            if not limit or not is_nothing(await _read(request, given, JSON, limit)):
                raise malformed("This operation has no body.")
        return body, query


async def _read(
    request: "Request", given: Headers, media_type: bytes, limit: int
) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await read_body(request.receive, given, media_type, limit)
    except TimeoutError:
        raise Problem(408, "body_too_slow") from None


class Request:
    """What is known of a request so far; the log and the metrics read it in the end.

    `headers` are added to its answer, whatever that is. `roles` are those of the caller that their
    sign-in is strong enough for, once the database has looked them up, and `row` is the id in the
    path, or of the row that was made.
    """

    __slots__ = (
        "address",
        "headers",
        "id",
        "operation",
        "principal",
        "receive",
        "refused",
        "roles",
        "row",
        "scope",
    )

    def __init__(
        self, scope: Scope, receive: Receive, request_id: str, address: str
    ) -> None:
        self.scope = scope
        self.receive = receive
        self.id = request_id
        self.address = address
        self.headers: list[Header] = [(b"x-request-id", request_id.encode())]
        self.operation: Operation | None = None
        self.principal: Principal | None = None
        self.refused: Problem | None = None
        self.roles: list[str] | None = None
        self.row: str | None = None


def pattern(path: str) -> str:
    """A path template as the table's key: `/invoices/{invoice_id}/send` is `/invoices//send`."""
    return "/".join("" if part.startswith("{") else part for part in path.split("/"))

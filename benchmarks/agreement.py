"""What must be true before speed is worth measuring: the servers do the same work."""

import http.client
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from benchmarks.bed import Caller
from benchmarks.peers import HOST
from benchmarks.servers import BARE, EMITTED, Server

TIMES: Final = frozenset({"created_at", "updated_at", "paid_at"})
OWN: Final = frozenset({"id", "number", "created_at", "updated_at"})
"""Fields in which two new rows differ."""
MERGE_PATCH: Final = {"content-type": "application/merge-patch+json"}


class Disagreement(RuntimeError):
    """A server does not do what it is compared for; the message says which and what."""


class Reply(NamedTuple):
    """An answer: its status, its entity tag, and its JSON if it is a success."""

    status: int
    etag: str
    body: Any


def check(servers: Sequence[Server], callers: Sequence[Caller]) -> None:
    """Compares what all servers answer, and tries the guards of those that have some."""
    caller, stranger = callers[:2]
    one = f"/invoices/{caller.invoice_ids[0]}"
    _same(servers, "read", [_ask(each, caller, "GET", one) for each in servers])
    pages = [_ask(each, caller, "GET", "/invoices?limit=20") for each in servers]
    _same(servers, "list", [page._replace(body=page.body["items"]) for page in pages])
    for each, page in zip(servers, pages, strict=True):
        if not page.body["next_cursor"]:
            raise Disagreement(f"list: {each.name} does not say where the next page begins")
    rows = [_create(each, caller, number) for number, each in enumerate(servers)]
    _same(servers, "create", [_without(row, OWN) for row in rows])
    changed = [_change(*each) for each in zip(servers, rows, [caller] * len(rows), strict=True)]
    _same(servers, "change", [_without(row, OWN) for row in changed])
    for each in servers:
        _expect(each, 412, _patch(each, caller, one, '"999"'))
        if each.name == BARE:
            continue
        _expect(each, 404, _ask(each, stranger, "GET", one))
        _expect(each, 404, _patch(each, stranger, one, '"1"'))
        forged = caller._replace(token=caller.token[:-8] + "AAAAAAAA")
        _expect(each, 401, _ask(each, forged, "GET", one))
    for each in (server for server in servers if server.name == EMITTED):
        _expect(each, 400, _ask(each, caller, "GET", one, {"host": "elsewhere.invalid"}))


def _create(server: Server, caller: Caller, number: int) -> Reply:
    row = {
        "number": f"CK-{number:04}",
        "title": "Checked",
        "customer_id": caller.customer_id,
        "region": "eu",
        "due_on": "2031-05-17",
    }
    return _ask(server, caller, "POST", "/invoices", {"content-type": "application/json"}, row)


def _change(server: Server, row: Reply, caller: Caller) -> Reply:
    return _patch(server, caller, f"/invoices/{row.body['id']}", row.etag)


def _patch(server: Server, caller: Caller, path: str, etag: str) -> Reply:
    headers = {**MERGE_PATCH, "if-match": etag}
    return _ask(server, caller, "PATCH", path, headers, {"title": "Changed"})


def _ask(
    server: Server,
    caller: Caller,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: object = None,
) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(
            method,
            path,
            None if body is None else json.dumps(body),
            {
                "host": HOST,
                "authorization": f"Bearer {caller.token}",
                "x-tenant-id": caller.tenant_id,
                "x-member-id": caller.member_id,
                **(headers or {}),
            },
        )
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    success = answer.status < 300
    return Reply(
        answer.status, answer.headers["etag"] or "", json.loads(content) if success else {}
    )


def _version(etag: str) -> str:
    """The version in an entity tag, without what says who sees it."""
    return etag.strip('"').partition(".")[0]


def _same(servers: Sequence[Server], what: str, replies: Sequence[Reply]) -> None:
    first, *others = [
        reply._replace(etag=_version(reply.etag), body=_plain(reply.body)) for reply in replies
    ]
    if first.status >= 300:
        raise Disagreement(f"{what}: {servers[0].name} answers {first.status}")
    for server, other in zip(servers[1:], others, strict=True):
        if other != first or _fields(other.body) != _fields(first.body):
            raise Disagreement(f"{what}: {server.name} answers {other}, the first one {first}")


def _expect(server: Server, status: int, reply: Reply) -> None:
    if reply.status != status:
        raise Disagreement(f"{server.name} answers {reply.status} instead of {status}")


def _without(reply: Reply, names: frozenset[str]) -> Reply:
    kept = {name: value for name, value in reply.body.items() if name not in names}
    return reply._replace(body=kept)


def _fields(body: Any) -> list[str]:
    """The names of a representation's fields in their order."""
    return list(body[0] if isinstance(body, list) else body)


def _plain(value: Any) -> Any:
    """A body in which one time is written in one way."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {
        name: datetime.fromisoformat(each) if name in TIMES and each is not None else each
        for name, each in value.items()
    }

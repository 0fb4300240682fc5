"""Connections: what a peer may send, how long it may take, and whom a request comes from (API-2)."""

import asyncio
import re
import resource
import socket
import time
from ipaddress import ip_network
from typing import Any
from unittest.mock import MagicMock

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from invoicing import server
from invoicing.app import proxies
from invoicing.gate.client import Proxies
from invoicing.operations import OPERATIONS
from invoicing.settings import Settings
from invoicing.store.startup import UnsafeConfiguration
from tests.contract.harness import TABLE, Service, allowed, reachable

SOON = 0.3
"""Seconds, where a connection has more in production."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a test can wait for."""
    monkeypatch.setattr(server, "HEAD_SECONDS", SOON)
    monkeypatch.setattr(server, "STALLED_SECONDS", SOON)
    monkeypatch.setattr(server, "LINGER_SECONDS", SOON)


def connected(service: Service) -> socket.socket:
    """A connection to the service."""
    host, _, port = service.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def said(connection: socket.socket) -> bytes:
    """What the service says until it closes the connection."""
    found = b""
    try:
        while part := connection.recv(65_536):
            found += part
    except ConnectionResetError:
        pass
    return found


def ask(service: Service, head: str, body: bytes = b"") -> int:
    """The status of the answer to a request as it is written."""
    with connected(service) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        connection.shutdown(socket.SHUT_WR)
        found = re.match(rb"HTTP/1.1 ([0-9]{3}) ", said(connection))
    return int(found[1]) if found else 0


def host(service: Service) -> str:
    """The host of the service."""
    return service.url.removeprefix("http://")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("begun", [b"", b"GET /healthz HTTP/1.1\r\nhost: x\r\n"])
def test_a_header_comes_soon(service: Service, begun: bytes) -> None:
    with connected(service) as connection:
        connection.sendall(begun)
        assert said(connection).startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("impatient")
def test_a_header_that_trickles_comes_too_late(service: Service) -> None:
    with connected(service) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        end = time.monotonic() + 5
        with pytest.raises(OSError):
            while time.monotonic() < end:
                connection.sendall(b"x: y\r\n")
                time.sleep(0.05)


@pytest.mark.usefixtures("impatient")
def test_a_refused_body_is_not_waited_for(service: Service) -> None:
    head = f"GET /nothing HTTP/1.1\r\nhost: {host(service)}\r\ncontent-length: 1000000\r\n\r\n"
    with connected(service) as connection:
        connection.sendall(head.encode())
        end = time.monotonic() + 5
        with pytest.raises(OSError):
            while time.monotonic() < end:
                connection.sendall(b"x")
                time.sleep(0.05)


def test_a_header_has_a_size(service: Service) -> None:
    fields = "\n".join(f"x-{number}: {'x' * 1000}" for number in range(70))
    status = ask(service, f"GET /healthz HTTP/1.1\nhost: {host(service)}\n{fields}")
    assert status in (400, 431)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("reads", [True, False])
def test_a_peer_that_does_not_read_is_left(reads: bool) -> None:
    transport = MagicMock(get_extra_info=lambda _: None, is_closing=lambda: False)

    async def stall() -> None:
        config = uvicorn.Config(nothing, log_level="error")
        connection = server.Connection(config, ServerState(), {})
        connection.connection_made(transport)
        connection._cancel_deadline()
        connection.pause_writing()
        if reads:
            connection.resume_writing()
        await asyncio.sleep(2 * SOON)

    asyncio.run(stall())
    assert transport.abort.called is not reads


async def nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An application of which nothing is asked."""


def test_whoever_waits_gives_way(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a request from many peers does not keep the others out."""
    monkeypatch.setattr(server, "capacity", lambda: 8)
    waiting = [connected(service) for _ in range(30)]
    try:
        assert ask(service, f"GET /healthz HTTP/1.1\nhost: {host(service)}") == 200
        assert said(waiting[0]).startswith(b"HTTP/1.1 408 ")
    finally:
        for each in waiting:
            each.close()


def test_connections_leave_file_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))
    assert server.capacity() < 1024 - 32


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET {path} HTTP/1.1\nhost: {host}", 401),
        ("GET {path} HTTP/2.0\nhost: {host}", 505),
        ("GET http://{host}{path} HTTP/1.1\nhost: {host}", 401),
        ("GET http://evil.example{path} HTTP/1.1\nhost: {host}", 400),
        ("GET {path} HTTP/1.1\nhost: {host}\nhost: {host}", 400),
        ("GET {path} HTTP/1.1", 400),
        ("POST {path} HTTP/1.1\nhost: {host}\ntransfer-encoding: gzip, chunked", 400),
        (
            "POST {path} HTTP/1.1\nhost: {host}\ntransfer-encoding: chunked\ncontent-length: 4",
            400,
        ),
        (
            "POST {path} HTTP/1.1\nhost: {host}\ncontent-encoding: gzip\ncontent-encoding: gzip",
            400,
        ),
    ],
)
def test_a_request_is_said_in_one_way(service: Service, head: str, status: int) -> None:
    """RFC 9112: what two readers may take for two things is refused."""
    operation = (reachable("list", "create") or reachable())[0]
    path = allowed(service, operation).path
    method = {each.method for each in OPERATIONS if each.path == TABLE[operation].path}
    head = head.format(path=path, host=host(service))
    if head.split(" ", 1)[0] not in method:
        head = next(iter(method)) + " " + head.split(" ", 1)[1]
    assert ask(service, head, b"0\r\n\r\n" if "chunked" in head else b"") == status


PEER = ("10.0.0.9", 4711)
CHAIN = [
    ("", "10.0.0.9"),
    ("203.0.113.7", "203.0.113.7"),
    ("203.0.113.7, 10.1.2.3", "203.0.113.7"),
    ("198.51.100.1, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
    ("[2001:db8::7]:4711", "2001:db8::7"),
    ("203.0.113.7:80", "203.0.113.7"),
    ("::ffff:203.0.113.7", "203.0.113.7"),
    ("203.0.113.7, nonsense", "10.0.0.9"),
    ("nonsense, 10.1.2.3", "10.1.2.3"),
    ("10.1.1.1, 10.2.2.2", "10.1.1.1"),
    ("fe80::7%x, 10.1.2.3", "10.1.2.3"),
    ("unknown", "10.0.0.9"),
    (",", "10.0.0.9"),
]


@pytest.mark.parametrize(("value", "expected"), CHAIN)
def test_the_client_is_the_last_hop_that_is_not_ours(value: str, expected: str) -> None:
    trusted = Proxies([ip_network("10.0.0.0/8")], "x-forwarded-for")
    assert trusted.client(scope(("x-forwarded-for", value))) == expected


@pytest.mark.parametrize(("value", "expected"), CHAIN)
def test_forwarded_says_the_same(value: str, expected: str) -> None:
    """RFC 7239."""
    elements = ", ".join(
        f'by=x;for="{each.strip()}";proto=https' for each in value.split(",")
    )
    trusted = Proxies([ip_network("10.0.0.0/8")], "forwarded")
    headers = [("forwarded", elements)] if value else []
    assert trusted.client(scope(*headers, ("x-forwarded-for", "192.0.2.1"))) == expected


def test_whoever_is_no_proxy_is_not_believed() -> None:
    header = ("x-forwarded-for", "203.0.113.7")
    assert Proxies([], "x-forwarded-for").client(scope(header)) == PEER[0]
    others = Proxies([ip_network("192.168.0.0/16")], "x-forwarded-for")
    assert others.client(scope(header)) == PEER[0]


@pytest.mark.parametrize(
    "given", ["10.0.0.1/8", "nonsense", "0.0.0.0/0", "10.0.0.0/8, ::/0"]
)
def test_proxies_are_networks(given: str) -> None:
    with pytest.raises(UnsafeConfiguration, match="TRUSTED_PROXIES"):
        proxies(settings(given))


def settings(given: str) -> Settings:
    """Settings with these proxies."""
    chosen: dict[str, Any] = {"environment": "development", "database_url": "x"}
    return Settings(**chosen, trusted_proxies=given)


def scope(*headers: tuple[str, str]) -> dict[str, Any]:
    """What a server tells of a request from the peer."""
    found = [(name.encode(), value.encode()) for name, value in headers if value]
    return {"client": PEER, "headers": found}

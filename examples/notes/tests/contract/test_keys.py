"""The keys that may verify a token: where they come from, and what they are for (ID-6, RFC 8725)."""

import asyncio
import base64
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

from notes.gate import keys as fetching
from notes.gate.identity import TENANT_CLAIM, Issuer, Verifier
from notes.gate.keys import COOL_DOWN, FRESH, MAX_KEY_SET, STALE, RemoteKeys, StaticKeys
from notes.gate.problems import Problem
from tests.contract.harness import NOBODY

EC = ECKey.generate_key("P-256", {"kid": "one"})
RSA = RSAKey.generate_key(3072, {"kid": "one"})
SMALLER = RSAKey.generate_key(2048, {"kid": "one"})
MODULUS = base64.urlsafe_b64encode(((1 << 1023) | 1).to_bytes(128, "big")).rstrip(b"=")
SHORT = {"kty": "RSA", "kid": "one", "n": MODULUS.decode(), "e": "AQAB"}
"""What looks like a public key of 1024 bits."""
SECRET = OctKey.generate_key(256, {"kid": "one"})


def public(key: Key, **changes: object) -> dict[str, Any]:
    """A key as an issuer publishes it."""
    return {**key.as_dict(private=False), **changes}


UNUSABLE = {
    "for encryption": (public(EC, use="enc"), "ES256"),
    "for other operations": (public(EC, key_ops=["deriveKey"]), "ES256"),
    "for another algorithm": (public(RSA, alg="RS512"), "RS256"),
    "of another type": (public(EC), "RS256"),
    "of another curve": (public(EC), "ES384"),
    "too short": (SHORT, "RS256"),
    "shorter than by default": (public(SMALLER), "RS256"),
    "symmetric": (SECRET.as_dict(private=True), "HS256"),
    "private": (EC.as_dict(private=True), "ES256"),
    "without an id": (public(EC, kid=None), "ES256"),
    "broken": (public(EC, x="AAAA"), "ES256"),
}


@pytest.mark.parametrize(
    ("key", "algorithm"), [(EC, "ES256"), (RSA, "RS256"), (RSA, "PS256")]
)
def test_a_key_is_found_by_its_id(key: Key, algorithm: str) -> None:
    keys = StaticKeys({"keys": [public(key, use="sig", key_ops=["verify"])]})
    assert asyncio.run(keys.find("one", algorithm)) is not None
    assert asyncio.run(keys.find("two", algorithm)) is None


@pytest.mark.filterwarnings("ignore:Key size")
@pytest.mark.parametrize("unusable", UNUSABLE)
def test_a_key_that_is_not_for_this_is_not_used(unusable: str) -> None:
    document, algorithm = UNUSABLE[unusable]
    assert asyncio.run(StaticKeys({"keys": [document]}).find("one", algorithm)) is None


def test_a_shorter_key_is_a_named_exception() -> None:
    keys = StaticKeys({"keys": [public(SMALLER)]}, rsa_bits=2048)
    assert asyncio.run(keys.find("one", "RS256")) is not None


@pytest.mark.parametrize(("key", "algorithm"), [(EC, "ES256"), (RSA, "RS256")])
def test_an_algorithm_is_one_of_its_issuers(key: Key, algorithm: str) -> None:
    """Whatever the issuer's keys could do as well (RFC 8725, section 3.1)."""
    now = int(time.time())
    claims = {
        "iss": "https://issuer.example/",
        "aud": "test",
        "sub": "somebody",
        "iat": now,
        "exp": now + 60,
        TENANT_CLAIM: NOBODY,
    }
    token = jwt.encode({"alg": algorithm, "kid": "one", "typ": "at+jwt"}, claims, key)
    for pinned in ("ES256", "RS256"):
        keys = StaticKeys({"keys": [public(key)]})
        issuer = Issuer("https://issuer.example/", "test", (pinned,), keys)
        verifier = Verifier({issuer.url: issuer}, b"")
        found = verifier.principal(f"Bearer {token}".encode())
        if pinned == algorithm:
            assert asyncio.run(found).tenant_id == NOBODY
        else:
            with pytest.raises(Problem, match="unauthenticated"):
                asyncio.run(found)


class KeyServer:
    """An issuer's address of keys. It answers what it is told to, and counts."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.keys: list[dict[str, Any]] = [public(EC)]
        self.padding = 0
        self.instead = b""
        self.requests: list[str] = []
        self.now = 0.0

    @property
    def body(self) -> bytes:
        """The key set, or what is said instead."""
        if self.instead:
            return self.instead
        return json.dumps({"keys": self.keys, "padding": "x" * self.padding}).encode()


@pytest.fixture
def issuer() -> Iterator[tuple[KeyServer, RemoteKeys]]:
    """A key server, and the keys that come from there by a clock of their own."""
    server = KeyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests.append(self.path)
            moved = self.path == "/" and server.status != 200
            self.send_response(server.status if moved else 200)
            for name, value in server.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(server.body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.server_port}/"
        yield server, RemoteKeys(url, now=lambda: server.now)
        listening.shutdown()
        thread.join()


Remote = tuple[KeyServer, RemoteKeys]


def found(keys: RemoteKeys, kid: str = "one") -> bool:
    """Is there a key with this id?"""
    return asyncio.run(keys.find(kid, "ES256")) is not None


def test_a_key_set_is_fetched_once(issuer: Remote) -> None:
    server, keys = issuer
    assert found(keys) and found(keys)
    assert len(server.requests) == 1


def test_a_new_key_is_found_and_a_withdrawn_one_is_not(issuer: Remote) -> None:
    server, keys = issuer
    assert found(keys)
    server.keys = [public(EC, kid="two")]
    server.now += COOL_DOWN
    assert found(keys, "two")
    assert not found(keys, "one")
    server.keys = []
    server.now += FRESH + 1
    assert not found(keys, "two")


def test_unknown_key_ids_do_not_flood_the_issuer(issuer: Remote) -> None:
    server, keys = issuer
    for number in range(20):
        assert not found(keys, f"unknown-{number}")
    assert len(server.requests) == 1


def test_a_redirect_is_not_followed(issuer: Remote) -> None:
    server, keys = issuer
    server.status, server.headers = 302, {"location": "/elsewhere"}
    with pytest.raises(Problem, match="identity_unavailable"):
        found(keys)
    assert server.requests == ["/"]


def test_a_key_set_has_a_size(issuer: Remote) -> None:
    server, keys = issuer
    server.padding = MAX_KEY_SET
    with pytest.raises(Problem, match="identity_unavailable"):
        found(keys)


class Streamed(httpx2.AsyncBaseTransport, httpx2.AsyncByteStream):
    """A key set on no network, in parts that follow each other; nothing says its length before."""

    def __init__(self, padding: int = 0, seconds: float = 0.0) -> None:
        self._parts = [
            json.dumps({"keys": [public(EC)]}).encode(),
            *[b" " * 1024] * (padding // 1024),
        ]
        self._seconds = seconds
        self.read = 0

    async def handle_async_request(self, _: httpx2.Request) -> httpx2.Response:
        """Answers at any address."""
        return httpx2.Response(200, stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for each in self._parts:
            await asyncio.sleep(self._seconds)
            self.read += len(each)
            yield each

    def keys(self) -> RemoteKeys:
        """The keys that come from it."""
        return RemoteKeys("https://issuer.example/keys", lambda: self)


def test_a_key_set_that_is_too_large_is_not_read_to_its_end() -> None:
    assert found(Streamed(MAX_KEY_SET // 2).keys())
    large = Streamed(4 * MAX_KEY_SET)
    with pytest.raises(Problem, match="identity_unavailable"):
        found(large.keys())
    assert large.read < MAX_KEY_SET + 10_000


def test_a_key_set_comes_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it: a part now and then would wait for ever."""
    monkeypatch.setattr(fetching, "FETCH_SECONDS", 0.2)
    with pytest.raises(Problem, match="identity_unavailable"):
        found(Streamed(64 * 1024, seconds=0.02).keys())


def test_an_outage_of_the_issuer_does_not_forget_its_keys(issuer: Remote) -> None:
    server, keys = issuer
    assert found(keys)
    server.status = 500
    server.now += FRESH + 1
    assert found(keys)
    server.now += STALE - FRESH - 2
    assert found(keys)


def test_keys_of_an_issuer_that_stays_away_end(issuer: Remote) -> None:
    server, keys = issuer
    assert found(keys)
    server.status = 500
    server.now += STALE + 1
    for _ in range(2):
        with pytest.raises(Problem, match="identity_unavailable"):
            found(keys)
    server.status = 200
    server.now += COOL_DOWN
    assert found(keys)


@pytest.mark.parametrize(
    "instead", [b"[]", b"1", b'{"keys": 1}', b"{}", b"[" * 100_000, b"\xff"]
)
def test_what_is_no_key_set_replaces_none(issuer: Remote, instead: bytes) -> None:
    server, keys = issuer
    assert found(keys)
    server.instead = instead
    server.now += FRESH + 1
    assert found(keys)

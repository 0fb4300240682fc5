"""Every way in which a token can be bad, and one answer for all of them (ID-6, RFC 8725, RFC 9068)."""

import base64
import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from invoicing.development.issuer import AUDIENCE, LIFETIME
from invoicing.gate.identity import CACHE_SECONDS, TENANT_CLAIM, Issuer, Verifier
from invoicing.gate.keys import StaticKeys
from invoicing.gate.problems import Problem
from invoicing.settings import DEVELOPMENT_ISSUER
from tests.contract.harness import (
    Service,
    World,
    allowed,
    code,
    reachable,
    seen,
    spoilable,
)

Spoil = Callable[[World], str]


def claims(**changes: object) -> Spoil:
    """The caller's token with other claims; None leaves one out."""

    def sign(world: World) -> str:
        changed = {**world.claims, **changes}
        kept = {name: value for name, value in changed.items() if value is not None}
        return world.service.issuer.sign(kept)

    return sign


def header(**changes: str) -> Spoil:
    """The caller's token with another protected header."""
    return lambda world: world.service.issuer.sign(world.claims, **changes)


def other_key(world: World) -> str:
    """Signed by somebody else, under the right key id."""
    key = ECKey.generate_key("P-256")
    protected = {"alg": "ES256", "kid": "development", "typ": "at+jwt"}
    return jwt.encode(protected, world.claims, key)


def symmetric(world: World) -> str:
    """Signed with the public key as if it were a shared secret."""
    secret = OctKey.import_key(
        json.dumps(world.service.issuer.key.as_dict(private=False))
    )
    protected = {"alg": "HS256", "kid": "development", "typ": "at+jwt"}
    return jwt.encode(protected, world.claims, secret, algorithms=["HS256"])


@cache
def rsa_key() -> RSAKey:
    """Somebody's key; it takes long to make one."""
    return RSAKey.generate_key(2048)


def other_algorithm(world: World) -> str:
    """Signed with an algorithm that is not on the list."""
    protected = {"alg": "PS512", "kid": "development", "typ": "at+jwt"}
    return jwt.encode(protected, world.claims, rsa_key(), algorithms=["PS512"])


def segment(value: object) -> str:
    """A JSON value as a segment of a compact token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(world: World) -> str:
    """The algorithm `none`."""
    return f"{segment({'alg': 'none', 'typ': 'at+jwt'})}.{segment(world.claims)}."


def payload_changed(world: World) -> str:
    """Another subject under the old signature."""
    head, _, signature = world.token.split(".")
    return f"{head}.{segment({**world.claims, 'sub': 'admin'})}.{signature}"


def signature_bit_flipped(world: World) -> str:
    """One bit of the signature is another."""
    head, payload, signature = world.token.split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[5] ^= 1
    return f"{head}.{payload}.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


def padded(world: World) -> str:
    """Padding that RFC 7515 does not allow."""
    return f"{world.token}=="


def trailing_bits(world: World) -> str:
    """The same signature in other characters: the last one has bits that say nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = world.token
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


def compressed(world: World) -> str:
    """A header that RFC 7515 does not know, and that a decoder might act on."""
    protected = {"alg": "ES256", "kid": "development", "typ": "at+jwt", "zip": "DEF"}
    registry = jws.JWSRegistry(strict_check_header=False)
    key, text = world.service.issuer.key, json.dumps(world.claims)
    return jws.serialize_compact(protected, text, key, registry=registry)


def payload(text: Callable[[str], str]) -> Spoil:
    """A good signature of a payload that `text` makes of the caller's."""

    def sign(world: World) -> str:
        protected = {"alg": "ES256", "kid": "development", "typ": "at+jwt"}
        changed = text(json.dumps(world.claims))
        return jws.serialize_compact(protected, changed, world.service.issuer.key)

    return sign


def now() -> int:
    """The time in seconds."""
    return int(time.time())


BAD: dict[str, Spoil] = {
    "empty segments": lambda _: "..",
    "garbage": lambda _: "garbage",
    "two segments": lambda world: world.token.rpartition(".")[0],
    "five segments": lambda world: f"{world.token}.x.y",
    "padded": padded,
    "payload changed": payload_changed,
    "signature bit flipped": signature_bit_flipped,
    "trailing bits set": trailing_bits,
    "a claim twice": payload(lambda text: text.replace("{", '{"sub": "admin", ', 1)),
    "an expiry that is infinite": payload(
        lambda text: text.replace('"exp": ', '"exp": Infinity, "was": ')
    ),
    "a constant that is not JSON": payload(
        lambda text: text.replace("{", '{"other": NaN, ', 1)
    ),
    "a list of claims": payload(lambda text: f"[{text}]"),
    "compressed": compressed,
    "unsigned": unsigned,
    "symmetric": symmetric,
    "another key": other_key,
    "another algorithm": other_algorithm,
    "unknown key id": header(kid="unknown"),
    "an id token": header(typ="JWT"),
    "a logout token": header(typ="logout+jwt"),
    "a DPoP proof": header(typ="dpop+jwt"),
    "another issuer": claims(iss="https://evil.example/"),
    "no issuer": claims(iss=None),
    "another audience": claims(aud="another"),
    "no audience": claims(aud=None),
    "expired": claims(exp=now() - 120),
    "no expiry": claims(exp=None),
    "an expiry that is text": claims(exp="tomorrow"),
    "an expiry that is true": claims(exp=True),
    "not valid yet": claims(nbf=now() + 600),
    "a beginning that is true": claims(nbf=True),
    "issued in the future": claims(iat=now() + 600),
    "no time of issue": claims(iat=None),
    "a time of issue that is true": claims(iat=True),
    "good for years": claims(exp=now() + 10 * 365 * 86_400),
    "an expiry beyond all times": payload(
        lambda text: text.replace('"exp": ', '"exp": 1e999, "was": ')
    ),
    "a time of issue before all times": claims(iat=-1),
    "a sign-in beyond all times": claims(auth_time=10**30),
    "bound to a key": claims(
        cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}
    ),
    "a scope that is a list": claims(scope=["a"]),
    "a NUL": claims(sub="a\0b"),
    "a NUL somewhere": claims(other=["a\0b"]),
    "a surrogate": payload(lambda text: text.replace('"sub": "', '"sub": "\\ud800')),
    "a surrogate somewhere": payload(
        lambda text: text.replace("{", '{"other": {"a": "\\ud800"}, ', 1)
    ),
    "no subject": claims(sub=None),
    "an empty subject": claims(sub=""),
    "a subject that is a list": claims(sub=["admin"]),
    "no tenant": claims(**{TENANT_CLAIM: None}),
    "a tenant that is a list": claims(**{TENANT_CLAIM: ["a", "b"]}),
    "a tenant in another notation": lambda world: claims(
        **{TENANT_CLAIM: f"urn:uuid:{world.tenant_id}"}
    )(world),
    "a tenant that is no UUID": claims(**{TENANT_CLAIM: "acme"}),
}


@pytest.fixture(scope="module")
def without_token(service: Service) -> Callable[[str], object]:
    """What can be seen of the answer to a request for an operation without any token."""

    @cache
    def answered(operation: str) -> object:
        request = spoilable(service, operation)
        del request.headers["authorization"]
        missing = request.send()
        assert "bearer" in missing.headers["www-authenticate"].lower()
        return seen(missing)

    return answered


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_token_is_refused(
    service: Service, without_token: Callable[[str], object], bad: str
) -> None:
    for operation in reachable():
        request = spoilable(service, operation)
        request.headers["authorization"] = f"Bearer {BAD[bad](request.world)}"
        response = request.send()
        refused = response.status_code, code(response)
        assert refused == (401, "unauthenticated"), operation
        cause_shows = seen(response) != without_token(operation)
        assert not cause_shows, operation


@pytest.mark.parametrize("scheme", ["Basic", "Digest", "bearer_", ""])
def test_no_other_scheme_is_accepted(service: Service, scheme: str) -> None:
    request = allowed(service, reachable()[0])
    request.headers["authorization"] = f"{scheme} {request.world.token}".strip()
    assert request.send().status_code == 401


def test_a_little_clock_skew_is_accepted(service: Service) -> None:
    request = allowed(service, reachable()[0])
    skewed = claims(exp=now() - 5, nbf=now() + 30, iat=now() + 30)
    request.headers["authorization"] = f"Bearer {skewed(request.world)}"
    assert request.send().status_code < 300


def test_the_same_subject_of_another_kind_is_another_principal(
    service: Service,
) -> None:
    request = allowed(service, reachable()[0])
    me = request.world.me
    flipped = "development" if me.service else me.subject
    request.headers["authorization"] = (
        f"Bearer {claims(client_id=flipped)(request.world)}"
    )
    response = request.send()
    assert (response.status_code, code(response)) == (403, "not_a_member")


def judged(
    service: Service, changes: dict[str, object], **pinned: Any
) -> dict[str, Any]:
    """What the database is told of a caller with other claims, by an issuer that says other things."""
    world = allowed(service, reachable()[0]).world
    keys = StaticKeys(json.loads(service.issuer.public.read_text("utf-8")))
    issuer = Issuer(DEVELOPMENT_ISSUER, AUDIENCE, ("ES256",), keys, **pinned)
    token = claims(**changes)(world)
    found = Verifier({issuer.url: issuer}, b"").principal(f"Bearer {token}".encode())
    told: dict[str, Any] = json.loads(service.run(found).caller)
    return told


@pytest.mark.parametrize(
    ("methods", "context", "proven"),
    [
        (["pwd"], None, None),
        (["otp"], None, None),
        (["swk"], None, None),
        (["hwk"], None, None),
        (["pwd", "mfa"], None, "any"),
        (["mfa"], "phr", "phishing_resistant"),
        ([], "phrh", "phishing_resistant"),
        ("mfa", None, None),
        ([1, None, {"mfa": 1}], 2, None),
    ],
)
def test_what_a_sign_in_proves(
    service: Service, methods: object, context: object, proven: str | None
) -> None:
    """RFC 8176: a one-time password alone is one factor, and a key in software can be copied."""
    assert judged(service, {"amr": methods, "acr": context})["mfa"] == proven


def test_what_proves_a_factor_is_said_of_the_issuer(service: Service) -> None:
    pinned = {"factors": frozenset({"otp"}), "strong": frozenset({"fido"})}
    assert judged(service, {"amr": ["otp"], "acr": None}, **pinned)["mfa"] == "any"
    assert (
        judged(service, {"amr": ["fido"], "acr": None}, **pinned)["mfa"]
        == "phishing_resistant"
    )
    assert judged(service, {"amr": ["mfa"], "acr": "phr"}, **pinned)["mfa"] is None


def test_a_sign_in_that_is_yet_to_come_proves_nothing(service: Service) -> None:
    assert judged(service, {"auth_time": now() + 3600})["auth_time"] == 0
    before = now() - 5
    assert judged(service, {"auth_time": before})["auth_time"] == before


@pytest.mark.parametrize(
    ("scope", "good"),
    [("a b", True), ("b a c", True), ("a", False), ("", False), ("ab", False)],
)
def test_a_token_has_the_scopes_that_are_asked_for(
    service: Service, scope: str, good: bool
) -> None:
    pinned = {"scopes": frozenset({"a", "b"})}
    if good:
        assert judged(service, {"scope": scope}, **pinned)["subject"]
    else:
        with pytest.raises(Problem, match="unauthenticated"):
            judged(service, {"scope": scope}, **pinned)


def test_a_token_is_good_for_a_time_that_is_said_of_the_issuer(
    service: Service,
) -> None:
    assert judged(service, {"exp": now() + 600}, lifetime=700)["subject"]
    with pytest.raises(Problem, match="unauthenticated"):
        judged(service, {"exp": now() + 800}, lifetime=700)


def test_a_pseudonym_is_of_its_key(service: Service) -> None:
    world = allowed(service, reachable()[0]).world
    issuer = Issuer(
        DEVELOPMENT_ISSUER,
        AUDIENCE,
        ("ES256",),
        StaticKeys(json.loads(service.issuer.public.read_text("utf-8"))),
    )
    verifiers = (Verifier({issuer.url: issuer}, key) for key in (b"one", b"another"))
    token = f"Bearer {world.token}".encode()
    one, another = (service.run(each.principal(token)).pseudonym for each in verifiers)
    assert one != another


def test_a_remembered_token_expires(service: Service) -> None:
    """Verified once and then remembered: for a minute, and never beyond its own end."""
    world = allowed(service, reachable()[0]).world
    keys = json.loads(service.issuer.public.read_text("utf-8"))
    issuer = Issuer(DEVELOPMENT_ISSUER, AUDIENCE, ("ES256",), StaticKeys(keys))
    clock = [float(now())]
    verifier = Verifier({issuer.url: issuer}, b"", lambda: clock[0])
    authorization = f"Bearer {world.token}".encode()
    assert verifier.known(authorization) is None
    known = service.run(verifier.principal(authorization))
    assert verifier.known(authorization) == known
    assert verifier.known(b"Bearer x" + authorization[8:]) is None
    clock[0] += CACHE_SECONDS + 1
    assert verifier.known(authorization) is None
    clock[0] += LIFETIME + 60
    with pytest.raises(Problem, match="unauthenticated"):
        service.run(verifier.principal(authorization))

"""Witnesses of whose tokens are good: a token that is accepted now and was refused before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scaffold.design.model import Design, Issuer
from scaffold.drift.spec.witness import Asked, named
from scaffold.drift.verdict import Names
from scaffold.drift.witness import Trial, Tried, Witness
from scaffold.tokens import RFC9068

IMPORTS: Final = (
    "import time",
    "from joserfc import jwt",
    "from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey",
    "from pydantic import SecretStr",
    "from {package}.app import issuers",
    "from {package}.gate.identity import Verifier",
    "from {package}.gate.problems import Problem",
    "from {package}.settings import Settings",
)
CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}
RSA_BITS: Final = 3072


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an issuer; `keys` is where its key is found, if that matters."""

    url: str
    environment: str
    algorithm: str
    bits: int
    claims: Mapping[str, Any]
    lifetime: int
    keys: str = ""
    factors: str = ""
    curve: str = field(default="")


def _issuers(asked: Asked) -> tuple[Issuer | None, Issuer | None]:
    url = asked.match["issuer"]
    designs = (asked.before.design, asked.after.design)
    old, new = (next((e for e in d.issuers if e.url == url), None) for d in designs)
    return old, new


def _token(
    asked: Asked, old: Issuer | None, new: Issuer, **chosen: Any
) -> Iterator[tuple[Token, Design]]:
    """A token that is good now, and was but for what is `chosen`; none of a provider whose tokens
    are not those of RFC 9068, and none where nothing is the same in both states."""
    before = old or new
    if before.rules != RFC9068 or new.rules != RFC9068 or new.mapped:
        return
    designs = (asked.before.design, asked.after.design)
    algorithms = [each for each in new.algorithms if each in before.algorithms]
    named_ = {*(new.environments or designs[1].environments)}
    named_ &= {*(before.environments or designs[0].environments)}
    claims: dict[str, Any] = {
        "iss": new.url,
        "aud": [*{before.audience: "", new.audience: ""}],
        "sub": "somebody",
        "client_id": "witness",
        "scope": " ".join(dict.fromkeys((*before.scopes, *new.scopes))),
        **{each.tenant_claim: "00000000-0000-4000-8000-000000000001" for each in designs},
        "amr": [],
        "acr": "none",
    } | chosen.pop("claims", {})
    values: dict[str, Any] = {
        "environment": min(named_, default=""),
        "algorithm": algorithms[0] if algorithms else "",
        "bits": max(before.rsa_bits, new.rsa_bits),
        "lifetime": min(before.lifetime, new.lifetime, 3600),
    } | chosen
    if values["environment"] and values["algorithm"]:
        curve = CURVES.get(values["algorithm"], "")
        yield Token(new.url, claims=claims, curve=curve, **values), designs[1]


def _tried(asked: Asked, found: Iterator[tuple[Token, Design]], before: str) -> Iterator[Witness]:
    for token, design in found:
        key = asked.change.key
        test = Trial(
            named(key.removeprefix("identity issuer ")),
            "token.py.jinja",
            {"token": token, "names_tenant": design.tenant_claim},
            f"assert '({before})",
            tuple(each.format(package=design.name) for each in IMPORTS),
        )
        asks = f"from {asked.old} to {asked.now}"
        yield Tried(f"a token of {token.url}, {key.rpartition(' ')[2]} {asks}, is good now", test)


def trusted(asked: Asked) -> Iterator[Witness]:
    """A token of an issuer that was unknown, or one for another audience."""
    old, new = _issuers(asked)
    if new is not None:
        claims = {} if old is None else {"aud": new.audience}
        before = "issuer not pinned" if old is None else "wrong audience"
        yield from _tried(asked, _token(asked, old, new, claims=claims), before)


def algorithms(asked: Asked) -> Iterator[Witness]:
    """A token that is signed in another way."""
    old, new = _issuers(asked)
    if old is not None and new is not None:
        for each in sorted({*new.algorithms} - {*old.algorithms}):
            found = _token(asked, old, new, algorithm=each)
            yield from _tried(asked, found, "algorithm not allowed")


def keys(asked: Asked) -> Iterator[Witness]:
    """A token that is signed by a key which is found somewhere else."""
    old, new = _issuers(asked)
    if old is not None and new is not None and new.jwks_url:
        found = _token(asked, old, new, keys=new.jwks_url)
        yield from _tried(asked, found, "unknown key|no keys of")


def environments(asked: Asked) -> Iterator[Witness]:
    """A token in an environment where the issuer was not trusted."""
    old, new = _issuers(asked)
    if old is None or new is None:
        return
    known = Names().read(asked.old)
    here = new.environments or asked.after.design.environments
    for each in sorted({*here} - known):
        yield from _tried(asked, _token(asked, old, new, environment=each), "issuer not pinned")


def lifetime(asked: Asked) -> Iterator[Witness]:
    """A token that is good for longer."""
    old, new = _issuers(asked)
    if old is not None and new is not None:
        found = _token(asked, old, new, lifetime=old.lifetime + 30)
        yield from _tried(asked, found, "good for too long")


def rsa_bits(asked: Asked) -> Iterator[Witness]:
    """A token that is signed with a smaller key."""
    old, new = _issuers(asked)
    if old is not None and new is not None:
        for each in new.algorithms:
            if each in old.algorithms and each not in CURVES:
                found = _token(asked, old, new, algorithm=each, bits=new.rsa_bits)
                yield from _tried(asked, found, "unknown key")


def scopes(asked: Asked) -> Iterator[Witness]:
    """A token without a scope that was asked for."""
    old, new = _issuers(asked)
    if old is not None and new is not None:
        scope = {"scope": " ".join(new.scopes)}
        yield from _tried(asked, _token(asked, old, new, claims=scope), "a scope is missing")


def factors(asked: Asked) -> Iterator[Witness]:
    """A token whose sign-in proves more than it did."""
    old, new = _issuers(asked)
    if old is None or new is None:
        return
    strong = asked.change.key.endswith("phishing-resistant")
    proves = "phishing_resistant" if strong else "any"
    for each in sorted(Names().read(asked.now) - Names().read(asked.old)):
        claims = {"amr": [each]}
        yield from _tried(asked, _token(asked, old, new, claims=claims, factors=proves), "")


def tenant_claim(asked: Asked) -> Iterator[Witness]:
    """A token that says in another claim whose data its bearer sees."""
    for new in asked.after.design.issuers:
        old = next((e for e in asked.before.design.issuers if e.url == new.url), None)
        if old is not None:
            claims = {asked.before.design.tenant_claim: None}
            found = _token(asked, old, new, claims=claims)
            yield from _tried(asked, found, f"bad {asked.before.design.tenant_claim}|no tenant")

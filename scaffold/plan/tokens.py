"""Tokens as providers issue them, and alterations of each, for the emitted tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scaffold.design.model import Design, Issuer
from scaffold.tokens import DIRECTORY, RFC9068, TokenRules, profile_of

TENANT: Final = "5f0c7e1a-3c1d-4a51-9a0e-2f6b8f0d7c11"
SUBJECT: Final = "248289761001"
OTHER: Final = "another"
NOWHERE: Final = "00000000-0000-4000-8000-ffffffffffff"
NOT_ACCESS: Final = "logout+jwt"
"""A type that no access token has."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """What is changed in a token: its type, and claims, of which None leaves one out."""

    what: str
    type: str
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A token with the claims that a provider makes, but for the times, and what spoils it."""

    name: str
    issuer: str
    kind: str
    type: str
    claims: Mapping[str, Any]
    alterations: tuple[Alteration, ...]


def recorded(design: Design) -> Iterator[Recorded]:
    """A token of each issuer that has rules of its own, of a person and of a service."""
    for number, issuer in enumerate(design.issuers):
        if issuer.rules == RFC9068:
            continue
        profile = profile_of(issuer.profile, issuer.rules)
        for kind, made in (("human", profile.person), ("service", profile.service)):
            if made is None:
                continue
            claims = _claims(issuer, {"sub": SUBJECT, **made}, design.tenant_claim)
            if kind == "service" and issuer.rules.audience == issuer.rules.client[0]:
                claims["sub"] = f"{issuer.audience}{issuer.rules.service_suffix or ''}"
            type_ = issuer.rules.types[-1]
            spoils = tuple(_alterations(issuer, kind, claims, type_, design.tenant_claim))
            name = f"{issuer.profile} {kind} {number}"
            yield Recorded(name, issuer.url, kind, type_, claims, spoils)


def _claims(issuer: Issuer, made: Mapping[str, Any], tenant_claim: str) -> dict[str, Any]:
    """The claims of a token, with those that every issuer makes."""
    url = issuer.url.replace(DIRECTORY, TENANT)
    claims: dict[str, Any] = {"iss": url, issuer.rules.audience: issuer.audience, **made}
    claims[issuer.rules.audience] = issuer.audience
    if issuer.scopes:
        claims[issuer.rules.scope] = " ".join(issuer.scopes)
    return claims | _tenant(issuer.rules, tenant_claim, TENANT)


def _tenant(rules: TokenRules, tenant_claim: str, value: str | None) -> dict[str, Any]:
    """The claim that names the tenant, inside of others where it is."""
    first, *inner = rules.tenant or (tenant_claim,)
    found: Any = value
    for name in reversed(inner):
        found = {name: found}
    return {first: found}


def _alterations(
    issuer: Issuer, kind: str, claims: Mapping[str, Any], type_: str, tenant_claim: str
) -> Iterator[Alteration]:
    """Everything that makes a token one that is refused."""
    rules = issuer.rules
    yield Alteration("another type", NOT_ACCESS, {})
    for each in ("", "jwt"):
        if each not in rules.types:
            yield Alteration(f"the type {each.upper() or 'left out'}", each, {})
    yield Alteration("another audience", type_, {rules.audience: OTHER})
    yield Alteration("no audience", type_, {rules.audience: None})
    yield Alteration("no tenant", type_, _tenant(rules, tenant_claim, None))
    if not issuer.mapped:
        yield Alteration("a tenant that is no UUID", type_, _tenant(rules, tenant_claim, OTHER))
    if DIRECTORY in issuer.url:
        for what, directory in (("another directory", NOWHERE), ("every directory", DIRECTORY)):
            changed = {"iss": issuer.url.replace(DIRECTORY, directory)}
            yield Alteration(f"the issuer of {what}", type_, changed)
    for name, values in rules.required.items():
        yield Alteration(f"no {name}", type_, {name: None})
        if values:
            yield Alteration(f"another {name}", type_, {name: OTHER})
    for name in rules.refused:
        yield Alteration(f"with {name}", type_, {name: "9Jx0w"})
    if rules.client_required:
        yield Alteration("no client", type_, dict.fromkeys(rules.client))
    if kind == "human":
        for name in rules.of_people:
            yield Alteration(f"no {name}", type_, {name: None})
    elif kind == "service" and rules.of_people and rules.service_claim in claims:
        yield Alteration(f"no {rules.service_claim}", type_, {rules.service_claim: None})

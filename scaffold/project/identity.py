"""The identity provider that compose.identity.yaml runs for trying a service out.

Whose name it has, and what its tokens have to be for the service to accept them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from scaffold.design.model import Design, Issuer
from scaffold.tokens import CLIENT, profile_of

SERVICES: Final = ("bot",)
"""The services that have tokens, beside those that a developer adds."""
MAX_LIFETIME: Final = 3600
"""Seconds for which its tokens are good at most."""
PORT: Final = 443

_PLACE: Final = re.compile(
    r"https://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?(?::[0-9]+)?"
    r"(?:/\.?[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?"
)
"""URLs that a container can have as its own: of a name of several labels, which is no address, with
a path that every client writes in the same way."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider in the place of an issuer of the spec.

    It has the names `hosts`, and serves at `port`. `settings` are those of its provider.json.
    """

    issuer: Issuer
    hosts: tuple[str, ...]
    port: int
    settings: Mapping[str, Any]

    @property
    def mount(self) -> str:
        """The path of the issuer, without a slash at its end."""
        return urlsplit(self.issuer.url).path.removesuffix("/")

    @property
    def service(self) -> str:
        """The subject of the first of its services, as the issuer's profile has it."""
        kind = self.settings["service"] or {"suffix": ""}
        named = self.issuer.audience if self.settings["audience_is_client"] else SERVICES[0]
        return f"{named}{kind['suffix']}"

    @property
    def text(self) -> str:
        """The text of provider.json, with a line for each key."""
        lines = (f"  {json.dumps(key)}: {json.dumps(each)}" for key, each in self.settings.items())
        return "{\n" + ",\n".join(lines) + "\n}"


def provider(design: Design, environment: str) -> Provider | None:
    """The provider in the place of the first issuer that is trusted in an environment and fits.

    None where none does: where issuers have no name of their own (but an address, or a template of
    issuers), have their keys at another port, or refuse a claim that its tokens always have.
    """
    for issuer in design.issuers:
        trusted = not issuer.environments or environment in issuer.environments
        if trusted and (found := _in_place_of(issuer, design)) is not None:
            return found
    return None


def _in_place_of(issuer: Issuer, design: Design) -> Provider | None:
    keys = issuer.metadata or issuer.jwks_url
    if not _PLACE.fullmatch(issuer.url) or not _PLACE.fullmatch(keys):
        return None
    places = [urlsplit(each) for each in (issuer.url, keys)]
    names, ports = [each.hostname or "" for each in places], {each.port or PORT for each in places}
    if any(each.endswith(".localhost") for each in names) or len(ports) > 1:
        return None
    if "aud" in issuer.rules.refused:
        return None
    hosts = tuple(dict.fromkeys(names))
    route = "/.well-known/openid-configuration" if issuer.metadata else "/jwks"
    settings = {
        "issuer": issuer.url,
        "hosts": hosts,
        "routes": {places[1].path: route},
        **_tokens(issuer, design),
    }
    return Provider(issuer, hosts, ports.pop(), settings)


def _tokens(issuer: Issuer, design: Design) -> dict[str, Any]:
    """What the provider is told of its tokens: their claims by what they say."""
    rules, profile = issuer.rules, profile_of(issuer.profile, issuer.rules)
    permissions = {each.permission for entity in design.entities for each in entity.operations}
    return {
        "audience": issuer.audience,
        "algorithm": issuer.algorithms[0],
        "lifetime": min(issuer.lifetime, MAX_LIFETIME),
        "services": SERVICES,
        "scopes": sorted({*issuer.scopes, *(permissions if issuer.permission_scopes else ())}),
        "type": "at+jwt" if "at+jwt" in rules.types else rules.types[-1] or None,
        "audience_claim": rules.audience,
        "audience_is_client": rules.audience == rules.client[0],
        "scope_claim": rules.scope,
        "scope_list": isinstance(profile.person.get(rules.scope), list),
        "tenant_claim": rules.tenant or (design.tenant_claim,),
        "methods_claim": _methods(issuer) if profile.proves else None,
        "methods": sorted({*issuer.factors, *issuer.strong}),
        "refused_claims": rules.refused,
        "person": _kind(issuer, profile.person),
        "service": None if profile.service is None else _kind(issuer, profile.service),
    }


def _methods(issuer: Issuer) -> str:
    """The claim that says how somebody signed in: `amr` (RFC 8176), unless it is not looked at."""
    return "amr" if "amr" in issuer.rules.methods else issuer.rules.methods[0]


def _kind(issuer: Issuer, made: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of tokens of people, or of services, as the issuer's own provider makes them."""
    rules = issuer.rules
    scopes = made.get(rules.scope, [])
    apart = {"sub", "jti", rules.scope, rules.audience}
    claims = {name: value for name, value in made.items() if name not in apart}
    return {
        "client": [name for name, value in made.items() if value == CLIENT and name != "sub"],
        "suffix": rules.service_suffix or "",
        "scopes": [*(scopes.split() if isinstance(scopes, str) else scopes), *issuer.scopes],
        "claims": {name: value for name, value in claims.items() if value != CLIENT},
    }

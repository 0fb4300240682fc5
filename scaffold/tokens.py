"""How the access tokens of issuers are read: RFC 9068, and what well-known providers issue instead.

Facts about each provider are its documentation's. What tells an access token from an ID token is
in every one of these: no profile accepts an ID token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin

STANDARD: Final = frozenset({"iss", "sub", "exp", "nbf", "iat", "auth_time", "cnf"})
"""Claims that mean the same in every token (RFC 7519, section 4.1; RFC 9068; RFC 7800)."""
DIRECTORY: Final = "{tenantid}"
"""What stands for the id of a directory in an issuer of Entra ID, as its own metadata has it."""
EVERY_DIRECTORY: Final = "common"
"""What Entra ID has in this place of the addresses of keys that sign for all directories."""
ID_TOKEN: Final = ("at_hash", "c_hash", "nonce")
"""Claims that are in ID tokens alone (OpenID Connect Core, 2 and 3.3.2.11)."""


@dataclass(frozen=True, slots=True)
class TokenRules:
    """How an access token of an issuer is read.

    `types` are values of `typ` in its header, in lower case; nothing stands for a header without
    one. The claim `audience` names the service, `scope` the scopes; `tenant` is the way to the
    claim that names the tenant, nothing being the one of the service. The first of the claims
    `client` that is there names the client; with `client_required` one has to be. Each claim in
    `required` is there, with one of these values if there are some, and for people those of
    `of_people` too; none of `refused` is. `methods` are the claims that say how somebody signed in.

    A token is of a service where the claim `service_claim` is there, with `service_value` if that
    is one, or where its subject is the client followed by `service_suffix`, which is None where
    the subject does not tell.
    """

    types: tuple[str, ...] = ("application/at+jwt", "at+jwt")
    audience: str = "aud"
    tenant: tuple[str, ...] = ()
    client: tuple[str, ...] = ("client_id",)
    client_required: bool = False
    scope: str = "scope"
    methods: tuple[str, ...] = ("amr", "acr")
    required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    of_people: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    service_claim: str = ""
    service_value: str = ""
    service_suffix: str | None = ""

    @property
    def tells_services(self) -> bool:
        """Is there something that tells the token of a service from that of a person?"""
        return bool(self.service_claim) or self.service_suffix is not None

    def ambiguous(self) -> str:
        """A claim that would have to say two things at once; nothing where there is none."""
        named = {self.audience, self.scope, *self.client, *self.required}
        every = named | {*self.tenant[:1], *self.methods, *self.refused, self.service_claim}
        fixed = {each for each, values in self.required.items() if values}
        groups = (
            (every | {*self.of_people}, STANDARD),
            ({*self.refused}, {*named, *self.methods, *self.tenant[:1], self.service_claim}),
            ({*self.tenant[:1]}, {*named, *self.methods, self.service_claim}),
            ({self.service_claim}, named),
            ({self.scope}, {self.audience, *self.client, *fixed}),
            ({self.audience}, {*self.required, *self.methods}),
            (fixed, {*self.client, *self.methods}),
            ({*self.methods}, {self.scope, *self.client}),
        )
        return min((each for one, other in groups for each in one & other if each), default="")


@dataclass(frozen=True, slots=True)
class Profile:
    """A provider: its rules, where its keys are seen from the issuer, and claims as it makes them.

    `person` and `service` are what is in tokens beyond `iss`, `aud`, `sub`, the times and the
    tenant: of somebody who signed in, and of a program. `service` is None where the provider's
    tokens do not tell the two apart. With `proves`, its tokens can say how somebody signed in.
    The rules and claims of `custom` are those that a spec says itself.
    """

    rules: TokenRules
    keys: str = ".well-known/jwks.json"
    person: Mapping[str, Any] = field(default_factory=dict)
    service: Mapping[str, Any] | None = field(default_factory=dict)
    proves: bool = True

    def keys_of(self, issuer: str) -> str:
        """Where the keys of an issuer with this profile are."""
        found = issuer.replace(DIRECTORY, EVERY_DIRECTORY)
        return urljoin(found if found.endswith("/") else f"{found}/", self.keys)


def metadata_of(issuer: str, name: str) -> str:
    """Where an issuer has its metadata of this name.

    OpenID Connect puts it behind the issuer (Discovery 1.0, section 4), and OAuth between its host
    and its path (RFC 8414, section 3.1).
    """
    bare = issuer.replace(DIRECTORY, EVERY_DIRECTORY).removesuffix("/")
    if name == "openid-configuration":
        return f"{bare}/.well-known/{name}"
    host, slash, path = bare.removeprefix("https://").partition("/")
    return f"https://{host}/.well-known/{name}{slash}{path}"


RFC9068: Final = TokenRules()
CLIENT: Final = "J2sHvV1AKwV4yXbT"
"""The client of the tokens in these examples."""

PROFILES: Final[Mapping[str, Profile]] = {
    "rfc9068": Profile(
        RFC9068, person={"client_id": CLIENT}, service={"client_id": CLIENT, "sub": CLIENT}
    ),
    # https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
    "auth0": Profile(
        TokenRules(
            types=("application/at+jwt", "at+jwt", "jwt"),
            client=("azp", "client_id"),
            client_required=True,
            refused=ID_TOKEN,
            service_suffix="@clients",
        ),
        person={"azp": CLIENT, "scope": "openid profile"},
        service={"azp": CLIENT, "sub": f"{CLIENT}@clients", "gty": "client-credentials"},
    ),
    # https://developer.okta.com/docs/reference/api/oidc/#access-token
    "okta": Profile(
        TokenRules(
            types=("",),
            client=("cid",),
            client_required=True,
            scope="scp",
            required={"scp": ()},
            refused=ID_TOKEN,
        ),
        keys="v1/keys",
        person={"ver": 1, "cid": CLIENT, "uid": "00uid4BxXw6I6TV4m0g3", "scp": ["openid"]},
        service={"ver": 1, "cid": CLIENT, "sub": CLIENT, "scp": ["service"]},
    ),
    # https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    "entra": Profile(
        TokenRules(
            types=("jwt",),
            tenant=("tid",),
            client=("azp", "appid"),
            client_required=True,
            scope="scp",
            of_people=("scp",),
            refused=ID_TOKEN,
            service_claim="idtyp",
            service_value="app",
            service_suffix=None,
        ),
        keys="../discovery/v2.0/keys",
        person={"azp": CLIENT, "scp": "access_as_user", "ver": "2.0", "idtyp": "user"},
        service={"azp": CLIENT, "idtyp": "app", "ver": "2.0", "roles": ["Service"]},
    ),
    # https://www.keycloak.org/docs/latest/server_admin/#_service_accounts
    "keycloak": Profile(
        TokenRules(
            types=("application/at+jwt", "at+jwt", "jwt"),
            client=("azp",),
            client_required=True,
            required={"typ": ("Bearer",)},
            refused=("at_hash", "c_hash"),
            service_claim="client_id",
            service_suffix=None,
        ),
        keys="protocol/openid-connect/certs",
        person={"typ": "Bearer", "azp": CLIENT, "acr": "1", "scope": "openid"},
        service={"typ": "Bearer", "azp": CLIENT, "client_id": CLIENT, "acr": "1"},
    ),
    # https://docs.aws.amazon.com/cognito/latest/developerguide/
    # amazon-cognito-user-pools-using-the-access-token.html
    "cognito": Profile(
        TokenRules(
            types=("",),
            audience="client_id",
            client_required=True,
            required={"token_use": ("access",)},
            refused=ID_TOKEN,
        ),
        person={"token_use": "access", "scope": "openid"},
        service={"token_use": "access", "scope": "invoicing/read"},
        proves=False,
    ),
    # https://zitadel.com/docs/apis/openidoauth/claims
    "zitadel": Profile(
        TokenRules(
            types=("", "application/at+jwt", "at+jwt", "jwt"),
            client=("client_id", "azp"),
            client_required=True,
            required={"jti": ()},
            refused=ID_TOKEN,
            service_suffix=None,
        ),
        keys="oauth/v2/keys",
        person={"client_id": CLIENT, "jti": "V2_229142139-at_229142140"},
        service=None,
        proves=False,
    ),
    "custom": Profile(RFC9068),
}
"""The providers whose tokens are known, by the name of their profile."""


def profile_of(name: str, rules: TokenRules) -> Profile:
    """The profile with this name; for `custom`, one with claims that fit its own rules."""
    if name != "custom":
        return PROFILES[name]
    person: dict[str, Any] = {
        claim: values[0] if values else "some" for claim, values in rules.required.items()
    }
    person |= {rules.client[0]: CLIENT}
    told = {"sub": f"{CLIENT}{rules.service_suffix}"}
    if rules.service_claim:
        told = {rules.service_claim: rules.service_value or "some"}
    return Profile(rules, person=person, service=person | told if rules.tells_services else None)

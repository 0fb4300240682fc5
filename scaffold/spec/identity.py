"""The service itself, its tenants, and who signs the tokens of its users."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from annotated_types import MaxLen, MinLen
from pydantic import AfterValidator, BeforeValidator, GetJsonSchemaHandler, model_validator
from pydantic import Field as Key
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from scaffold.database.sql import SYSTEM_COLUMNS
from scaffold.features import FEATURES
from scaffold.tokens import DIRECTORY, ID_TOKEN, PROFILES, RFC9068, TokenRules
from scaffold.types.boolean import BooleanField
from scaffold.types.date import DateField
from scaffold.types.enum import EnumField
from scaffold.types.integer import Bound, IntegerField
from scaffold.types.string import StringField

from . import names
from .base import ONE_OR_MANY, Model, about, distinct, extended
from .field_base import CommonField
from .problems import Refusal, quote
from .scalars import (
    DURATION_SCHEMA,
    AttributeName,
    ClaimName,
    EnumValue,
    EnvironmentName,
    Line,
    Prose,
    ServiceName,
    TenantName,
    Title,
    Url,
    claim_name,
    reads,
    seconds,
    spelled,
    token_type,
    within,
)

DEVELOPMENT = "development"
MAX_LIFETIME = 86_400
"""Seconds for which a token may be good, unless the spec says otherwise."""
_LONGEST_LIFETIME = 30 * 86_400

_ATTRIBUTE_TYPES: dict[str, type[CommonField]] = {
    "string": StringField,
    "enum": EnumField,
    "boolean": BooleanField,
    "integer": IntegerField,
    "date": DateField,
}
_MAX_TEXT = 1_000
"""Characters of a text."""
_LISTED_MAX = 200
"""Characters of each value of `{list: string}`, which has no bound of its own."""

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
"""Asymmetric signatures only (RFC 7518, RFC 8037): who verifies cannot sign."""


def _asymmetric(value: object) -> object:
    if isinstance(value, str) and (value.upper() == "NONE" or re.match(r"HS\d", value)):
        raise Refusal(
            "E-ALGORITHM",
            f"{quote(value)} would let everyone who verifies tokens also make them",
            "Use an asymmetric algorithm, such as ES256.",
        )
    return value


def _scope(value: str) -> str:
    if not re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}", value):
        raise Refusal(
            "E-VALUE",
            f"{quote(value)} is not a scope",
            "Write one word of at most 100 characters without quotes and backslashes (RFC 6749).",
        )
    return value


Scope = Annotated[str, AfterValidator(_scope), spelled(r"^[\x21\x23-\x5b\x5d-\x7e]{1,100}$")]
Methods = Annotated[
    tuple[Scope, ...], MinLen(1), MaxLen(20), ONE_OR_MANY, BeforeValidator(distinct)
]
Lifetime = Annotated[
    int,
    reads(seconds),
    within(60, _LONGEST_LIFETIME, "E-RANGE", "token_lifetime must be from 1m to 30d"),
    DURATION_SCHEMA,
]


class Service(Model):
    """What the service is called, and where it runs."""

    name: Annotated[ServiceName, about("The name of the Python package.", "invoicing")]
    title: Annotated[Title, about("The name that people read.", "Invoicing")]
    description: Annotated[Prose | None, about("What the service is for.", "Quotes.")] = None
    environments: Annotated[
        tuple[EnvironmentName, ...],
        MinLen(1),
        MaxLen(20),
        BeforeValidator(distinct),
        about("Where the service runs; development is always one.", ["staging", "production"]),
    ] = (DEVELOPMENT, "staging", "production")

    @model_validator(mode="before")
    @classmethod
    def _with_development(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("environments"), tuple):
            given = value["environments"]
            if given and DEVELOPMENT not in given:
                return {**value, "environments": (*given, DEVELOPMENT)}
        return value


class Fact(Model):
    """A fact about a tenant or a user that conditions may compare with."""

    type: Annotated[
        Literal["string", "enum", "boolean", "integer", "date"],
        about("The type of the value.", "string"),
    ]
    max: Annotated[Bound | None, about("The most characters, or the largest integer.", 50)] = None
    min: Annotated[Bound | None, about("The smallest integer.", 0)] = None
    values: Annotated[
        Annotated[tuple[EnumValue, ...], MinLen(1), MaxLen(100)] | None,
        BeforeValidator(distinct),
        about("The values of an enum.", ["eu", "us"]),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        """Reads `{enum: [eu, us]}` and `{list: string}`."""
        if not isinstance(value, dict):
            return value
        if "enum" in value and set(value) <= {"enum", "renamed_from"}:
            return {"type": "enum", "values": value["enum"], **_former(value)}
        if "list" in value and "list" not in cls.model_fields:
            raise Refusal(
                "E-TYPE",
                "An attribute of a tenant cannot be a list",
                "Write {type: string, max: 50}.",
                ("list",),
                named=True,
            )
        if "list" in value:
            if value["list"] != "string" or "type" in value:
                raise Refusal(
                    "E-TYPE",
                    "A list attribute can only be a list of strings",
                    "Write {list: string}.",
                    ("list",),
                )
            return {"max": _LISTED_MAX, **value, "type": "string", "list": True}
        return value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describes the shorthands beside the full spelling."""
        schema = handler(core)
        full = handler.resolve_ref_schema(schema)
        keys = full["properties"]
        lists = [_closed({"list": {"const": "string"}, "max": keys["max"]}, ["list"])]
        several = keys.pop("list", None) is not None
        former = _former(keys)
        spelled = {key: full.pop(key) for key in ("properties", "required", "type")}
        closed = full.pop("additionalProperties")
        full["anyOf"] = [
            {**spelled, "additionalProperties": closed},
            _closed({"enum": keys["values"], **former}, ["enum"]),
            *(lists if several else []),
        ]
        return schema

    @property
    def field(self) -> CommonField:
        """A field that holds one value of the attribute."""
        keys = {key: getattr(self, key) for key in self._keys}
        return _ATTRIBUTE_TYPES[self.type](type=self.type, **keys)

    @property
    def _keys(self) -> frozenset[str]:
        """The keys that the type requires: an attribute has no others."""
        fields = _ATTRIBUTE_TYPES[self.type].model_fields
        return frozenset(key for key, each in fields.items() if each.is_required()) - {"type"}

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        """Refuses bounds that the type does not have, lacks, or that contradict each other."""
        allowed = self._keys
        for key in ("min", "max", "values"):
            given = getattr(self, key) is not None
            if given and key not in allowed:
                raise Refusal(
                    "E-TYPE",
                    f"An attribute of type {self.type} cannot have {key}",
                    "Remove the key.",
                    (key,),
                    named=True,
                )
            if not given and key in allowed:
                raise Refusal(
                    "E-MISSING-KEY",
                    f"An attribute of type {self.type} needs {key}",
                    "Add it: every attribute has a bound.",
                    named=True,
                )
        free = _ATTRIBUTE_TYPES[self.type].FREE_TEXT
        if free and self.max is not None and not 1 <= self.max <= _MAX_TEXT:
            raise Refusal(
                "E-RANGE",
                f"{self.max} is not a possible length",
                f"Use 1 to {_MAX_TEXT} characters.",
                ("max",),
            )
        if self.min is not None and self.max is not None and self.min > self.max:
            raise Refusal("E-RANGE", "min is greater than max", "Swap the two.", ("min",))
        return self


class Attribute(Fact):
    """A fact about a user."""

    list: Annotated[bool, about("Whether there are several values.", "string")] = False


class TenantAttribute(Fact):
    """A fact about a tenant, which is one value."""

    list: ClassVar[bool] = False

    renamed_from: Annotated[
        AttributeName | None,
        about(
            "The name of the attribute before: its column is renamed, and keeps its values. "
            "Without effect once the migration is written.",
            "area",
        ),
    ] = None


def _former(value: dict[str, Any]) -> dict[str, Any]:
    """What is said of the name before, beside a shorthand."""
    return {key: value[key] for key in ("renamed_from",) if key in value}


def _closed(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


class CoreTenancy(Model):
    """Whose the data is."""

    tenant: Annotated[
        TenantName, about("What a tenant is called in claims and docs.", "organization")
    ]
    renamed_from: Annotated[
        TenantName | None,
        about(
            "What a tenant was called before: its table is renamed, and keeps its rows. Without "
            "effect once the migration is written.",
            "company",
        ),
    ] = None
    attributes: Annotated[
        dict[AttributeName, TenantAttribute],
        about("Facts about a tenant.", {"region": {"enum": ["eu", "us"]}}),
    ] = Key(default_factory=dict)

    @model_validator(mode="after")
    def _columns(self) -> Self:
        """Refuses what the table of tenants cannot have as a column, or has already."""
        for name in self.attributes:
            if name in names.TENANT_COLUMNS | SYSTEM_COLUMNS:
                raise Refusal(
                    "E-RESERVED",
                    f"{quote(name)} cannot name an attribute of a tenant: every tenant has it",
                    "Choose another word.",
                    ("attributes", name),
                    named=True,
                )
        return self


if TYPE_CHECKING:
    Tenancy: TypeAlias = CoreTenancy
else:
    Tenancy = extended("Tenancy", CoreTenancy, (each.keys.tenancy for each in FEATURES))


class Assurance(Model):
    """What an issuer's claims prove of a sign-in: values of `amr` (RFC 8176) or of `acr`."""

    any_: Annotated[
        Methods,
        about("Values that prove a second factor.", ["mfa"], alias="any"),
    ] = ("mfa",)
    phishing_resistant: Annotated[
        Methods,
        about("Values that prove a factor that cannot be phished.", ["phr", "phrh"]),
    ] = ("phr", "phrh")


AnyClaim = Annotated[str, spelled("^[A-Za-z0-9_./:-]{1,100}$"), AfterValidator(claim_name)]
ClaimPath = Annotated[tuple[AnyClaim, ...], MinLen(1), MaxLen(5), ONE_OR_MANY]
TokenType = Annotated[
    str, reads(token_type), spelled("^[A-Za-z0-9!#$&^_.+-]+(/[A-Za-z0-9!#$&^_.+-]+)?$")
]
NO_TYPE = "none"
"""A header without `typ`, as a spec writes it."""


class ServiceToken(Model):
    """What tells the token of a program from that of a person."""

    claim: Annotated[AnyClaim | None, about("A claim that only programs' tokens have.", "gty")] = (
        None
    )
    value: Annotated[
        Line | None, about("The value that the claim has then.", "client-credentials")
    ] = None
    suffix: Annotated[
        Line | None, about("The subject is the client and this behind it.", "@clients")
    ] = None
    subject: Annotated[
        bool, about("Whether the subject of a program is the client itself.", True)
    ] = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [self.claim is not None, self.suffix is not None, self.subject]
        if sum(ways) != 1 or (self.value is not None and self.claim is None):
            raise Refusal(
                "E-TOKEN",
                "This does not say in one way what tells a program from a person",
                "Write {claim: idtyp, value: app}, {suffix: '@clients'} or {subject: true}.",
            )
        return self


class Token(Model):
    """How the access tokens of an issuer are read, where no profile says so."""

    types: Annotated[
        tuple[TokenType, ...],
        MinLen(1),
        MaxLen(5),
        ONE_OR_MANY,
        about("Values of `typ` in their header; none for a header without it.", ["JWT"]),
    ]
    client: Annotated[ClaimPath, about("Claims of which the first names the client.", "azp")]
    audience: Annotated[AnyClaim, about("The claim that names the service.", "aud")] = "aud"
    scope: Annotated[AnyClaim, about("The claim with the scopes.", "scp")] = "scope"
    methods: Annotated[
        ClaimPath, about("Claims that say how somebody signed in.", ["amr", "acr"])
    ] = ("amr", "acr")
    requires: Annotated[
        dict[AnyClaim, Annotated[tuple[Line, ...], MaxLen(10), ONE_OR_MANY]],
        MaxLen(10),
        about(
            "Claims that only access tokens have, with the values that each may have.",
            {"token_use": "access"},
        ),
    ] = Key(default_factory=dict)
    refuses: Annotated[
        tuple[AnyClaim, ...],
        MaxLen(10),
        ONE_OR_MANY,
        about("Claims that no access token has.", ["nonce", "at_hash"]),
    ] = ID_TOKEN
    service: Annotated[
        ServiceToken | None,
        about("What tells a program from a person; nothing does if left out.", {"subject": True}),
    ] = None

    @model_validator(mode="after")
    def _no_id_token(self) -> Self:
        if not self.requires and not {*self.types} <= {*RFC9068.types}:
            raise Refusal(
                "E-TOKEN",
                "Nothing tells an access token of this issuer from an ID token",
                "Name in requires a claim that only its access tokens have, such as "
                "{token_use: access}.",
                ("types",),
            )
        return self

    @property
    def rules(self) -> TokenRules:
        """The rules as they are applied."""
        told = self.service
        return TokenRules(
            types=tuple(sorted("" if each == NO_TYPE else each for each in self.types)),
            audience=self.audience,
            client=self.client,
            client_required=True,
            scope=self.scope,
            methods=self.methods,
            required={name: tuple(sorted(each)) for name, each in sorted(self.requires.items())},
            refused=tuple(sorted(self.refuses)),
            service_claim=(told and told.claim) or "",
            service_value=(told and told.value) or "",
            service_suffix=None if told is None or told.claim else told.suffix or "",
        )


def _origin(value: str) -> str:
    if urlsplit(value).path:
        raise Refusal(
            "E-URL",
            f"{quote(value)} is more than an origin",
            "Leave the path out, and the slash at the end: https://keys.example.net.",
        )
    return value


Origin = Annotated[Url, AfterValidator(_origin)]
Discovery = Literal["openid-configuration", "oauth-authorization-server"]
"""Well-known metadata: OpenID Connect Discovery 1.0, section 4, and RFC 8414, section 3."""
Profile = Literal["rfc9068", "auth0", "okta", "entra", "keycloak", "cognito", "zitadel", "custom"]


class Issuer(Model):
    """Who signs the tokens that the service accepts."""

    issuer: Annotated[
        Url, about("The issuer, exactly as in the claim `iss`.", "https://login.example.com/")
    ]
    audience: Annotated[Line, about("The service's own name in the claim `aud`.", "invoicing")]
    algorithms: Annotated[
        tuple[Annotated[Algorithm, BeforeValidator(_asymmetric)], ...],
        MinLen(1),
        ONE_OR_MANY,
        about("The signature algorithms that are accepted.", ["ES256"]),
    ]
    jwks_uri: Annotated[
        Url | None, about("Where its keys are.", "https://login.example.com/jwks.json")
    ] = None
    discovery: Annotated[
        Discovery | None,
        about("The metadata that says where its keys are.", "openid-configuration"),
    ] = None
    jwks_origin: Annotated[
        Origin | None,
        about("Where its metadata may say that they are, beside its own.", "https://keys.example"),
    ] = None
    profile: Annotated[
        Profile, about("What its access tokens are like: those of a provider.", "auth0")
    ] = "rfc9068"
    token: Annotated[
        Token | None,
        about(
            "What they are like, where the profile is custom.",
            {"types": ["JWT"], "client": "azp", "requires": {"token_use": "access"}},
        ),
    ] = None
    tenant_claim: Annotated[
        ClaimPath | None,
        about("The claim that names the tenant, or the way to it.", ["organization", "id"]),
    ] = None
    tenants: Annotated[
        Literal["named", "mapped"],
        about(
            "Whether that claim is the tenant's id, or an organization that maps to it.", "mapped"
        ),
    ] = "named"
    environments: Annotated[
        tuple[EnvironmentName, ...],
        MaxLen(20),
        ONE_OR_MANY,
        about("Where it is trusted alone; everywhere if left out.", ["production"]),
    ] = ()
    scopes: Annotated[
        tuple[Scope, ...],
        MaxLen(20),
        BeforeValidator(distinct),
        about("Scopes that each token must have.", ["invoicing"]),
    ] = ()
    permission_scopes: Annotated[
        bool,
        about("Whether a token may do only the operations whose permission is in its scope.", True),
    ] = False
    token_lifetime: Annotated[
        Lifetime, about("How long its tokens may be good at most.", "24h")
    ] = MAX_LIFETIME
    assurance: Annotated[
        Assurance,
        about("What proves a second factor.", {"any": ["mfa", "otp"], "phishing_resistant": "phr"}),
    ] = Assurance()
    rsa_2048_because: Annotated[
        Annotated[Line, MinLen(10)] | None,
        about("Why RSA keys of 2048 bits are accepted, not 3072.", "The provider has no others."),
    ] = None

    @model_validator(mode="after")
    def _one_directory_or_mapped(self) -> Self:
        if "{" not in self.issuer and "}" not in self.issuer:
            return self
        parts = self.issuer.split("/")
        rest = "".join(each for each in parts if each != DIRECTORY)
        if self.profile != "entra" or parts.count(DIRECTORY) != 1 or {*"{}"} & {*rest}:
            raise Refusal(
                "E-ISSUER",
                f"{quote(self.issuer)} is no issuer, and no template of issuers",
                f"Write the issuer as in iss; with profile: entra, {DIRECTORY} may stand for the "
                f"directory: https://login.microsoftonline.com/{DIRECTORY}/v2.0.",
                ("issuer",),
            )
        if self.tenants != "mapped" or self.rules.tenant != PROFILES["entra"].rules.tenant:
            raise Refusal(
                "E-ISSUER",
                "A template of issuers would accept the tokens of every directory there is",
                "Write tenants: mapped, and no tenant_claim: the directories of tenants are "
                "accepted then, by their ids in tid.",
                ("issuer",),
            )
        return self

    @model_validator(mode="after")
    def _one_place_of_keys(self) -> Self:
        if self.discovery and self.jwks_uri:
            raise Refusal(
                "E-ISSUER",
                "The keys of this issuer are said to be in two places",
                "Write jwks_uri, or discovery, which has the issuer say where they are.",
                ("jwks_uri",),
            )
        if self.jwks_origin and not self.discovery:
            raise Refusal(
                "E-ISSUER",
                "An origin of keys is for an issuer whose metadata says where they are",
                "Write discovery: openid-configuration, or jwks_uri: with the whole address.",
                ("jwks_origin",),
                named=True,
            )
        return self

    @model_validator(mode="after")
    def _custom(self) -> Self:
        if (self.token is not None) != (self.profile == "custom"):
            raise Refusal(
                "E-TOKEN",
                "Rules of its own are for an issuer whose profile is custom, which needs them",
                "Write profile: custom and token: {...}, or the profile alone.",
                ("token",) if self.token is not None else ("profile",),
            )
        if twice := self.rules.ambiguous():
            raise Refusal(
                "E-TOKEN",
                f"The claim {quote(twice)} would say two things of a token at once",
                "Name another claim: each says the tenant, the audience, the client, the scope, "
                "the sign-in, or what kind of token it is.",
                ("token",) if self.token is not None else ("tenant_claim",),
            )
        return self

    @property
    def rules(self) -> TokenRules:
        """How its access tokens are read."""
        rules = self.token.rules if self.token else PROFILES[self.profile].rules
        return replace(rules, tenant=self.tenant_claim or rules.tenant)


class Identity(Model):
    """Who signs the tokens, and what their claims say."""

    issuers: Annotated[
        tuple[Issuer, ...],
        MinLen(1),
        MaxLen(20),
        about(
            "The issuers that are trusted.",
            [
                {
                    "issuer": "https://login.example.com/",
                    "audience": "invoicing",
                    "algorithms": ["ES256"],
                }
            ],
        ),
    ]
    tenant_claim: Annotated[
        ClaimName | None, about("The claim that names the tenant.", "organization_id")
    ] = None
    attributes: Annotated[
        dict[AttributeName, Attribute],
        about("Verified claims that conditions may use.", {"regions": {"list": "string"}}),
    ] = Key(default_factory=dict)

    @model_validator(mode="after")
    def _issuers_differ(self) -> Self:
        seen: set[str] = set()
        for index, issuer in enumerate(self.issuers):
            if issuer.issuer in seen:
                raise Refusal(
                    "E-REPEATED",
                    f"The issuer {quote(issuer.issuer)} is listed twice",
                    "List it once, with all its algorithms.",
                    ("issuers", index, "issuer"),
                )
            seen.add(issuer.issuer)
        return self

"""The language: what a spec may say, as frozen models. Keys and attributes have the same names.

Rules about one node live here and in `fields`; rules about several nodes live in `check`.
"""

import re
from typing import Annotated, Any, Literal, Self

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag, model_validator
from pydantic import Field as Key

from .base import ONE_OR_MANY, Model, about, distinct
from .conditions import WHEN, Condition, Literals, Term
from .fields import (
    BooleanField,
    CommonField,
    DateField,
    DatetimeField,
    DecimalField,
    DurationField,
    EmailField,
    EnumField,
    Field,
    FieldClass,
    FilterOperator,
    IntegerField,
    ListField,
    MoneyField,
    ObjectField,
    ReferenceField,
    StringField,
    TextField,
    UrlField,
    UuidField,
    Whole,
    check_input,
)
from .problems import Refusal, listing, quote
from .scalars import (
    RATE_SCHEMA,
    ActionName,
    AttributeName,
    BodySize,
    ClaimName,
    EnumValue,
    EnvironmentName,
    FieldName,
    Line,
    NestedName,
    PluralName,
    Prose,
    ResourceName,
    Retention,
    RoleName,
    ServiceName,
    StepUp,
    TenantName,
    Title,
    Url,
    rate,
)

__all__ = [
    "Action",
    "Attribute",
    "Audit",
    "BooleanField",
    "CommonField",
    "Condition",
    "DateField",
    "DatetimeField",
    "DecimalField",
    "DurationField",
    "EmailField",
    "EnumField",
    "Field",
    "FieldClass",
    "FilterOperator",
    "Grant",
    "Identity",
    "IntegerField",
    "Issuer",
    "Limits",
    "ListField",
    "Literals",
    "MoneyField",
    "ObjectField",
    "Page",
    "Rate",
    "ReferenceField",
    "Resource",
    "Role",
    "Service",
    "Spec",
    "StringField",
    "Tenancy",
    "Term",
    "TextField",
    "Unlimited",
    "UrlField",
    "UuidField",
]

DEVELOPMENT = "development"
_WITH_FIELDS = frozenset({"list", "read", "create", "update"})
_ATTRIBUTE_KEYS = {
    "string": {"max"},
    "enum": {"values"},
    "integer": {"min", "max"},
    "boolean": set[str](),
}
_LISTED_MAX = 200
"""Characters of each value of `{list: string}`, which has no bound of its own."""

Names = Annotated[tuple[str, ...], ONE_OR_MANY, MinLen(1)]

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


class Service(Model):
    """What the service is called, and where it runs."""

    name: Annotated[ServiceName, about("The name of the Python package.", "invoicing")]
    title: Annotated[Title, about("The name that people read.", "Invoicing")]
    description: Annotated[Prose | None, about("What the service is for.", "Quotes.")] = None
    environments: Annotated[
        tuple[EnvironmentName, ...],
        BeforeValidator(distinct),
        MinLen(1),
        MaxLen(20),
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


class Attribute(Model):
    """A fact about a tenant or a user that conditions may compare with."""

    type: Annotated[
        Literal["string", "enum", "boolean", "integer"], about("The type of the value.", "string")
    ]
    list: Annotated[bool, about("Whether there are several values.", "string")] = False
    max: Annotated[Whole | None, about("The most characters, or the largest integer.", 50)] = None
    min: Annotated[Whole | None, about("The smallest integer.", 0)] = None
    values: Annotated[
        tuple[EnumValue, ...] | None,
        BeforeValidator(distinct),
        about("The values of an enum.", ["eu", "us"]),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        """Read `{enum: [eu, us]}` and `{list: string}`."""
        if not isinstance(value, dict):
            return value
        if set(value) == {"enum"}:
            return {"type": "enum", "values": value["enum"]}
        if "list" in value:
            if value["list"] != "string" or "type" in value:
                raise Refusal(
                    "E-TYPE", "The only list attribute is one of strings", "Write {list: string}.",
                    ("list",),
                )
            return {"max": _LISTED_MAX, **value, "type": "string", "list": True}
        return value

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        """Refuse bounds that the type does not have, lacks, or that contradict each other."""
        allowed = _ATTRIBUTE_KEYS[self.type]
        for key in ("min", "max", "values"):
            given = getattr(self, key) is not None
            if given and key not in allowed:
                raise Refusal("E-TYPE", f"An attribute of type {self.type} has no {key}", "", (key,))
            if not given and key in allowed:
                raise Refusal(
                    "E-MISSING-KEY",
                    f"An attribute of type {self.type} needs {key}",
                    "Every value has a bound.",
                )
        if self.type == "string" and self.max is not None and not 1 <= self.max <= 1_000:
            raise Refusal(
                "E-RANGE", f"{self.max} is not a length", "Use 1 to 1000 characters.", ("max",)
            )
        if self.min is not None and self.max is not None and self.min > self.max:
            raise Refusal("E-RANGE", "min is greater than max", "Swap the two.", ("min",))
        return self


class Tenancy(Model):
    """Whose the data is."""

    tenant: Annotated[
        TenantName, about("What a tenant is called in claims and docs.", "organization")
    ]
    attributes: Annotated[
        dict[AttributeName, Attribute],
        about("Facts about a tenant.", {"region": {"enum": ["eu", "us"]}}),
    ] = Key(default_factory=dict)

    @model_validator(mode="after")
    def _single_values(self) -> Self:
        for name, attribute in self.attributes.items():
            if attribute.list:
                raise Refusal(
                    "E-TYPE",
                    "An attribute of a tenant holds one value",
                    "Write {type: string, max: 50}.",
                    ("attributes", name, "list"),
                )
        return self


class Issuer(Model):
    """Who signs the tokens that the service accepts."""

    url: Annotated[
        Url, about("The issuer, exactly as in the claim `iss`.", "https://login.example.com/")
    ]
    audience: Annotated[Line, about("The service's own name in the claim `aud`.", "invoicing")]
    algorithms: Annotated[
        tuple[Annotated[Algorithm, BeforeValidator(_asymmetric)], ...],
        ONE_OR_MANY,
        MinLen(1),
        about("The signature algorithms that are accepted.", ["ES256"]),
    ]
    jwks_url: Annotated[
        Url | None, about("Where its keys are.", "https://login.example.com/jwks.json")
    ] = None


class Identity(Model):
    """Who signs the tokens, and what their claims say."""

    issuers: Annotated[
        tuple[Issuer, ...],
        MinLen(1),
        MaxLen(20),
        about("The issuers that are trusted."),
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
            if issuer.url in seen:
                raise Refusal(
                    "E-REPEATED",
                    f"The issuer {quote(issuer.url)} is listed twice",
                    "Give it all its algorithms in one place.",
                    ("issuers", index, "url"),
                )
            seen.add(issuer.url)
        return self


class Grant(Model):
    """Operations that a role may do, on which resources, to which fields, under which conditions."""

    do: Annotated[
        Names,
        about("list, read, create, update, delete or an action.", ["list", "read"]),
    ]
    on: Annotated[Names, about("The resources.", "invoice")]
    only: Annotated[
        Names | None, about("The only fields seen or written.", ["title"])
    ] = None
    except_: Annotated[
        Names | None,
        about("The fields neither seen nor written.", ["email"], alias="except"),
    ] = None
    when: Annotated[
        tuple[Condition, ...],
        WHEN,
        about("Conditions that all must hold.", {"owner_id": "$user.id", "status": "draft"}),
    ] = ()

    @model_validator(mode="after")
    def _fields_make_sense(self) -> Self:
        """Refuse `only` beside `except`, and either where an operation has no fields."""
        if self.only is not None and self.except_ is not None:
            raise Refusal(
                "E-GRANT", "only and except exclude each other", "Remove one.", ("except",)
            )
        named = "only" if self.only is not None else "except"
        if self.only is None and self.except_ is None:
            return self
        if _WITH_FIELDS.isdisjoint(self.do):
            raise Refusal(
                "E-GRANT",
                f"{named} has no meaning for {listing(self.do)}",
                "It limits the fields of list, read, create and update.",
                (named,),
            )
        return self


class Role(Model):
    """What its holders may do."""

    description: Annotated[Prose | None, about("Who holds the role.", "Reads the books.")] = None
    kind: Annotated[
        Literal["human", "service"],
        about("Whether people or other services hold it, never both.", "service"),
    ] = "human"
    extends: Annotated[
        tuple[str, ...], ONE_OR_MANY, about("Roles whose grants it has too.", "viewer")
    ] = ()
    mfa: Annotated[
        Literal["any", "phishing_resistant"] | None,
        about("The second factor that its holders must have used.", "phishing_resistant"),
    ] = None
    can: Annotated[
        tuple[Grant, ...],
        about("What it may do.", [{"do": ["list", "read"], "on": "invoice"}]),
    ] = ()


class Action(Model):
    """An operation beyond the usual five; its hook is the developer's."""

    on: Annotated[
        Literal["item", "collection"], about("Whether it concerns one row or all.", "item")
    ]
    description: Annotated[Prose | None, about("What it does.", "Mails the invoice.")] = None
    step_up: Annotated[
        StepUp | None, about("How fresh the sign-in must be, in seconds.", "5m")
    ] = None
    idempotent: Annotated[
        Literal["required", "optional"],
        about("Whether an Idempotency-Key must be sent.", "required"),
    ] = "optional"
    input: Annotated[
        dict[NestedName, Field],
        AfterValidator(check_input),
        MaxLen(100),
        about("The fields of its body.", {"message": {"type": "text", "max": 2_000}}),
    ] = Key(default_factory=dict)


class Page(Model):
    """How many rows one page of a list holds."""

    default: Annotated[int, Ge(1), Le(1_000), about("Without a limit parameter.", 20)] = 20
    max: Annotated[int, Ge(1), Le(1_000), about("At most.", 100)] = 100

    @model_validator(mode="before")
    @classmethod
    def _default_within(cls, value: Any) -> Any:
        """Lower the default to a smaller `max` that stands alone."""
        if isinstance(value, dict) and "default" not in value:
            most = value.get("max")
            if isinstance(most, int) and 1 <= most < 20:
                return {**value, "default": most}
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.default > self.max:
            raise Refusal(
                "E-RANGE",
                f"The default page of {self.default} is longer than max {self.max}",
                "Lower the default.",
                ("default",),
            )
        return self


class Resource(Model):
    """A kind of thing that a tenant has."""

    description: Annotated[Prose | None, about("What it is.", "An invoice.")] = None
    plural: Annotated[
        PluralName | None, about("Its plural, when it is irregular.", "people")
    ] = None
    parent: Annotated[str | None, about("The resource that it is a part of.", "invoice")] = None
    owner: Annotated[
        FieldName | None,
        about("A field that holds who created the row; set by the service.", "owner_id"),
    ] = None
    fields: Annotated[
        dict[FieldName, Field],
        MinLen(1),
        MaxLen(200),
        about("Its fields.", {"title": {"type": "string", "max": 200}}),
    ]
    unique: Annotated[
        tuple[Annotated[tuple[str, ...], BeforeValidator(distinct), MinLen(1), MaxLen(10)], ...],
        MaxLen(20),
        about("Fields that no two rows of a tenant share.", [["number"]]),
    ] = ()
    actions: Annotated[
        dict[ActionName, Action],
        MaxLen(50),
        about("Operations beyond the usual five.", {"send": {"on": "item", "step_up": "5m"}}),
    ] = Key(default_factory=dict)
    page: Annotated[Page, about("The page of a list.", {"default": 20, "max": 100})] = Page()
    idempotent: Annotated[
        Literal["required", "optional"],
        about("Whether create needs an Idempotency-Key.", "required"),
    ] = "optional"
    body_max: Annotated[BodySize, about("The longest body, in bytes.", "64KiB")] = 65_536


class Rate(Model):
    """`count` requests in `seconds`."""

    count: int
    seconds: int


class Unlimited(Model):
    """No limit, and the reason why."""

    unlimited_because: Annotated[
        Line, MinLen(10), about("Why nothing limits it.", "A batch import runs at night.")
    ]


def _rate(value: object) -> Rate:
    if isinstance(value, Rate):
        return value
    if isinstance(value, dict):
        raise Refusal("E-RATE", "This cannot be unlimited", "Write a rate, such as 30/min.")
    if not isinstance(value, str):
        raise Refusal("E-RATE", f"{quote(value)} is not a rate", "Write it as 60/min.")
    count, seconds = rate(value)
    return Rate(count=count, seconds=seconds)


RateText = Annotated[Rate, BeforeValidator(_rate), RATE_SCHEMA]
Limit = Annotated[
    Annotated[RateText, Tag("rate")] | Annotated[Unlimited, Tag("unlimited")],
    Discriminator(lambda value: "unlimited" if isinstance(value, dict | Unlimited) else "rate"),
]


class Limits(Model):
    """How often each may call."""

    user: Annotated[Limit, about("Of one user.", "60/min")] = Rate(count=300, seconds=60)
    token: Annotated[Limit, about("Of one token.", "60/min")] = Rate(count=300, seconds=60)
    tenant: Annotated[Limit, about("Of one tenant.", "1200/min")] = Rate(count=3_000, seconds=60)
    failed_authentication: Annotated[
        RateText, about("Of failed authentications from one address.", "20/min")
    ] = Rate(count=30, seconds=60)


class Audit(Model):
    """The append-only record of every decision."""

    retain: Annotated[Retention, about("How many days it is kept.", "400d")] = 400


def _version(value: object) -> object:
    if value is True or value != 1:
        raise Refusal(
            "E-VERSION", f"{quote(value)} is not a version of the language", "Write scaffold: 1."
        )
    return value


class Spec(Model):
    """A whole spec."""

    scaffold: Annotated[
        Literal[1], BeforeValidator(_version), about("The version of the language.", 1)
    ]
    service: Annotated[Service, about("The service.")]
    tenancy: Annotated[Tenancy, about("Whose the data is.")]
    identity: Annotated[Identity, about("Who signs the tokens.")]
    roles: Annotated[dict[RoleName, Role], MinLen(1), about("Who may do what.")]
    resources: Annotated[dict[ResourceName, Resource], MinLen(1), about("What there is.")]
    limits: Annotated[Limits, about("How often.")] = Limits()
    audit: Annotated[Audit, about("The audit log.")] = Audit()

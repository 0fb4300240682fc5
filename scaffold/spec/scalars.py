"""The words of the language that are more than text: durations, sizes, rates, names, URLs.

Each is an annotated type: the annotation reads the spelling of the spec, and carries the JSON
Schema of that spelling for editors.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlsplit

from annotated_types import MaxLen, MinLen
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from . import names
from .problems import Refusal, quote

_DURATION = re.compile(r"(0|[1-9][0-9]{0,9})([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SIZE = re.compile(r"([1-9][0-9]{0,9})(B|KiB|MiB)", re.ASCII)
_BYTES = {"B": 1, "KiB": 1_024, "MiB": 1_048_576}
_MEDIA_TYPE = r"[A-Za-z0-9!#$&^_.+-]+(/[A-Za-z0-9!#$&^_.+-]+)?"
_RATE = re.compile(r"([1-9][0-9]{0,6})/(s|min|h|day)", re.ASCII)
_PERIODS = {"s": 1, "min": 60, "h": 3_600, "day": 86_400}

_REGISTERED_CLAIMS = frozenset({
    "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "azp", "scope", "auth_time", "acr", "amr",
    "nonce", "typ",
})  # fmt: skip

MAX_RATE = 1_000_000
MIN_BODY = 1_024
MAX_BODY = 16 * 1_048_576
DAY = 86_400
"""Seconds."""


def seconds(text: str) -> int:
    """The seconds of a duration such as `5m` or `400d`."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise Refusal(
            "E-DURATION",
            f"{quote(text)} is not a duration",
            "Write a whole number and s, m, h or d, such as 5m.",
        )
    return int(found[1]) * _SECONDS[found[2]]


def size(text: str) -> int:
    """The bytes of a size such as `64KiB`."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise Refusal(
            "E-SIZE",
            f"{quote(text)} is not a size",
            "Write a whole number and B, KiB or MiB, such as 64KiB.",
        )
    return int(found[1]) * _BYTES[found[2]]


def rate(text: str) -> tuple[int, int]:
    """The count and the seconds of a rate such as `60/min`."""
    found = _RATE.fullmatch(text)
    if found is None or int(found[1]) > MAX_RATE:
        raise Refusal(
            "E-RATE",
            f"{quote(text)} is not a rate",
            f"Write a count from 1 to {MAX_RATE} and /s, /min, /h or /day, such as 60/min.",
        )
    return int(found[1]), _PERIODS[found[2]]


def decimal(value: object) -> object:
    """A number that was written as a number or as text; anything else unchanged."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", value, re.ASCII):
        return Decimal(value)
    return value


def https_url(text: str) -> str:
    """An https URL without credentials, query or fragment; a trailing slash is kept."""
    wrong = f"{quote(text)} is not an https URL"
    example = "Write it as https://login.example.com/."
    if len(text) > 500 or not re.fullmatch(r"[!-~]+", text):
        raise Refusal("E-URL", wrong, example)
    if text.lower().startswith("http://"):
        raise Refusal(
            "E-URL",
            f"{quote(text)} is not an encrypted address",
            "Use https: without encryption somebody else could answer in place of the issuer.",
        )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Refusal("E-URL", wrong, example) from None
    host = parts.hostname
    if parts.scheme != "https" or not host or not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:]+", host):
        raise Refusal("E-URL", wrong, example)
    if parts.username is not None or parts.query or parts.fragment or text[-1] in "?#" or port == 0:
        raise Refusal("E-URL", f"{quote(text)} has more than a host and a path", example)
    if not text.startswith(f"https://{host}"):
        raise Refusal("E-URL", f"{quote(text)} is not in lower case", example)
    return text


_VARIABLE = r"[A-Z][A-Z0-9_]{0,39}_SECRET(_[A-Z0-9_]{1,20})?"


def secret_name(text: str) -> str:
    """The name of an environment variable that holds what a provider signs with."""
    if re.fullmatch(_VARIABLE, text, re.ASCII) is None:
        raise Refusal(
            "E-NAME",
            f"{quote(text)} cannot name an environment variable",
            "Write it as PAYMENTS_WEBHOOK_SECRET.",
        )
    return text


def single_line(text: str) -> str:
    """Text of one line, without white space around it."""
    if not text.isprintable() or text != text.strip():
        raise Refusal(
            "E-TEXT",
            "This text is not a single printable line",
            "Leave out line breaks, tabs and the white space around it.",
        )
    return text


def claim(text: str) -> str:
    """The name of a claim that an issuer may add (RFC 7519, section 4.3)."""
    if text in _REGISTERED_CLAIMS:
        raise Refusal(
            "E-RESERVED",
            f"The claim {quote(text)} has another meaning (RFC 7519)",
            "Choose a claim that the issuer adds for the tenant.",
        )
    return claim_name(text)


def claim_name(text: str) -> str:
    """The name of any claim."""
    if not re.fullmatch(r"[A-Za-z0-9_./:-]{1,100}", text, re.ASCII):
        raise Refusal(
            "E-NAME",
            f"{quote(text)} cannot name a claim",
            "Use letters, digits and . / : _ -, at most 100.",
        )
    return text


def token_type(text: str) -> str:
    """A value of `typ` in the header of a token: a media type, in lower case (RFC 7515, 4.1.9)."""
    if len(text) > 60 or not re.fullmatch(_MEDIA_TYPE, text, re.ASCII):
        raise Refusal(
            "E-VALUE",
            f"{quote(text)} is not a type of a token",
            "Write it as in the header, such as JWT or at+jwt, or none.",
        )
    return text.lower()


def enum_value(text: str) -> str:
    """A value that an enum can have."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", text, re.ASCII):
        raise Refusal(
            "E-VALUE",
            f"{quote(text)} cannot be a value of an enum",
            "Use letters, digits and _ . - inside, at most 40 characters.",
        )
    return text


def currency(text: str) -> str:
    """The code of a currency (ISO 4217)."""
    if not re.fullmatch(r"[A-Z]{3}", text, re.ASCII):
        raise Refusal("E-VALUE", f"{quote(text)} is not the code of a currency", "Write it as EUR.")
    return text


def reads(parse: Callable[[str], object]) -> BeforeValidator:
    """Reads the spelling of a word; numbers are read as they are written."""

    def read(value: object) -> object:
        if isinstance(value, str):
            return parse(value)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return parse(str(value))
        return value

    return BeforeValidator(read)


def within(low: int, high: int, code: str, message: str) -> AfterValidator:
    """Refuses a number outside its bounds."""

    def check(value: int) -> int:
        if not low <= value <= high:
            raise Refusal(code, message)
        return value

    return AfterValidator(check)


def spelled(pattern: str, **more: Any) -> WithJsonSchema:
    """The JSON Schema of a spelling, for editors."""
    return WithJsonSchema({"type": "string", "pattern": pattern, **more}, mode="validation")


def _name(check: Callable[[str], str], longest: int) -> tuple[AfterValidator, WithJsonSchema]:
    return AfterValidator(check), spelled(names.IDENTIFIER, maxLength=longest)


DURATION_SCHEMA = spelled("^(0|[1-9][0-9]{0,9})[smhd]$")

Seconds = Annotated[int, reads(seconds), DURATION_SCHEMA]
BodySize = Annotated[
    int,
    reads(size),
    within(MIN_BODY, MAX_BODY, "E-RANGE", "body_max must be from 1KiB to 16MiB"),
    spelled("^[1-9][0-9]{0,9}(B|KiB|MiB)$"),
]
DecimalNumber = Annotated[
    Decimal,
    BeforeValidator(decimal),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}]},
        mode="validation",
    ),
]

Line = Annotated[str, MinLen(1), MaxLen(200), AfterValidator(single_line)]
Title = Annotated[str, MinLen(1), MaxLen(100), AfterValidator(single_line)]
Prose = Annotated[str, AfterValidator(str.strip), MinLen(1), MaxLen(2_000)]
Url = Annotated[str, AfterValidator(https_url), spelled("^https://", maxLength=500)]

EnumValue = Annotated[str, AfterValidator(enum_value), spelled("^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
Currency = Annotated[str, AfterValidator(currency), spelled("^[A-Z]{3}$")]
SecretName = Annotated[str, AfterValidator(secret_name), spelled(f"^{_VARIABLE}$")]
ClaimName = Annotated[str, AfterValidator(claim), spelled("^[A-Za-z0-9_./:-]{1,100}$")]
RATE_SCHEMA = spelled("^[1-9][0-9]{0,6}/(s|min|h|day)$")

ServiceName = Annotated[str, *_name(names.service, names.MAX_SERVICE)]
TenantName = Annotated[str, *_name(names.tenant, names.MAX_NAME)]
EnvironmentName = Annotated[str, *_name(names.environment, names.MAX_NAME)]
AttributeName = Annotated[str, *_name(names.attribute, names.MAX_NAME)]
RoleName = Annotated[str, *_name(names.role, names.MAX_NAME)]
ResourceName = Annotated[str, *_name(names.resource, names.MAX_NAME)]
PluralName = Annotated[str, *_name(names.plural_name, names.MAX_NAME + 2)]
FieldName = Annotated[str, *_name(names.field, names.MAX_NAME)]
NestedName = Annotated[str, *_name(names.nested, names.MAX_NAME)]
ActionName = Annotated[str, *_name(names.action, names.MAX_ACTION)]

"""Names: the identifier grammar, the words that are taken, and the nearest word.

A name of the spec becomes a Python name, a column, a path segment and a name of the OpenAPI
document. The grammar is the intersection of what all of them take unquoted, and the reserved words
are those that would shadow something in one of them.
"""

import difflib
import re
import sys
from collections.abc import Collection, Iterable

from scaffold.columns import BUILT_IN
from scaffold.database.sql import RESERVED, SYSTEM_COLUMNS
from scaffold.naming import KEYWORDS, plural

from .problems import MAX_LISTED, Refusal, listing, quote, word

IDENTIFIER = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
"""Lower-case words joined by single underscores."""

MAX_SERVICE = 30
MAX_NAME = 28
"""Roles, resources, fields, attributes and environments."""
MAX_ACTION = 20

OPERATIONS = ("list", "read", "create", "update", "delete")
"""The operations that every resource has."""

EXPORT = "export"
"""The action of built-in resources that answers with rows: its grants have fields."""

WILDCARDS = frozenset({"*", "**", "all", "any", "every", "everything", "everyone", "anything"})

_MAX_COMPARED = 500

_GRAMMAR = re.compile(IDENTIFIER)

COLUMNS = frozenset(each.name for each in BUILT_IN)
"""The columns that every resource has."""
TENANT_COLUMNS = (COLUMNS - {"tenant_id"}) | {"slug", "name", "suspended_at"}
_QUERY = frozenset({"limit", "cursor", "sort"})

_BUILT_IN_KINDS = frozenset({
    "member", "membership", "tenant", "principal", "api_key", "audit_event", "export",
    "subscription", "subscription_change", "plan", "idempotency_key", "schema_migration",
    "problem", "invitation", "sign_up", "webhook_endpoint", "webhook_delivery", "outbox_message",
    "webhook_event", "webhook_account", "webhook_order", "billing_request",
    "billing_event", "meter_reading", "usage_closing",
})  # fmt: skip

BUILT_IN_RESOURCES = _BUILT_IN_KINDS | {
    "healthz",
    "readyz",
    "metrics",
    "docs",
    "openapi",
    "usage_",
    "spending_",
}

BUILT_IN_PATHS = BUILT_IN_RESOURCES | {plural(each) for each in _BUILT_IN_KINDS}

BUILT_IN_TABLES = frozenset({
    "member", "member_role", "tenant_organization", "audit_event", "idempotency_key",
    "schema_migration", "invitation", "sign_up", "subscription", "subscription_change",
    "webhook_endpoint", "webhook_delivery", "outbox_message", "webhook_event", "webhook_account",
    "webhook_order", "billing_request",
    "billing_event", "usage_closing",
})  # fmt: skip
"""The tables that every service has beside those of its tenants and resources, and beside those
whose names end in an underscore, as no name of a spec does."""

_SCHEMAS = frozenset({"public", "information_schema", "pg"})

_RUN_TIME_PACKAGES = frozenset({
    "starlette", "pydantic", "pydantic_core", "pydantic_settings", "asyncpg", "uvicorn", "uvloop",
    "httptools", "httpx", "httpx2", "structlog", "redis", "hiredis", "joserfc", "cryptography",
    "prometheus_client", "opentelemetry", "anyio", "yaml", "jinja2", "typer", "copier", "pytest",
    "hypothesis", "schemathesis", "stripe", "hooks", "tests", "scaffold", "asgi",
})  # fmt: skip


def identifier(name: str, what: str, longest: int = MAX_NAME) -> str:
    """The name, if it is an identifier of the language; `what` says what it names.

    Raises:
        Refusal: it is not an identifier, is too long, is a wildcard or a keyword of Python.
    """
    _spelled(name, what, longest)
    if name in KEYWORDS:
        raise Refusal(
            "E-RESERVED",
            f"{quote(name)} cannot name {what}: it is reserved in the Python that is emitted",
            "Choose a more specific word.",
        )
    return name


def _spelled(name: str, what: str, longest: int = MAX_NAME) -> str:
    """The name, if it is an identifier of the language, even if it is a keyword of Python."""
    if name in WILDCARDS:
        raise Refusal(
            "E-WILDCARD",
            f"{quote(name)} reads like a wildcard and cannot name {what}",
            "The language has no wildcards: name each thing, and choose another word here.",
        )
    if len(name) > longest:
        raise Refusal(
            "E-NAME",
            f"{quote(name)} is too long to name {what}",
            f"Use at most {longest} characters.",
        )
    if not _GRAMMAR.match(name) or name.endswith("\n"):
        raise Refusal(
            "E-NAME",
            f"{quote(name)} cannot name {what}",
            _spelling(name),
        )
    return name


def _spelling(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:200]).lower())
    likely = "_".join(words).lstrip("0123456789_")
    rule = "Write lower-case words joined by single underscores, beginning with a letter"
    return f'{rule}, such as "{likely}".' if likely and _GRAMMAR.match(likely) else f"{rule}."


def service(name: str) -> str:
    """A name that the emitted package can have."""
    identifier(name, "a service", MAX_SERVICE)
    if name in sys.stdlib_module_names:
        raise _taken(name, "a service", "a module of Python's standard library has that name")
    if name in _RUN_TIME_PACKAGES:
        raise _taken(name, "a service", "a package that the service needs has that name")
    if name in _SCHEMAS | RESERVED or name.startswith("pg_"):
        raise _taken(name, "a service", "PostgreSQL reserves that name")
    return name


def tenant(name: str) -> str:
    """A word for what a tenant is called, which is also a table."""
    identifier(name, "a tenant")
    if name in BUILT_IN_TABLES:
        raise _taken(name, "a tenant", "the service has a table of that name built in")
    return name


def environment(name: str) -> str:
    """The name of an environment."""
    return identifier(name, "an environment")


def role(name: str) -> str:
    """The name of a role."""
    return identifier(name, "a role")


def attribute(name: str) -> str:
    """The name of an attribute of a tenant or user."""
    identifier(name, "an attribute")
    if name == "id":
        raise _taken(name, "an attribute", "every tenant and user has an id")
    return name


def resource(name: str) -> str:
    """The name of a resource."""
    identifier(name, "a resource")
    if name in BUILT_IN_RESOURCES:
        raise _taken(name, "a resource", "the service has it built in")
    if name in BUILT_IN_TABLES:
        raise _taken(name, "a resource", "the service has a table of that name built in")
    return name


def plural_name(name: str) -> str:
    """A plural that a path can begin with."""
    identifier(name, "a collection")
    if name in BUILT_IN_PATHS:
        raise _taken(name, "a collection", "the service has a path of that name built in")
    return name


def field(name: str) -> str:
    """The name of a field of a resource, which is also a column and a query parameter."""
    nested(name)
    if name in COLUMNS:
        raise _taken(name, "a field", "every resource has it built in")
    if name in SYSTEM_COLUMNS:
        raise _taken(name, "a field", "every table of PostgreSQL has a column of that name")
    if name in _QUERY:
        raise _taken(name, "a field", "it is a query parameter of every list")
    return name


def nested(name: str) -> str:
    """The name of a field of an object or an action's input."""
    return _spelled(name, "a field")


def action(name: str) -> str:
    """The name of an action."""
    identifier(name, "an action", MAX_ACTION)
    if name in OPERATIONS:
        raise _taken(name, "an action", "every resource has that operation")
    return name


def _taken(name: str, what: str, why: str) -> Refusal:
    return Refusal("E-RESERVED", f"{quote(name)} cannot name {what}: {why}", "Choose another word.")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known word that `name` was most likely meant to be."""
    # Few words are compared, in an order of their own: large specs stay fast, and one mistake has
    # one message.
    short = name[: 2 * MAX_NAME]
    near = sorted(each for each in known if abs(len(each) - len(short)) <= 2 + len(short) // 3)
    near.sort(key=lambda each: each[:1] != short[:1])
    found = difflib.get_close_matches(short, near[:_MAX_COMPARED], n=1, cutoff=0.6)
    return found[0] if found else None


def suggestion(name: str, known: Collection[str]) -> str:
    """A hint: the nearest known word, or the known words."""
    if name.lower() in WILDCARDS:
        return f"The language has no wildcards: name each one, such as {listing(sorted(known))}."
    near = nearest(name, known)
    if near is not None:
        return f"Did you mean {word(near)}?"
    return f"Known: {listing(_by_nearness(name, known), 'and')}." if known else ""


def _by_nearness(name: str, known: Collection[str]) -> list[str]:
    """The known words in their order; the nearest first where the list will be cut."""
    words = sorted(known)
    if len(words) <= MAX_LISTED:
        return words
    matcher = difflib.SequenceMatcher(b=name[: 2 * MAX_NAME], autojunk=False)

    def distance(each: str) -> float:
        matcher.set_seq1(each)
        return -matcher.ratio()

    return sorted(words[:_MAX_COMPARED], key=distance) + words[_MAX_COMPARED:]

"""Structured logs: one JSON object a line, classified values replaced."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

REDACTED: Final = "[redacted]"
CLASSIFIED: Final = frozenset(
    {
        "authorization",
        "cookie",
        "password",
        "secret",
        "token",
        "address",
        "copy_to",
        "digest",
        "email",
        "former_digest",
        "former_secret_version",
        "key",
        "name",
        "payer_account",
        "payload",
        "phone",
        "price",
        "provider_reference",
        "reference",
        "remark",
        "secret_version",
        "subject",
        "tax_number",
        "url",
    }
)
"""Names whose values never reach a log: credentials, and the fields classified in the spec."""

Event = MutableMapping[str, Any]


def redact(_logger: object, _method: str, event: Event) -> Event:
    """A structlog processor: replaces classified values, however deep they are."""
    for name, value in event.items():
        if name in CLASSIFIED:
            event[name] = REDACTED
        elif isinstance(value, dict):
            event[name] = redact(None, "", dict(value))
        elif isinstance(value, list):
            event[name] = [
                redact(None, "", dict(each)) if isinstance(each, dict) else each
                for each in value
            ]
    return event


def stack(error: BaseException) -> str:
    """Where an exception, and those that led to it, were raised: without their messages, in which
    values can be that redaction hides."""
    found: list[str] = []
    each: BaseException | None = error
    while each is not None:
        name = f"{type(each).__module__}.{type(each).__qualname__}\n"
        found = [*traceback.format_tb(each.__traceback__), name, *found]
        if isinstance(each, BaseExceptionGroup):
            found += [stack(inner) for inner in each.exceptions]
        each = each.__cause__ or (
            None if each.__suppress_context__ else each.__context__
        )
    return "".join(found)


def configure(level: str = "INFO", *, development: bool = False) -> None:
    """Sets structured logging up for the process; `level` as in the standard library.

    In development stack traces have the messages of exceptions.
    """
    exceptions = structlog.processors.ExceptionRenderer(lambda found: stack(found[1]))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.processors.format_exc_info if development else exceptions,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level]
        ),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )

"""Structured logs: one JSON object a line, classified values replaced."""

import logging
import sys
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
        "email",
        "payer_account",
        "phone",
        "provider_reference",
        "remark",
        "tax_number",
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


def configure(level: str = "INFO") -> None:
    """Sets structured logging up for the process; `level` as in the standard library."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level]
        ),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )

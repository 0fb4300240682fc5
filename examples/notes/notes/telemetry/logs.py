"""Structured logs: one JSON object a line, classified values and card numbers replaced."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

from notes.gate.cards import hide_cards

REDACTED: Final = "[redacted]"
CLASSIFIED: Final = frozenset(
    {
        "authorization",
        "cookie",
        "password",
        "secret",
        "token",
    }
)
"""Names whose values never reach a log: credentials, and the fields classified in the spec."""

Event = MutableMapping[str, Any]


def redact(_logger: object, _method: str, event: Event) -> Event:
    """A structlog processor: replaces classified values, and numbers of payment cards wherever
    they are, however deep."""
    for name, value in event.items():
        event[name] = REDACTED if name in CLASSIFIED else _redacted(value)
    return event


def _redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return redact(None, "", {_redacted(name): each for name, each in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(each) for each in value]
    if isinstance(value, str):
        return hide_cards(value)
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and hide_cards(str(value)) != str(value)
    ):
        return REDACTED
    return value


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
            structlog.processors.format_exc_info if development else exceptions,
            redact,  # stack traces, too
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level]
        ),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )

"""Plain scalars of YAML: the core schema of YAML 1.2, without what other readers read otherwise."""

import re
from decimal import Decimal

from .problems import Refusal, quote

MAX_DIGITS = 18

Scalar = str | int | bool | Decimal

_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_OTHER_BASE = re.compile(r"0[xo][0-9a-fA-F]+|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII)
_NUMERIC = frozenset("+-.0123456789")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = {"true": True, "false": False}
_AMBIGUOUS = frozenset({
    "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "True", "TRUE",
    "False", "FALSE",
})  # fmt: skip


def resolve(text: str) -> Scalar:
    """The value of a plain scalar.

    Raises:
        Refusal: it is null, not a plain decimal number, or a boolean to some readers only.
    """
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if text in _AMBIGUOUS:
        raise Refusal(
            "E-AMBIGUOUS",
            f"{text} is text to some readers of YAML and a boolean to others",
            f'Write "{text}" in quotes, or true or false.',
        )
    if text in _NULL:
        raise Refusal("E-EMPTY", "There is no value here", "Write one, or remove the key.")
    return _number(text) if text[0] in _NUMERIC else text


def is_typed(text: str) -> bool:
    """Whether a plain scalar is not text but a boolean, null or number."""
    return (
        text in _BOOLEAN
        or text in _NULL
        or _FLOAT.fullmatch(text) is not None
        or _OTHER_BASE.fullmatch(text) is not None
    )


def _number(text: str) -> Scalar:
    if _INTEGER.fullmatch(text):
        digits = text.lstrip("+-")
        if len(digits) > MAX_DIGITS:
            raise _refused(f"A number has more than {MAX_DIGITS} digits")
        if len(digits) > 1 and digits[0] == "0":
            raise _refused(f"{text} is an octal number to some readers of YAML")
        return int(text)
    if _FLOAT.fullmatch(text):
        if len(text) > 40 or "e" in text.lower():
            raise _refused(f"{quote(text)} is not in plain notation")
        return Decimal(text)
    if _OTHER_BASE.fullmatch(text):
        raise _refused(f"{quote(text)} is not a decimal number")
    return text


def _refused(wrong: str) -> Refusal:
    return Refusal(
        "E-NUMBER", wrong, "Write a plain decimal number, or put it in quotes when it is text."
    )

"""Text of the spec inside the files of a project: one function a language, none can be left."""

from __future__ import annotations

import re

_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_MARKDOWN = re.compile(r"([\\`*_\[\]<>&~|#!$@{}])")


def python(value: object) -> str:
    """A value as a Python literal. Text in double quotes, as the formatter has it."""
    if isinstance(value, str):
        text = repr(value)
        if text.startswith("'") and '"' not in text:
            text = '"' + text[1:-1].replace("\\'", "'") + '"'
        return text
    if isinstance(value, tuple | list):
        inner = ", ".join(python(each) for each in value)
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"({inner}{comma})" if isinstance(value, tuple) else f"[{inner}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{python(name)}: {python(each)}' for name, each in value.items())}}}"
    return repr(value)


def raw(pattern: str) -> str:
    """A regular expression as a raw literal of Python where that is possible."""
    if '"' not in pattern and not pattern.endswith("\\") and pattern.isprintable():
        return f'r"{pattern}"'
    return python(pattern)


def toml(text: str) -> str:
    """A basic string of TOML."""
    return _double_quoted(text)


def yaml(text: str) -> str:
    """A double-quoted scalar of YAML."""
    return _double_quoted(text)


def markdown(text: str) -> str:
    """A phrase of Markdown on one line, without markup, HTML, links or mentions."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return _MARKDOWN.sub(r"\\\1", line).replace("://", ":\\//")


def _double_quoted(text: str) -> str:
    """What TOML and YAML agree on: printable characters, and escapes for all others."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"

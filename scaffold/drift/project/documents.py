"""YAML of configuration files as plain data that knows its lines.

A configuration file is input from outside: nothing is constructed, aliases cost what they expand
to, and depth and size are bounded. Every scalar stays text, so that `true` and `"true"` are the
same and a key `on` is no truth value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

MAX_BYTES: Final = 512 * 1024
MAX_DEPTH: Final = 60
MAX_VALUES: Final = 40_000
"""Values of a file, with what its aliases expand to."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE: Final = "tag:yaml.org,2002:"


class Unreadable(ValueError):
    """A file is not what its name says; the message says why, and `line` where."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


class Text(str):
    """A scalar. `line` is that of its first character; `plain` says that it stood in no quotes."""

    line: int = 1
    plain: bool = True


class Rows(list[Any]):
    """A list."""

    line: int = 1


class Table(dict[str, Any]):
    """A mapping; `line` is that of its key, where it has one."""

    line: int = 1

    def table(self, key: str) -> Table:
        """The mapping of a key, or an empty one."""
        found = self.get(key)
        return found if isinstance(found, Table) else Table()

    def text(self, key: str) -> str:
        """The text of a key, or none."""
        found = self.get(key)
        return found if isinstance(found, str) else ""

    def tables(self, key: str) -> list[Table]:
        """The mappings of a list."""
        found = self.get(key)
        rows = found if isinstance(found, Rows) else ()
        return [each for each in rows if isinstance(each, Table)]

    def line_of(self, key: str) -> int:
        """The line on which the value of a key begins."""
        return getattr(self.get(key), "line", self.line)


def entries(text: str, name: str, most: int) -> list[tuple[int, dict[str, str]]]:
    """The entries of a file whose one key has a list of mappings of text, each with its line.

    Every value is the text that it is written as: one such as `no` stays that.

    Raises:
        Unreadable: the file has another form, or more than `most` entries.
    """
    found = read(text, plain=True)
    if len(found) > 1:
        raise Unreadable("there is to be one document", line_of(found[1]))
    if not found or found[0] in ("", None):
        return []
    (document,) = found
    if not isinstance(document, Table) or [*document] != [name]:
        raise Unreadable(f"there is to be a mapping whose only key is {name}", line_of(document))
    rows = document[name]
    if isinstance(rows, str) and not rows:
        return []
    if not isinstance(rows, Rows):
        raise Unreadable(f"there is to be a list behind {name}", line_of(rows))
    if len(rows) > most:
        raise Unreadable(f"there are more than {most} entries", line_of(rows[most]))
    made = []
    for each in rows:
        if not isinstance(each, Table):
            raise Unreadable("an entry is to be a mapping", line_of(each))
        for value in each.values():
            if not isinstance(value, str):
                raise Unreadable("there is to be text", line_of(value))
        made.append((each.line, {key: str(value) for key, value in each.items()}))
    return made


def line_of(value: Any) -> int:
    """The line of a value."""
    return getattr(value, "line", 1)


def listed(value: Any) -> list[str]:
    """The texts of a list, or of a text that stands for a list of one."""
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, list):
        return [each for each in value if isinstance(each, str)]
    return []


@dataclass(slots=True)
class _Open:
    value: Rows | Table
    weight: int
    anchor: str | None
    opaque: str = ""
    key: str | None = None
    merged: set[str] = field(default_factory=set)
    """Keys that came by `<<`, which a key of its own replaces."""


def read(text: str, *, plain: bool = False) -> list[Any]:
    """The documents of a file.

    One that is `plain` has no anchors, aliases, merged keys and tags: each value stands where it
    is.

    Raises:
        Unreadable: it is no YAML, says a key twice, or is larger or deeper than is sensible.
    """
    if len(text) > MAX_BYTES:
        raise Unreadable("it is larger than 512 KiB")
    try:
        return list(_documents(text, plain=plain))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        if isinstance(error, Unreadable):
            raise
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise Unreadable(f"it is no YAML{where}", mark.line + 1 if mark else 1) from None


def _documents(text: str, *, plain: bool) -> Iterator[Any]:
    stack: list[_Open] = []
    anchors: dict[str, tuple[Any, int]] = {}
    total = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if plain and (getattr(event, "anchor", None) or getattr(event, "tag", None)):
            said = "there is an anchor, an alias or a tag: write out what is meant"
            raise Unreadable(said, _line(event))
        if isinstance(event, yaml.DocumentStartEvent):
            anchors, done = {}, None
            continue
        if isinstance(event, yaml.DocumentEndEvent):
            yield done
            continue
        value: Any
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise Unreadable(f"*{event.anchor} stands for nothing, or for itself")
            value, weight = anchors[event.anchor]
        elif isinstance(event, yaml.ScalarEvent):
            value, weight = _scalar(event, folds=not plain), 1
            if event.anchor:
                anchors[event.anchor] = (value, 1)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(stack) >= MAX_DEPTH:
                raise Unreadable(f"it is nested deeper than {MAX_DEPTH}", _line(event))
            opened = Table() if isinstance(event, yaml.MappingStartEvent) else Rows()
            opened.line = _line(event)
            tag = event.tag or ""
            opaque = "" if not tag or tag.startswith(_CORE) else tag
            stack.append(_Open(opened, 1, event.anchor, opaque))
            continue
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            closed = stack.pop()
            value, weight = closed.value, closed.weight
            if closed.opaque:
                value = Text(" ".join((closed.opaque, *listed(list(closed.value)))))
                value.line = closed.value.line
            if closed.anchor:
                anchors[closed.anchor] = (value, weight)
        else:
            continue
        total += weight if isinstance(event, yaml.AliasEvent) else 1
        if total > MAX_VALUES:
            raise Unreadable(f"it has more than {MAX_VALUES} values", _line(event))
        if not stack:
            done = value
            continue
        top = stack[-1]
        if plain and value == "<<" and isinstance(top.value, Table) and top.key is None:
            raise Unreadable("<< merges mappings: write out what is meant", _line(event))
        top.weight += weight
        _put(top, value, event)


def _put(top: _Open, value: Any, event: Any) -> None:
    if isinstance(top.value, Rows):
        top.value.append(value)
    elif top.key is None:
        if not isinstance(value, str):
            raise Unreadable(f"a key in line {_line(event)} is no text", _line(event))
        if value in top.value and value not in top.merged and value != "<<":
            raise Unreadable(f"it says {value[:40]!r} twice", _line(event))
        top.key = value
    else:
        key, top.key = top.key, None
        if key == "<<":
            sources = value if isinstance(value, Rows) else [value]
            for each in sources:
                if not isinstance(each, Table):
                    raise Unreadable("<< merges something that is no mapping")
                for name, found in each.items():
                    if name not in top.value:
                        top.value[name] = found
                        top.merged.add(name)
        else:
            top.value[key] = value
            top.merged.discard(key)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: yaml.ScalarEvent, *, folds: bool) -> Text:
    value = event.value
    plain = not event.style
    if folds and plain and value in ("True", "TRUE", "False", "FALSE"):
        value = value.lower()
    if folds and plain and value in ("null", "Null", "NULL", "~"):
        value = ""
    found = Text(value)
    found.line = _line(event) + (event.style in ("|", ">"))
    found.plain = plain
    return found

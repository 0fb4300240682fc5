"""YAML to plain data with positions, for input from outside.

Accepted is the part of YAML 1.2 that a spec needs: one document of mappings, lists and scalars.
Everything that makes YAML surprising or expensive is refused at its position: aliases and anchors,
tags, directives, merge keys, duplicate and non-text keys, `yes` and `NO`, octal numbers, control
and bidirectional characters. Depth, size and the number of values are bounded, the parser's events
are read in a loop without recursion, and no value is ever executed or constructed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import yaml

from .plain import Scalar, is_typed, resolve
from .positions import Node, Positions
from .problems import MAX_PROBLEMS, Path, Problem, Refusal, SpecError, escape, quote, word
from .versions import NEWEST

MAX_BYTES = 8 * 2**20
MAX_VALUES = 250_000
MAX_DEPTH = 20
MAX_SCALAR = 64 * 2**10

Data = Scalar | None | tuple["Data", ...] | dict[str, "Data"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where the wheel has it, else the slower pure parser; only the events are used."""

# Control characters but tab and line breaks; what changes the direction of text or is invisible;
# line separators that only some readers know; surrogates, non-characters and language tags.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
BREAK = re.compile("\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Document:
    """The plain data of a spec (lists are tuples) and where each part of it stands."""

    data: dict[str, Data]
    positions: Positions


def parse(text: str | bytes, source: str) -> Document:
    """The document that `text` holds.

    Raises:
        SpecError: it is not the YAML that a spec may use.
    """
    return _Builder(_decoded(text, source), source).build()


def _refuse(source: str, code: str, message: str, hint: str, line: int, column: int) -> NoReturn:
    raise SpecError(source, [Problem(code, message, hint, (), line, column)])


def _decoded(text: str | bytes, source: str) -> str:
    if len(text) > MAX_BYTES:
        _refuse(
            source, "E-SIZE", f"The spec is larger than {MAX_BYTES >> 20} MiB", "Split it.", 1, 1
        )
    if isinstance(text, bytes):
        try:
            text = str(text, "utf-8")
        except UnicodeDecodeError as error:
            before = str(error.object[: error.start], "utf-8")
            byte = f"0x{error.object[error.start]:02x}"
            place = _place(before, len(before))
            _refuse(source, "E-ENCODING", f"Byte {byte} is not UTF-8", "Save it as UTF-8.", *place)
    # An editor's byte order mark at the very start is harmless; anywhere else it is refused below.
    text = text.removeprefix("\ufeff")
    found = _UNPRINTABLE.search(text)
    if found is not None:
        _refuse(
            source,
            "E-CHARACTER",
            f"The character U+{ord(found[0]):04X} is invisible or changes how the text reads",
            "Remove it.",
            *_place(text, found.start()),
        )
    return text


def _place(text: str, offset: int) -> tuple[int, int]:
    line, start = 1, 0
    for found in BREAK.finditer(text, 0, offset):
        line, start = line + 1, found.end()
    return line, offset - start + 1


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not been read yet."""

    node: Node
    data: dict[str, Data] | list[Data]
    key: str | None = None
    """The key of a mapping whose value comes next."""
    ignored: bool = False
    """The key was refused: its value is read and dropped."""
    key_line: int = 0
    key_column: int = 0


class _Builder:
    """Builds the document from the parser's events, on a stack of its own."""

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.values = 0
        self.documents = 0
        self.root: tuple[Node, Data] | None = None

    def build(self) -> Document:
        try:
            for event in self._events():
                self._read(event)
                if len(self.problems) >= MAX_PROBLEMS:
                    break
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
        except (yaml.YAMLError, ValueError, OverflowError):
            # The pure parser has no mark for bad escapes such as "\UFFFFFFFF".
            self._add(
                "E-SYNTAX",
                "An escape does not stand for a character",
                "Write the character itself.",
                1,
                1,
            )
        if self.problems:
            raise SpecError(self.source, self.problems)
        if self.root is None or not isinstance(self.root[1], dict):
            wrong = "The spec is empty" if self.root is None else "The spec is not a mapping"
            _refuse(self.source, "E-EMPTY", wrong, f"Begin with scaffold: {NEWEST}.", 1, 1)
        return Document(self.root[1], Positions(self.root[0]))

    def _events(self) -> Iterator[yaml.Event]:
        events: Iterator[yaml.Event] = yaml.parse(self.text, Loader=_LOADER)
        return events

    def _read(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent():
                self._start(event, {})
            case yaml.SequenceStartEvent():
                self._start(event, [])
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end()
            case yaml.AliasEvent():
                self._stop(
                    event,
                    "E-ALIAS",
                    f"*{word(event.anchor or '')} is an alias",
                    "A spec has neither aliases nor wildcards: write out what is meant.",
                )
            case yaml.DocumentStartEvent():
                self._document(event)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            self._stop(event, "E-DOCUMENTS", "A second document begins", "A spec is one document.")
        if event.version or event.tags:
            self._stop(event, "E-DIRECTIVE", "There is a YAML directive here", "Remove it.")

    def _start(self, event: yaml.CollectionStartEvent, data: dict[str, Data] | list[Data]) -> None:
        self._check(event)
        if self._awaits_key():
            self._stop(
                event, "E-KEY", "A key is a mapping or a list", "Keys are plain text: name: value."
            )
        if len(self.stack) >= MAX_DEPTH:
            self._stop(
                event, "E-DEPTH", f"The spec is nested deeper than {MAX_DEPTH}", "Nest less deep."
            )
        node = self._node(event)
        node.children = {} if isinstance(data, dict) else []
        self.stack.append(_Open(node, data))

    def _end(self) -> None:
        done = self.stack.pop()
        self._attach(done.node, tuple(done.data) if isinstance(done.data, list) else done.data)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._check(event)
        if len(event.value) > MAX_SCALAR:
            self._stop(event, "E-SIZE", "A text is longer than 64 KiB", "Shorten it.")
        if found := _UNPRINTABLE.search(event.value):
            self._stop(
                event,
                "E-CHARACTER",
                f"An escape hides the character U+{ord(found[0]):04X}",
                "Remove it.",
            )
        if self._awaits_key():
            self._key(event)
            return
        node = self._node(event)
        plain = not event.style
        self._attach(node, self._plain(event.value, node) if plain else event.value)

    def _key(self, event: yaml.ScalarEvent) -> None:
        top = self.stack[-1]
        key: str = event.value
        top.key, top.ignored = key, False
        top.key_line, top.key_column = _mark(event)
        if not event.style and (key == "<<" or is_typed(key)):
            top.ignored = True
            if key == "<<":
                self._problem(event, "E-MERGE-KEY", "<< merges mappings", "Write the keys out.")
            else:
                self._problem(
                    event, "E-KEY", f"The key {quote(key)} is not text", "Keys are names."
                )
        elif isinstance(top.node.children, dict) and key in top.node.children:
            top.ignored = True
            first = top.node.children[key].key_line
            self._problem(
                event,
                "E-DUPLICATE-KEY",
                f"The key {quote(key)} occurs twice: it is on line {first} too",
                "Remove one of the two.",
            )

    def _awaits_key(self) -> bool:
        return (
            bool(self.stack)
            and isinstance(self.stack[-1].data, dict)
            and self.stack[-1].key is None
        )

    def _check(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            self._stop(event, "E-SIZE", f"The spec has more than {MAX_VALUES} values", "Split it.")
        if event.anchor is not None:
            self._problem(event, "E-ALIAS", "There is an anchor here", "Remove it.")
        if event.tag is not None:
            self._problem(event, "E-TAG", "There is a tag here", "Remove it.")

    def _node(self, event: yaml.Event) -> Node:
        line, column = _mark(event)
        top = self.stack[-1] if self.stack else None
        if top is None or isinstance(top.data, list):
            return Node(line, column, line, column)
        return Node(line, column, top.key_line, top.key_column)

    def _attach(self, node: Node, value: Data) -> None:
        if not self.stack:
            self.root = node, value
            return
        top = self.stack[-1]
        if isinstance(top.data, list):
            top.data.append(value)
            if isinstance(top.node.children, list):
                top.node.children.append(node)
            return
        if top.key is not None and not top.ignored:
            top.data[top.key] = value
            if isinstance(top.node.children, dict):
                top.node.children[top.key] = node
        top.key = None

    def _plain(self, text: str, node: Node) -> Scalar | None:
        if text == "null" and self._in_condition():
            return None
        try:
            return resolve(text)
        except Refusal as refusal:
            # Of a value that is not there only the key has a place.
            line, column = (node.line, node.column) if text else (node.key_line, node.key_column)
            self._add(refusal.code, refusal.message, refusal.hint, line, column)
            return text

    def _in_condition(self) -> bool:
        """Is this what a condition compares with? Nowhere else is null a value."""
        match self._path():
            case ("roles", _, "can", int(), "when", _, *keys):
                return keys in ([], ["not"])
        return False

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        at = self.text[mark.index : mark.index + 1] if mark else ""
        if not at and error.context_mark:
            mark = error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if error.context and "alias" in error.context:
            if error.context_mark:
                line, column = error.context_mark.line + 1, error.context_mark.column + 1
            code, message = "E-WILDCARD", "* is not a value"
            hint = "The language has no wildcards: name each thing."
        elif not at:
            code, message = "E-SYNTAX", "What begins here does not end"
            hint = "Close the bracket or the quotation mark."
        elif at == "\t":
            code, message, hint = "E-SYNTAX", "There is a tab here", "Indent with spaces."
        elif at in ("@", "`", "%"):
            code, message = "E-SYNTAX", f"{at} cannot begin a value"
            hint = "Put the text in quotes."
        else:
            code = "E-SYNTAX"
            message = f"The YAML is not valid here: {escape(str(error.problem)[:100])}"
            hint = 'Look at the indentation, at brackets, and at text that needs quotes ("a: b").'
        self._add(code, message, hint, line, column)

    def _problem(self, event: yaml.Event, code: str, message: str, hint: str) -> None:
        self._add(code, message, hint, *_mark(event))

    def _add(self, code: str, message: str, hint: str, line: int, column: int) -> None:
        self.problems.append(Problem(code, message, hint, self._path(), line, column))

    def _stop(self, event: yaml.Event, code: str, message: str, hint: str) -> NoReturn:
        self._problem(event, code, message, hint)
        raise SpecError(self.source, self.problems)

    def _path(self) -> Path:
        path: list[str | int] = []
        for each in self.stack:
            if isinstance(each.data, list):
                path.append(len(each.data))
            elif each.key is not None:
                path.append(each.key)
        return tuple(path)


def _mark(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)

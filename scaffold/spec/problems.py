"""What is wrong with a spec, where, and what to write instead.

Everything that `scaffold.spec` refuses leaves it as a `SpecError`: a sorted, bounded list of
`Problem`s. A message may quote the spec, which is input from outside, so all quoted text passes
through `quote` or `word` and cannot steer a terminal (control and bidirectional characters are
escaped) or flood it (long text is shortened).
"""

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Keys and list indices that lead from the root of the spec to a value."""

MAX_PROBLEMS = 50
"""How many problems one error reports; the rest shows after the first ones are repaired."""

MAX_LISTED = 12
"""How many words a hint lists."""

_QUOTED_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to repair. `line` and `column` count from 1, in characters."""

    code: str
    message: str
    hint: str
    path: Path
    line: int
    column: int

    def __str__(self) -> str:
        """`line:column: message. hint`."""
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.line}:{self.column}: {self.message}.{hint}"


class SpecError(Exception):
    """The spec is refused. `problems` holds at least one problem, in order of position."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        """Keeps the first problems by position, at most `MAX_PROBLEMS` and each only once."""
        ordered = sorted(set(problems), key=lambda p: (p.line, p.column, p.code, p.message))
        self.source = source
        self.problems: tuple[Problem, ...] = tuple(ordered[:MAX_PROBLEMS])
        super().__init__(source, self.problems)

    def __str__(self) -> str:
        """One `file:line:column: message. hint` a line."""
        source = escape(self.source)
        return "\n".join(f"{source}:{problem}" for problem in self.problems)


class Refusal(ValueError):
    """A value breaks a rule of the language; raised by validators, which know no positions.

    `at` leads from the value that is validated to the part that is wrong; `named` says that its
    key is what is wrong, not its value.
    """

    def __init__(
        self, code: str, message: str, hint: str = "", at: Path = (), *, named: bool = False
    ) -> None:
        """Names the rule (`code`), what is wrong (`message`) and what to write (`hint`)."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.at = at
        self.named = named

    def within(self, *path: str | int) -> "Refusal":
        """The same refusal as seen from the value around it."""
        return Refusal(self.code, self.message, self.hint, (*path, *self.at), named=self.named)


def escape(text: str) -> str:
    """`text` with everything that is not printable as a Python escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def quote(value: object) -> str:
    """A value of the spec as it may stand in a message: escaped, shortened, quoted."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "a mapping"
        case tuple() | list():
            return "a list"
        case None:
            return "nothing"
        case str():
            return f'"{word(value)}"'
    return word(str(value))


def word(text: str) -> str:
    """A name of the spec as it may stand in a message: escaped and shortened."""
    if len(text) > _QUOTED_LENGTH:
        text = text[: _QUOTED_LENGTH - 1] + "…"
    return escape(text)


def listing(words: Iterable[str], last: str = "or") -> str:
    """`a, b or c`; at most `MAX_LISTED` words, so that a hint stays readable."""
    shown = [word(w) for w in words]
    if len(shown) > MAX_LISTED:
        return ", ".join(shown[:MAX_LISTED]) + ", …"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {last} {shown[-1]}"

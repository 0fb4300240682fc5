"""Every rule, as a table, as data, and as a page of the documents."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from scaffold.drift.ceiling import orders
from scaffold.drift.rule import Example, Rule
from scaffold.drift.rules import every

FAMILIES: Final[Mapping[str, str]] = {
    "0": "The generated files",
    "1": "The spec",
    "2": "The application as it runs",
    "3": "Your own code",
    "4": "The contract",
    "5": "The database",
    "6": "Configuration, requirements, CI and git",
    "7": "Approvals and the ceiling",
}
"""What rules are about, by the first digit of their ids."""

PAGES: Final[Mapping[str, tuple[str, str]]] = {
    "drift-rules.md": ("The rules of drift", "012457"),
    "drift-rules-of-your-files.md": ("The rules of drift for your own files", "36"),
}
"""The pages of the documents: the title of each, and the families that it has."""

_ABOUT: Final = (
    "What `scaffold diff` and `scaffold check` compare, and what somebody gains when it widens:",
    "see [drift](drift.md). `scaffold explain SCF101` prints a rule in full: what to do, a change",
    "that it finds, and one that it does not; `scaffold rules --format json` has all of them. An",
    "id stands for its rule for good. Where approval says no, a change can only be undone; where",
    "bound says yes, the [ceiling](drift.md#the-ceiling) can bound the values of its facts. The",
    "[controls](controls.md) are what a rule serves.",
)


def of(family: str, rules: Sequence[Rule]) -> list[Rule]:
    """The rules of one family."""
    return [each for each in rules if each.id.startswith(f"SCF{family}")]


def markdown() -> str:
    """All rules as one page: a table a family."""
    return "\n".join(_lines("The rules of drift", "".join(FAMILIES), ())) + "\n"


def page(name: str) -> str:
    """A page of the documents."""
    title, families = PAGES[name]
    others = [f"[{PAGES[each][0]}]({each})" for each in PAGES if each != name]
    beside = (f"On a page of their own: {', '.join(others)}.",)
    return "\n".join(_lines(title, families, beside)) + "\n"


def _lines(title: str, families: str, beside: Sequence[str]) -> Iterator[str]:
    yield f"# {title}"
    yield ""
    yield from _ABOUT
    yield from beside
    for family in families:
        found = of(family, every())
        if not found:
            continue
        yield ""
        yield f"## {FAMILIES[family]}"
        yield ""
        yield "| rule | severity | controls | approval | bound | compares | when it widens |"
        yield "|---|---|---|---|---|---|---|"
        for rule in found:
            yield f"| {' | '.join(cells(rule))} |"


def cells(rule: Rule) -> list[str]:
    """The cells of a row of a rule."""
    said = ("yes" if each else "no" for each in (rule.waivable, orders(rule)))
    words = [f"`{rule.id}` {rule.name}", rule.severity, ", ".join(rule.controls), *said]
    return [each.replace("|", "\\|") for each in (*words, rule.what, rule.why)]


def data(rule: Rule) -> dict[str, Any]:
    """A rule as plain data."""
    return {
        "id": rule.id,
        "name": rule.name,
        "severity": rule.severity,
        "layer": rule.layer,
        "controls": list(rule.controls),
        "waivable": rule.waivable,
        "bounded": bool(orders(rule)),
        "what": rule.what,
        "why": rule.why,
        "remedy": rule.remedy,
        "example": None if rule.example is None else _example(rule.example),
    }


def _example(example: Example) -> dict[str, Any]:
    return {
        "files": dict(example.files),
        "change": dict(example.change),
        "dual": dict(example.dual),
    }


def write(directory: Path) -> None:
    """Writes the pages of the documents anew."""
    for name in PAGES:
        (directory / name).write_text(page(name), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))

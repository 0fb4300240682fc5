"""Every rule, as a table, as data, and as a page of the documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

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
    "7": "Approvals",
}
"""What rules are about, by the first digit of their ids."""

_INTRODUCTION: Final = (
    "# The rules of drift",
    "",
    "What `scaffold diff` and `scaffold check` compare, and what somebody gains when it widens:",
    "see [drift](drift.md). `scaffold explain SCF101` prints a rule in full: what to do, a change",
    "that it finds, and one that it does not; `scaffold rules --format json` has all of them. An",
    "id stands for its rule for good. Where approval says no, a change can only be undone. The",
    "[controls](controls.md) are what a rule serves.",
    "",
    "This page is what `scaffold rules --format markdown` prints.",
)


def of(family: str, rules: Sequence[Rule]) -> list[Rule]:
    """The rules of one family."""
    return [each for each in rules if each.id.startswith(f"SCF{family}")]


def markdown() -> str:
    """The page of the documents: a table a family."""
    return "\n".join(_lines(every())) + "\n"


def _lines(rules: Sequence[Rule]) -> Iterator[str]:
    yield from _INTRODUCTION
    for family, title in FAMILIES.items():
        found = of(family, rules)
        if not found:
            continue
        yield ""
        yield f"## {title}"
        yield ""
        yield "| rule | severity | controls | approval | compares | when it widens |"
        yield "|---|---|---|---|---|---|"
        for rule in found:
            yield f"| {' | '.join(cells(rule))} |"


def cells(rule: Rule) -> list[str]:
    """The cells of a row of a rule."""
    waivable = "yes" if rule.waivable else "no"
    words = [f"`{rule.id}` {rule.name}", rule.severity, ", ".join(rule.controls), waivable]
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

"""What a rule is, and what it has to say about a spec."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from scaffold.lint.context import Context
from scaffold.spec.positions import Positions
from scaffold.spec.problems import Path

Severity = Literal["error", "warning", "advice"]
"""`error`: it cannot work, or is never right. `warning`: likely a weakness. `advice`: decide."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to reconsider. `line` and `column` count from 1, in characters.

    `message` says what is there, `reason` why it matters and `remedy` what to write instead;
    `controls` are ids of the catalogue of controls.
    """

    id: str
    name: str
    severity: Severity
    message: str
    reason: str
    remedy: str
    controls: tuple[str, ...]
    path: Path
    line: int
    column: int

    def __str__(self) -> str:
        """`line:column: severity id name: message. remedy`."""
        where = f"{self.line}:{self.column}"
        return f"{where}: {self.severity} {self.id} {self.name}: {self.message}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found, at the key or the list item of the spec that `path` leads to."""

    message: str
    path: Path


Check = Callable[[Context], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its documentation.

    `example` are the sections of a spec in which it finds something; with the first text of
    `repair` replaced by the second it finds nothing.
    """

    id: str
    name: str
    severity: Severity
    controls: tuple[str, ...]
    reason: str
    remedy: str
    example: str
    repair: tuple[str, str]
    check: Check

    @property
    def documentation(self) -> str:
        """What the rule looks for."""
        return " ".join((self.check.__doc__ or "").split())

    @property
    def repaired(self) -> str:
        """The example as it is right."""
        return self.example.replace(*self.repair, 1)

    def advise(self, context: Context, positions: Positions) -> Iterator[Advice]:
        """What the rule says about a spec."""
        for found in self.check(context):
            yield Advice(
                self.id,
                self.name,
                self.severity,
                found.message,
                self.reason,
                self.remedy,
                self.controls,
                positions.written(found.path),
                *positions.of(found.path),
            )


class Family:
    """The rules of one module, in the order of their ids."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def rule(
        self,
        id_: str,
        name: str,
        severity: Severity,
        *controls: str,
        reason: str,
        remedy: str,
        example: str,
        repair: tuple[str, str],
    ) -> Callable[[Check], Check]:
        """Makes a rule of the decorated check, whose docstring says what it looks for."""

        def register(check: Check) -> Check:
            self.rules.append(
                Rule(id_, name, severity, controls, reason, remedy, example, repair, check)
            )
            return check

        return register

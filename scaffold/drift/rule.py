"""A rule: one kind of fact, how its values compare, and what it means that they widen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scaffold.drift.facts import Layer
from scaffold.drift.verdict import Exact, Order

Severity = Literal["critical", "high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Example:
    """A state of a project, a change that the rule finds, and its dual, which does not block.

    `files` are the files of the project that matter, by path. `change` and `dual` each replace
    files, or add them; None takes a file away.
    """

    files: Mapping[str, str]
    change: Mapping[str, str | None]
    dual: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of fact.

    `what` says what it looks at and `why` what somebody gains when it widens, in plain sentences;
    `remedy` says what to do besides a revert. A rule that is not `waivable` cannot be approved.
    One without an example is about what no spec of this version of the language can say.
    """

    id: str
    name: str
    severity: Severity
    controls: tuple[str, ...]
    layer: Layer
    what: str
    why: str
    remedy: str
    example: Example | None
    order: Order = field(default_factory=Exact)
    waivable: bool = True
    note: bool = False
    """A change is told, and blocks nothing."""

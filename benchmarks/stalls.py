"""What happened to the requests, as a person reads it and as a program does."""

import itertools
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from benchmarks.changes import PACKAGE
from benchmarks.steady import Answered
from benchmarks.waits import Wait

LIMIT: Final = 0.1
"""Seconds that no request may wait because of a migration."""
BEFORE, BOTH, AFTER = PHASES = ("before the deployment", "both serve", "after it")
HEAD: Final = (
    "| change | s before | s after | longest, before | longest, both | longest, after | p99 |"
    " over 100 ms | longest wait for a lock | failed | given up |\n|---|" + "---:|" * 10
)
KEPT: Final = 10
"""Waits of each phase that are written down, the longest ones."""


class Phase(NamedTuple):
    """What happened to requests while something was done that took so many seconds."""

    change: str
    phase: str
    seconds: float
    answered: Sequence[Answered]
    waits: Sequence[Wait]
    faults: Sequence[str]
    """What a migration said that had to be run again."""

    @property
    def longest(self) -> float:
        """The seconds of the longest request."""
        return max(each.seconds for each in self.answered)

    @property
    def failures(self) -> list[str]:
        """Why requests failed."""
        return [f"{e.operation} of {e.release}: {e.failure}" for e in self.answered if e.failure]

    @property
    def held_up(self) -> list[Wait]:
        """The waits of requests for locks, the longest first."""
        return [each for each in self.waits if each.role == f"{PACKAGE}_app"]


def p99(answered: Iterable[Answered]) -> float:
    """The seconds that 99 of 100 requests need at most."""
    seconds = [each.seconds for each in answered]
    return statistics.quantiles(seconds, n=100, method="inclusive")[-1]


def over(answered: Iterable[Answered]) -> int:
    """How many requests took longer than the limit."""
    return sum(each.seconds > LIMIT for each in answered)


def waited(phases: Iterable[Phase]) -> float:
    """The longest wait of a request for a lock, in seconds."""
    return max((each.seconds for phase in phases for each in phase.held_up), default=0.0)


def good(phases: Sequence[Phase]) -> bool:
    """Did nothing fail, and no request wait for a lock for longer than the limit?"""
    return waited(phases) <= LIMIT and not any((*each.failures, *each.faults) for each in phases)


def brief(phase: Phase) -> str:
    """A phase in one line, for whoever waits for the end."""
    return (
        f"{phase.change}, {phase.phase}: {phase.seconds:.1f} s, "
        f"longest {_milliseconds(phase.longest)} ms, {over(phase.answered)} over the limit, "
        f"for a lock {_milliseconds(waited([phase]))} ms, {len(phase.failures)} failed"
    )


def table(phases: Sequence[Phase]) -> str:
    """A table in Markdown: a line for each change, in milliseconds where nothing else is said.

    `failed` are requests, and `given up` are runs of a migration.
    """
    lines = [HEAD]
    for change, group in itertools.groupby(phases, lambda each: each.change):
        found = list(group)
        by_phase = {each.phase: each for each in found}
        answered = [each for phase in found for each in phase.answered]
        cells = [
            *(f"{by_phase[p].seconds:.1f}" if p in by_phase else "" for p in (BEFORE, AFTER)),
            *(_milliseconds(by_phase[p].longest) if p in by_phase else "" for p in PHASES),
            _milliseconds(p99(answered)),
            f"{over(answered):,} of {len(answered):,}",
            _milliseconds(waited(found)),
            str(sum(len(each.failures) for each in found)),
            str(sum(len(each.faults) for each in found)),
        ]
        lines.append(f"| {change} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"


def document(phases: Iterable[Phase]) -> list[Mapping[str, Any]]:
    """Every figure; times are in seconds."""
    return [
        {
            "change": each.change,
            "phase": each.phase,
            "seconds": each.seconds,
            "requests": len(each.answered),
            "longest": each.longest,
            "p99": p99(each.answered),
            "over": over(each.answered),
            "slowest": [e._asdict() for e in sorted(each.answered, key=_seconds)[:KEPT]],
            "failures": each.failures,
            "waited": waited([each]),
            "waits": [wait._asdict() for wait in each.waits[:KEPT]],
            "faults": each.faults,
        }
        for each in phases
    ]


def _seconds(answered: Answered) -> float:
    return -answered.seconds

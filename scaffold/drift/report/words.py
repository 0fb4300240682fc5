"""A change in words, the same in every format, and made safe to print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scaffold.drift.change import Change
from scaffold.drift.report.report import Report
from scaffold.drift.rule import Severity
from scaffold.drift.verdict import Verdict
from scaffold.spec.problems import escape

LONG: Final = 400
"""Characters of a value that are shown; data for programs has all of it."""

VERDICTS: Final[Mapping[Verdict, str]] = {
    "equal": "the same",
    "narrowed": "narrower",
    "widened": "wider",
    "incomparable": "something else: neither wider nor narrower",
    "unknown": "nobody can tell whether it is wider",
}
LAYERS: Final = {
    "spec": "the spec",
    "tree": "the generated files",
    "application": "the application as it runs",
    "code": "your own code",
    "contract": "the contract",
    "database": "the database",
    "project": "configuration, requirements and CI",
}
CLIENTS: Final = {
    "compatible": "compatible: programs that call the service go on working",
    "breaking": "breaking: programs that call the service may stop working",
    "none": "no program that calls the service can tell",
}
SCORES: Final[Mapping[Severity, str]] = {
    "critical": "9.5",
    "high": "8.0",
    "medium": "5.5",
    "low": "3.0",
}
"""The severities as numbers of CVSS, by which code scanning sorts."""

COMMAND: Final = "scaffold approve {} --reason WHY --owner WHO --expires DATE"
WAYS_OUT: Final = (
    "Two ways out of each: undo it; or have it approved by "
    f"{COMMAND.format('FINGERPRINT')} in a change of its own, which is merged first. An approval "
    "in the change itself does not count."
)


def shown(text: str, limit: int = LONG) -> str:
    """Text of a project as it may be printed: on one line, without what steers a terminal, a
    reader or a CI system."""
    if len(text) > limit:
        text = f"{text[: limit - 1]}…"
    # The log of GitHub Actions takes this for a command wherever it stands in a line.
    return escape(text).replace("##[", "##\\x5b")


def headline(change: Change) -> str:
    """What is possible now, or else what changed."""
    return shown(change.witness) if change.witness else delta(change)


def delta(change: Change) -> str:
    """From what to what: `access.delete invoice member: absent -> always`."""
    return f"{shown(change.key)}: {shown(change.old)} -> {shown(change.now)}"


def where(change: Change) -> str:
    """`path:line`; of what is gone it is where it was."""
    gone = "" if change.after is not None else " of the base"
    return f"{shown(change.place.path)}:{change.place.line}{gone}"


def approval(change: Change) -> str:
    """Who allows it, until when, and why."""
    found = change.approval
    if found is None:
        return ""
    owner, reason = shown(found.owner), shown(found.reason)
    return f"approved by {owner} until {found.expires}: {reason}"


def counted(number: int, one: str, many: str) -> str:
    """`1 change blocks`, `2 changes block`."""
    return f"{number} {one if number == 1 else many}"


def summary(report: Report) -> str:
    """One sentence: how many block, and what else there is."""
    blocking, stale = len(report.blocking), len(report.stale)
    parts = []
    if report.failures:
        parts.append("not everything could be judged")
    if blocking:
        parts.append(counted(blocking, "change needs a look", "changes need a look"))
    if stale:
        parts.append(
            counted(stale, "generated file is", "generated files are") + " not what the spec yields"
        )
    if not parts:
        parts.append("nobody may do more than before")
    if report.approved:
        parts.append(f"{len(report.approved)} approved")
    if report.notes:
        parts.append(counted(len(report.notes), "note", "notes"))
    if report.narrowed:
        parts.append(f"{len(report.narrowed)} narrower")
    found = ", ".join(parts)
    return f"{found[0].upper()}{found[1:]}."


def looked_at(report: Report) -> str:
    """Which layers were compared."""
    found = [LAYERS[each.layer] for each in report.layers if not each.why_not]
    return ", ".join(found) or "nothing"


def not_looked_at(report: Report) -> list[str]:
    """Which layers were not, and why."""
    return [
        f"{LAYERS[each.layer]}: {shown(each.why_not)}" for each in report.layers if each.why_not
    ]

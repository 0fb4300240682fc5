"""The report for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from scaffold.drift.change import Change
from scaffold.drift.report.report import Report
from scaffold.drift.report.words import (
    CLIENTS,
    VERDICTS,
    WAYS_OUT,
    approval,
    delta,
    headline,
    looked_at,
    not_looked_at,
    shown,
    summary,
    where,
)

Paint = Callable[[str, str], str]
"""Gives a text a colour, or not."""

MAX_LISTED: Final = 20
"""How many of what does not block are listed."""
COLOURS: Final = {"critical": "magenta", "high": "red", "medium": "yellow", "low": "cyan"}


def text(report: Report, paint: Paint = lambda text, _: text) -> str:
    """What blocks first, the witness of each first; then the rest, and what it comes to."""
    return "\n".join(_lines(report, paint)) + "\n"


def _lines(report: Report, paint: Paint) -> Iterator[str]:
    yield f"Compared: {shown(report.head)} with {shown(report.base)}"
    yield f"Looked at: {looked_at(report)}"
    for each in not_looked_at(report):
        yield f"Not looked at: {each}"
    for failure in report.failures:
        yield f"{paint('not judged', 'red')}  {shown(failure)}"
    for change in report.blocking:
        yield ""
        yield from _finding(change, paint)
    if report.stale:
        yield ""
    for stale in report.stale:
        yield f"{paint('stale', 'yellow')}  {shown(stale.path)} {shown(stale.message)}"
    yield from _rest(report, paint)
    yield ""
    if report.blocking:
        yield WAYS_OUT
    colour = "green" if report.exit_code() == 0 else "red"
    yield paint(summary(report), colour)


def _finding(change: Change, paint: Paint) -> Iterator[str]:
    rule = change.rule
    lead = "Possible now: " if change.witness else "Changed: "
    said = headline(change) if change.witness else shown(change.key)
    yield f"{paint(lead.strip(), COLOURS[rule.severity])} {said}"
    severity = paint(rule.severity, COLOURS[rule.severity])
    controls = f" ({', '.join(rule.controls)})" if rule.controls else ""
    yield f"    {severity} {rule.id} {rule.name}{controls} at {where(change)}"
    if change.witness:
        yield f"    what: {shown(change.key)}"
    yield f"    from: {paint(shown(change.old), 'green')}"
    yield f"    to:   {paint(shown(change.now), 'red')} ({VERDICTS[change.verdict]})"
    yield f"    why:  {rule.why}"
    yield f"    do:   {rule.remedy}"
    if change.also:
        yield f"    also: seen by {', '.join(change.also)}"
    if change.clients != "none":
        yield f"    clients: {CLIENTS[change.clients]}"
    named = change.fingerprint if rule.waivable else "none, for this cannot be approved"
    yield f"    fingerprint: {named}"


def _rest(report: Report, paint: Paint) -> Iterator[str]:
    parts = (
        ("approved", "cyan", report.approved),
        ("note", "cyan", report.notes),
        ("narrower", "green", report.narrowed),
        ("moved", "cyan", report.moved),
    )
    for label, colour, found in parts:
        if found:
            yield ""
        for change in found[:MAX_LISTED]:
            said = f" ({approval(change)})" if change.approval is not None else ""
            breaks = ", breaking for clients" if change.clients == "breaking" else ""
            yield f"{paint(label, colour)}  {change.rule.id} {delta(change)}{breaks}{said}"
        if len(found) > MAX_LISTED:
            yield f"{paint(label, colour)}  and {len(found) - MAX_LISTED} more"

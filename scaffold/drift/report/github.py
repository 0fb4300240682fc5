"""The report as commands of a workflow: annotations beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.drift.change import Change
from scaffold.drift.report.report import Report
from scaffold.drift.report.words import WAYS_OUT, approval, delta, headline, shown, summary


def github(report: Report) -> str:
    """One command a line, and what it comes to at the end."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    for failure in report.failures:
        yield f"::error title=not judged::{_data(shown(failure))}"
    for change in report.blocking:
        yield _command("error", report, change, change.rule.why, change.rule.remedy)
    for each in report.stale:
        path = _property(report.in_repository(each.path))
        said = _data(f"{shown(each.path)} {shown(each.message)}")
        yield f"::error file={path},title=stale::{said}"
    for change in report.approved:
        yield _command("notice", report, change, approval(change))
    for change in report.notes:
        yield _command("notice", report, change)
    if report.blocking:
        yield WAYS_OUT
    yield summary(report)


def _command(kind: str, report: Report, change: Change, *said: str) -> str:
    place, rule = report.place(change), change.rule
    lines = [headline(change), *([delta(change)] if change.witness else []), *said]
    if change.blocks and rule.waivable:
        lines.append(f"Fingerprint: {change.fingerprint}")
    file = _property(report.in_repository(place.path))
    title = _property(f"{rule.severity} {rule.id} {rule.name}")
    message = _data("\n".join(lines))
    return f"::{kind} file={file},line={max(1, place.line)},title={title}::{message}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A value before the message. A path is as it is, but for what is not text."""
    plain = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _data(shown(plain, 4_096)).replace(":", "%3A").replace(",", "%2C")

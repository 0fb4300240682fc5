"""The report for a pull request, in GitHub Flavored Markdown.

Text of the project stands in code elements, all of it as entities: there it forges no mark-up, no
table, no link, and mentions nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from scaffold.drift.change import Change
from scaffold.drift.report.report import Report
from scaffold.drift.report.words import (
    CLIENTS,
    COMMAND,
    VERDICTS,
    WAYS_OUT,
    approval,
    looked_at,
    not_looked_at,
    shown,
    summary,
    where,
)

MARK: Final = "<!-- scaffold-drift -->"
"""Begins the text, so that a workflow finds its comment again and replaces it."""
MAX_LENGTH: Final = 60_000
"""Characters. GitHub takes 65536 for a comment."""
SHOWN: Final = 200
MAX_LISTED: Final = 30
_MARKUP = re.compile(r"[^\w ]|_", re.ASCII)


def markdown(report: Report) -> str:
    """A heading, a table of what blocks, and the details folded; of many, as many as fit."""
    head = list(_head(report))
    foot = list(_foot(report))
    left = MAX_LENGTH - sum(len(each) + 1 for each in (*head, *foot))
    rows: list[str] = []
    details: list[str] = []
    kept = 0
    for change in report.blocking:
        row, about = _row(change), list(_details(report, change))
        left -= sum(len(each) + 1 for each in (row, *about))
        if left < 0:
            break
        kept += 1
        rows.append(row)
        details += about
    more = len(report.blocking) - kept
    lines = [*head]
    if rows:
        lines += ["| severity | possible now | what | from | to | clients |"]
        lines += ["|---|---|---|---|---|---|", *rows, ""]
    if more:
        lines += [f"And {more} more, which do not fit here: the log of the check has them.", ""]
    return "\n".join([*lines, *details, *foot]) + "\n"


def _head(report: Report) -> Iterator[str]:
    yield MARK
    yield f"### Drift: {summary(report)}"
    yield ""
    states = f"{_code(report.head)}, compared with {_code(report.base)}"
    yield f"{states}. Looked at: {looked_at(report)}."
    for each in not_looked_at(report):
        layer, _, why = each.partition(": ")
        yield f"Not looked at: {layer}: {_code(why)}."
    yield ""
    for failure in report.failures[:MAX_LISTED]:
        yield f"- **Not judged:** {_code(failure)}"
    if report.failures:
        yield ""


def _row(change: Change) -> str:
    cells = [
        f"**{change.severity}** {change.rule.id}",
        _code(change.witness) if change.witness else "—",
        _code(change.key),
        _code(change.old),
        _code(change.now),
        change.clients if change.clients != "none" else "—",
    ]
    return f"| {' | '.join(cells)} |"


def _details(report: Report, change: Change) -> Iterator[str]:
    rule = change.rule
    named = _code(change.witness or change.key)
    yield f"<details><summary>{change.severity} {rule.id} {rule.name}: {named}</summary>"
    yield ""
    yield f"- **Why:** {rule.why}"
    yield f"- **What to do:** {rule.remedy}"
    yield f"- **Verdict:** {VERDICTS[change.verdict]}"
    yield f"- **Where:** {_code(where(change))}"
    if change.also:
        yield f"- **Seen by:** {', '.join((rule.id, *change.also))}"
    if change.clients != "none":
        yield f"- **Clients:** {CLIENTS[change.clients]}"
    if rule.controls:
        yield f"- **Controls:** {', '.join(rule.controls)}"
    if rule.waivable:
        yield f"- **To approve:** `{COMMAND.format(change.fingerprint)}`"
    else:
        yield "- **To approve:** not possible"
    yield ""
    yield "</details>"
    yield ""


def _foot(report: Report) -> Iterator[str]:
    if report.blocking:
        yield WAYS_OUT
        yield ""
    parts = (
        ("approved", report.approved),
        ("new", report.notes),
        ("narrower", report.narrowed),
        ("moved", report.moved),
    )
    for label, found in parts:
        if not found:
            continue
        yield f"<details><summary>{len(found)} {label}</summary>"
        yield ""
        for change in found[:MAX_LISTED]:
            said = f" ({_code(approval(change))})" if change.approval is not None else ""
            told = f"{_code(change.key)}: {_code(change.old)} → {_code(change.now)}"
            breaks = ", breaking for clients" if change.clients == "breaking" else ""
            yield f"- {change.rule.id} {told}{breaks}{said}"
        if len(found) > MAX_LISTED:
            yield f"- and {len(found) - MAX_LISTED} more"
        yield ""
        yield "</details>"
        yield ""
    for each in report.stale[:MAX_LISTED]:
        yield f"- **Stale:** {_code(each.path)} {_code(each.message)}"
    if len(report.stale) > MAX_LISTED:
        yield f"- and {len(report.stale) - MAX_LISTED} more"


def _code(text: str) -> str:
    """Text that shows as it is, whatever it says."""
    safe = _MARKUP.sub(lambda found: _entity(found[0]), shown(text, SHOWN))
    return f"<code>{safe}</code>" if safe.strip() else "<code>&#160;</code>"


def _entity(character: str) -> str:
    return f"&#{ord(character)};" if character.isascii() else character

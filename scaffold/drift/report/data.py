"""The report as data for programs, in the form that `schema.json` beside this file says."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Final

from scaffold import __version__
from scaffold.drift.change import Change
from scaffold.drift.report.report import Report
from scaffold.drift.rule import SEVERITIES

VERSION: Final = 1
"""Of the form. Another number is another form; a key more is not."""


def as_json(report: Report) -> str:
    """All of a report. Text of the project is there in full, as escapes where it is not ASCII."""
    return json.dumps(as_data(report), indent=2) + "\n"


def schema() -> str:
    """The JSON Schema of the form."""
    return files(__package__).joinpath("schema.json").read_text(encoding="utf-8")


def as_data(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    blocking = report.blocking
    return {
        "version": VERSION,
        "generator": __version__,
        "base": report.base,
        "head": report.head,
        "outcome": report.outcome,
        "exit_code": report.exit_code(),
        "detailed_exit_code": report.exit_code(detailed=True),
        "layers": [
            {"layer": each.layer, "looked_at": not each.why_not, "why_not": each.why_not}
            for each in report.layers
        ],
        "failures": list(report.failures),
        "stale": [{"path": each.path, "message": each.message} for each in report.stale],
        "counts": {
            "blocking": len(blocking),
            "approved": len(report.approved),
            "notes": len(report.notes),
            "narrowed": len(report.narrowed),
            "by_severity": {
                each: sum(1 for change in blocking if change.severity == each)
                for each in SEVERITIES
            },
        },
        "changes": [_change(report, each) for each in report.changes],
    }


def _change(report: Report, change: Change) -> dict[str, Any]:
    rule, found = change.rule, change.approval
    return {
        "fingerprint": change.fingerprint,
        "rule": rule.id,
        "name": rule.name,
        "severity": rule.severity,
        "layer": rule.layer,
        "controls": list(rule.controls),
        "key": change.key,
        "from": change.before.value if change.before else None,
        "to": change.after.value if change.after else None,
        "verdict": change.verdict,
        "blocks": change.blocks,
        "new": change.new,
        "waivable": rule.waivable,
        "clients": change.clients,
        "witness": change.witness or None,
        "also": list(change.also),
        "place": {
            "path": report.in_repository(change.place.path),
            "line": change.place.line,
            "in": "head" if change.after else "base",
        },
        "approval": (
            None
            if found is None
            else {
                "owner": found.owner,
                "reason": found.reason,
                "approved": found.approved.isoformat(),
                "expires": found.expires.isoformat(),
            }
        ),
        "why": rule.why,
        "remedy": rule.remedy,
    }

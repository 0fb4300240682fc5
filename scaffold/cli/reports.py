"""What `scaffold diff` and `scaffold check` print of a report, and what they write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from scaffold.cli.output import complain, counted, paint, say

if TYPE_CHECKING:
    from scaffold.drift.judge import Judged

Format = Literal["text", "json", "sarif", "github", "markdown", "junit", "html"]


def deliver(judged: Judged, format: Format, output: Path | None, *, detailed: bool) -> int:
    """Prints a report, or writes it to a file; returns the exit code."""
    from scaffold.drift.report import render

    report, compared = judged.report, judged.compared
    if format == "json":
        text = _as_json(judged)
    else:
        text = render(
            report,
            format,
            paint=paint if format == "text" and output is None else None,
            before=compared.before.design if compared else None,
            after=compared.after.design if compared else judged.design,
        )
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
        say(f"{report.outcome}: {counted(len(report.blocking), 'finding')}, see {output}")
    return judged.exit_code(detailed=detailed)


def _as_json(judged: Judged) -> str:
    """The report as data, with each difference from what the spec yields."""
    import json
    from dataclasses import asdict

    from scaffold.drift.report.data import as_data

    findings = [asdict(each) for each in judged.findings]
    ok = judged.exit_code(detailed=False) == 0
    data = {"ok": ok, "findings": findings, **as_data(judged.report)}
    return json.dumps(data, indent=2) + "\n"


def write_witnesses(judged: Judged, project: Path) -> None:
    """Writes the tests of what became possible into a project, and says where."""
    from scaffold.drift.proof import HOME, proofs
    from scaffold.tree import transaction
    from scaffold.tree.paths import confine

    design = judged.compared.after.design if judged.compared else judged.design
    if design is None:
        complain("There is no base to compare with, and so nothing to prove.")
        return
    texts = proofs(judged.report.blocking, judged.compared, design)
    for path, text in texts.items():
        confine(project, path).parent.mkdir(parents=True, exist_ok=True)
        transaction.replace(project, path, text.encode())
    count = sum(path != f"{HOME}/__init__.py" for path in texts)
    typer.echo(f"{counted(count, 'test')} in {HOME}: each passes now and failed before.", err=True)

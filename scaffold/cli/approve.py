"""`scaffold approve`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffold.cli.output import refusing, say

if TYPE_CHECKING:
    from datetime import date

    from scaffold.drift.change import Change


def run(
    fingerprint: Annotated[
        str, typer.Argument(help="The fingerprint of a change, as scaffold check names it.")
    ],
    project: Annotated[Path, typer.Argument(help="The directory of the project.")] = Path(),
    reason: Annotated[str, typer.Option(help="Why it is right, for the next reviewer.")] = "",
    owner: Annotated[str, typer.Option(help="Who answers for it: a person or a team.")] = "",
    expires: Annotated[
        str, typer.Option(metavar="DATE", help="The last day, such as 2026-12-24; 90 days at most.")
    ] = "",
    base: Annotated[
        str, typer.Option(metavar="REV", help="What the project is compared with.")
    ] = "origin/main",
) -> None:
    """Approve one change, exactly as it is, for a while.

    It is written to .scaffold/approvals.yaml, of which the file of the base branch alone counts:
    commit the entry by itself, and have it merged before the change. The change takes it out
    again, since it is of no more use then.

    \b
    Example:
      scaffold approve 9efd0e7e8cc89eb9c96f2626 --owner @example/security --expires 2026-12-24 \\
        --reason "The worker corrects totals (SEC-41)"
    """
    missing = [
        f"--{name}"
        for name, text in (("reason", reason), ("owner", owner), ("expires", expires))
        if not text.strip()
    ]
    if missing:
        raise typer.BadParameter(f"An approval needs {', '.join(missing)}")
    with refusing():
        from datetime import UTC, datetime

        from scaffold.drift.approvals import approval, day_of, record
        from scaffold.drift.rules.approvals import PATH
        from scaffold.spec.problems import escape

        today = datetime.now(UTC).date()
        entry = approval(
            fingerprint,
            _found(project, base, today),
            reason=reason,
            owner=owner,
            expires=day_of(expires),
            today=today,
        )
        record(project, entry)
        say(f"Approved until {entry.expires}: {escape(entry.delta)}")
        say(
            f"It is in {PATH}. Commit it by itself; it counts once it is merged into the base. "
            "Take it out with the change that it allows."
        )


def _found(project: Path, base: str, today: date) -> Sequence[Change]:
    """What scaffold check finds without running anything of the project."""
    from scaffold.drift.judge import Check
    from scaffold.emission import emit_project

    emission = emit_project(project)
    check = Check(project, emission.design.name, today, emission, base)
    check.look()
    return check.report().report.changes

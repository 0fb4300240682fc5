"""`scaffold diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scaffold.cli.output import refusing
from scaffold.cli.reports import Format, deliver, write_witnesses


def run(
    base: Annotated[
        str, typer.Argument(help="The state of before: a revision, a directory, or a spec.")
    ],
    head: Annotated[
        str | None,
        typer.Argument(help="The state of now; the project as it lies there if left out."),
    ] = None,
    project: Annotated[
        Path, typer.Option(help="The directory of the project that revisions are of.")
    ] = Path(),
    format: Annotated[Format, typer.Option(help="For people or for programs.")] = "text",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there instead of printing it.")
    ] = None,
    emit_witness: Annotated[
        bool,
        typer.Option(
            "--emit-witness",
            help="Write a test for what became possible, where it can be tried, to tests/witness "
            "of the project: it passes now and failed before.",
        ),
    ] = False,
    detailed_exitcode: Annotated[
        bool,
        typer.Option("--detailed-exitcode", help="Exit with 4 where there is only new surface."),
    ] = False,
) -> None:
    """Say who may do something now that they could not do before.

    Each change of authority is told with its verdict: narrowed, widened, incomparable or unknown.
    What is wider, or cannot be compared, blocks; what is new and takes nothing from anybody is a
    note. A column says what a change does to programs that call the service.

    \b
    Examples:
      scaffold diff main                          the project as it lies there, with a branch
      scaffold diff v1.2 v1.3                     two revisions
      scaffold diff before.yaml scaffold.yaml     two specs
      scaffold diff main --format html --output access.html
    """
    with refusing():
        from datetime import UTC, datetime

        from scaffold.drift.judge import judge
        from scaffold.drift.trees import Directory, tree

        today = datetime.now(UTC).date()
        now = Directory(project) if head is None else tree(head, project)
        judged = judge(tree(base, project), now, project, today)
        if emit_witness:
            write_witnesses(judged, project)
        code = deliver(judged, format, output, detailed=detailed_exitcode)
    if code:
        raise typer.Exit(code)

"""`scaffold check`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffold.cli.output import counted, paint, refusing, say
from scaffold.cli.reports import Format, deliver, write_witnesses

if TYPE_CHECKING:
    from scaffold.drift.judge import Judged
    from scaffold.tree.check import Finding


def run(
    project: Annotated[Path, typer.Argument(help="The directory of the project.")] = Path(),
    base: Annotated[
        str | None,
        typer.Option(
            metavar="REV",
            envvar="SCAFFOLD_BASE",
            help="Compare with this revision, such as origin/main; approvals are read from it. "
            "The last commit if left out; in CI it has to be given.",
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Also compare the database of this URL with what the spec yields.",
        ),
    ] = None,
    static: Annotated[
        bool, typer.Option("--static", help="Run nothing of the project: do not import it.")
    ] = False,
    python: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The Python that imports the application; that of .venv if left out.",
        ),
    ] = None,
    format: Annotated[Format, typer.Option(help="For people or for programs.")] = "text",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there instead of printing it.")
    ] = None,
    emit_witness: Annotated[
        bool,
        typer.Option(
            "--emit-witness",
            help="Write a test for what became possible, where it can be tried, to tests/witness: "
            "it passes on the project as it is and fails on the base.",
        ),
    ] = False,
    detailed_exitcode: Annotated[
        bool,
        typer.Option(
            "--detailed-exitcode",
            help="Exit with 3 where files are only stale, and with 4 where there is only new "
            "surface.",
        ),
    ] = False,
) -> None:
    """Check that the tree is what the spec yields, and that nobody gained anything unseen.

    \b
    Every difference from what the spec yields is named:
      changed      a generated file was edited
      missing      a generated file is not there
      extra        a file lies among the generated files and is not one of them: move or delete it
      stale        the spec or scaffold changed since: run scaffold generate
      newer        a newer scaffold wrote the project: use that one
      migration    the tables changed with it: scaffold generate writes the migration
      history      a migration that was written is missing, or was changed; --base REV says so
                   of those that the revision has, even where the snapshot was changed with them
      lock         the lock claims something that the spec does not yield
      interrupted  a write was interrupted: run scaffold generate
      database     the database of --database-url is not what the spec yields, or a migration of
                   it is not done. It is read as the role of backups or as the owner, and not
                   changed
    \b
    And every change since the base by which somebody may do more: in the spec, the contract, the
    SQL, your own code, the application as it runs, and the configuration of tests and CI.
    scaffold rules lists what is looked for; scaffold explain SCF101 says more of one.
    \b
    Exit codes: 0 clean, 1 something was found, 2 it could not be judged.
    \b
    Examples:
      scaffold check
      scaffold check --base origin/main
      scaffold check --static --base origin/main --format sarif --output drift.sarif
      scaffold check --database-url "$BACKUP_URL"
    """
    with refusing():
        judged = _judged(project, base, database_url, static, python)
        if emit_witness:
            write_witnesses(judged, project)
        if format == "text" and output is None:
            _tell(judged, database_url is not None, left=base is not None and not static)
            code = judged.exit_code(detailed=detailed_exitcode)
        else:
            code = deliver(judged, format, output, detailed=detailed_exitcode)
    if code:
        raise typer.Exit(code)


def _judged(
    project: Path, base: str | None, database_url: str | None, static: bool, python: Path | None
) -> Judged:
    from datetime import UTC, datetime

    from scaffold.cache.sound import keep_sound, sound_package
    from scaffold.cache.store import store
    from scaffold.drift.judge import Check

    kept = store(project)
    today, in_ci = datetime.now(UTC).date(), bool(os.environ.get("CI"))
    known = "" if database_url else sound_package(project, kept)
    if known:
        check = Check(project, known, today, None, base, in_ci)
    else:
        from scaffold.cache.formatted import formatter
        from scaffold.emission import emit_project

        emission = emit_project(project, form=formatter(project, kept))
        check = Check(project, emission.design.name, today, emission, base, in_ci)
    check.look(url=database_url, python=python, static=static)
    if check.emission is not None and {each.kind for each in check.findings} <= {"database"}:
        keep_sound(project, check.emission, kept)
    return check.report()


def _tell(judged: Judged, database: bool, *, left: bool) -> None:
    """Prints it for people: what is not as the spec yields it, a line each, and then what that
    and other changes do; `left` says to tell what was not looked at."""
    from scaffold.drift.report import render
    from scaffold.drift.report.words import LAYERS

    for each in judged.findings:
        say(_line(each))
    report = judged.report
    told = report.blocking or report.approved or report.failures
    if told or report.notes:
        say(render(report, "text", paint=paint).rstrip("\n"))
    if not told:
        kinds: list[str] = [each.kind for each in judged.findings]
        say(_verdict(kinds, database))
        for layer in report.layers if left else ():
            if layer.why_not:
                say(f"Not looked at: {LAYERS[layer.layer]}, for {layer.why_not}.")


def _line(finding: Finding) -> str:
    from scaffold.spec.problems import escape

    kind = paint(f"{finding.kind:<11}", "red")
    return f"{kind} {escape(finding.path)} {escape(finding.message)}"


def _verdict(kinds: list[str], database: bool) -> str:
    if not kinds:
        what = "the tree and the database are" if database else "the tree is"
        return f"{paint('sound', 'green')}: {what} what the spec yields."
    if "newer" in kinds:
        return (
            "A newer scaffold wrote this project. Check it with that one: make generator installs "
            "what requirements-scaffold.txt pins."
        )
    if set(kinds) <= {"stale", "migration"}:
        return (
            "The spec or scaffold changed since the files were generated. Run scaffold generate, "
            "and commit the result."
        )
    if set(kinds) == {"database"}:
        return (
            f"{counted(len(kinds), 'difference')}. The migrations bring back functions, views, "
            "policies, triggers, privileges and indexes, and with --prune take away what no "
            "release needs. Undo other changes, or say in scaffold.yaml what they were for and run "
            "scaffold generate."
        )
    if set(kinds) == {"extra"}:
        return (
            f"{counted(len(kinds), 'difference')}. Move these files out of the generated "
            "directories, or delete them."
        )
    return (
        f"{counted(len(kinds), 'difference')}. Undo edits, or say in scaffold.yaml what they "
        "were for and run scaffold generate."
    )

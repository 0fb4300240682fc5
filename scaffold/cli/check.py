"""`scaffold check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scaffold.cli.output import FOUND, counted, paint, refusing, say, say_json

if TYPE_CHECKING:
    from scaffold.cache.store import Store
    from scaffold.tree.check import Finding


def run(
    project: Annotated[Path, typer.Argument(help="The directory of the project.")] = Path(),
    base: Annotated[
        str | None,
        typer.Option(
            metavar="REV",
            help="Also compare the migrations with those of this revision, such as origin/main.",
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Also compare the database of this URL with what the spec yields.",
        ),
    ] = None,
    format: Annotated[
        Literal["text", "json"], typer.Option(help="For people or for programs.")
    ] = "text",
) -> None:
    """Check that the tree is exactly what the spec yields, and that scaffold.lock says so.

    \b
    Every difference is named:
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
    Examples:
      scaffold check
      scaffold check --base origin/main
      scaffold check --database-url "$BACKUP_URL"
      scaffold check services/shop --format json
    """
    with refusing():
        from scaffold.cache.sound import is_sound
        from scaffold.cache.store import store

        kept = store(project)
        known = base is None and database_url is None and is_sound(project, kept)
        findings = [] if known else _found(project, kept, base, database_url)
        if format == "json":
            from scaffold.tree.check import report

            say_json(report(findings))
        else:
            for each in findings:
                say(_line(each))
            say(_verdict([each.kind for each in findings], database_url is not None))
    if findings:
        raise typer.Exit(FOUND)


def _line(finding: Finding) -> str:
    from scaffold.spec.problems import escape

    kind = paint(f"{finding.kind:<11}", "red")
    return f"{kind} {escape(finding.path)} {escape(finding.message)}"


def _found(project: Path, kept: Store, base: str | None, database_url: str | None) -> list[Finding]:
    """Every difference, by working out what the spec yields."""
    from scaffold.cache.sound import keep_sound
    from scaffold.emission import emit_project
    from scaffold.tree.check import check, check_history

    emission = emit_project(project)
    findings = check(project, emission)
    if not findings:
        keep_sound(project, emission, kept)
    if base is not None:
        findings += check_history(project, emission.design.name, base)
    if database_url is not None and not any(each.kind == "newer" for each in findings):
        from scaffold.live.check import check_database

        findings += check_database(project, emission, database_url)
    return findings


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

"""`scaffold eject`."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffold.cli.output import FOUND, counted, paint, refusing, say

if TYPE_CHECKING:
    from scaffold.project.eject import Ejection

SHOWN = 20
"""Lines that speak of scaffold and are named."""


def run(
    project: Annotated[Path, typer.Argument(help="The directory of the project.")] = Path(),
    write: Annotated[
        bool, typer.Option("--write", help="Do it. Without this it says what would be done.")
    ] = False,
) -> None:
    """Leave scaffold: a plain Python project that runs, is tested and migrates without it.

    The service and its tests stay as they are, and all of it is yours to edit. scaffold.yaml,
    scaffold.lock, .scaffold/ and the pin of the generator are removed, and what your Makefile, CI,
    README and other files say of them is taken out, merged with your edits. Lines in which that
    is a conflict stay as they are and are named, and the exit code is 1. There is no way back but
    your version control: commit before.

    \b
    Examples:
      scaffold eject
      scaffold eject --write
    """
    with refusing():
        from scaffold.project import eject

        if write and eject.undo(project):
            say("A run that was interrupted was undone.")
        found = eject.prepare(project)
        if write:
            eject.eject(project, found)
        _tell(found, written=write)
        if write:
            _tell_mentions(project)
    if write and found.left:
        raise typer.Exit(FOUND)


def _tell(found: Ejection, *, written: bool) -> None:
    for path in found.write:
        say(f"{paint('changed ', 'yellow')} {path}")
    for path in found.remove:
        say(f"{paint('removed ', 'red')} {path}")
    for each in found.left:
        places = ", ".join(map(str, each.conflicts))
        reason = f"your edits are in the way: line {places}" if places else each.reason
        say(f"{paint('left    ', 'red')} {each.path} ({reason})")
    counts = f"{len(found.write)} changed, {len(found.remove)} removed"
    say(counts if written else f"{counts}; nothing was written (--write does it)")


def _tell_mentions(project: Path) -> None:
    from scaffold.project.eject import mentions

    found = list(mentions(project))
    for each in islice(found, SHOWN):
        say(f"{paint('yours   ', 'yellow')} {each.path}:{each.line} speaks of scaffold")
    if len(found) > SHOWN:
        say(f"and {counted(len(found) - SHOWN, 'more line')}")
    if (project / ".venv-scaffold").exists():
        say("Remove .venv-scaffold as well: the generator was installed there.")
    say("Everything here is yours now. Run make check and make test, and commit.")

"""`scaffold merge`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from scaffold.cli.generate import AllowDestructive, New, require_consent, show
from scaffold.cli.output import refusing, say


def run(
    project: Annotated[Path, typer.Argument(help="The directory of the project.")] = Path(),
    keep: Annotated[
        Literal["ours", "theirs"] | None,
        typer.Option(
            help="Whose migrations stay where both branches change the same: those of the branch "
            "that you are on, or those of the one that is merged into it."
        ),
    ] = None,
    allow_destructive: AllowDestructive = False,
    new: New = None,
    install: Annotated[
        bool,
        typer.Option(
            "--install", help="Have git do this by itself in this clone: the merge driver."
        ),
    ] = False,
) -> None:
    """Resolve what two branches have generated, once scaffold.yaml itself is merged.

    The generated files and scaffold.lock follow from the merged spec. The migrations of both
    branches stay as they were written where they change different things. Your own files are
    left to you. Nothing is committed.

    \b
    Examples:
      git merge other; scaffold merge && git commit
      scaffold merge --keep theirs        in a rebase or a pull, usually the branch that is shared
      scaffold merge --install
    """
    with refusing():
        from scaffold.tree.driver import install as install_driver
        from scaffold.tree.lay import lay
        from scaffold.tree.merge import prepare

        if install:
            say(install_driver(project))
            return
        merge = prepare(project, keep=keep, added=new or ())
        require_consent(merge.emission, "merge", given=allow_destructive)
        lay(project, merge.emission, merge.difference)
        merge.stage()
        show(project, merge.emission, merge.difference, ())
        rest = merge.repository.unmerged()
        for path in rest:
            say(f"Resolve yourself: {path}")
        if not rest:
            say("Everything is resolved. Run the tests, and commit.")


def drive(ours: Annotated[Path, typer.Argument()], path: Annotated[str, typer.Argument()]) -> None:
    """What git calls for a generated file that both branches have changed."""
    with refusing():
        from scaffold.tree.driver import drive as resolve

        resolved = resolve(Path(), ours, path)
    if not resolved:
        raise typer.Exit(1)

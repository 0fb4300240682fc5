"""`scaffold generate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffold.cli.output import paint, refusing, say

if TYPE_CHECKING:
    from scaffold.tree.lay import Difference

COLOURS = {"created": "green", "changed": "yellow", "removed": "red"}


def run(
    project: Annotated[Path, typer.Argument(help="The directory of the project.")] = Path(),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")
    ] = False,
    replace_initial: Annotated[
        bool,
        typer.Option(
            "--replace-initial-migration",
            help="Write the initial migration anew: only while no database that it made is kept.",
        ),
    ] = False,
) -> None:
    """Bring the generated files and scaffold.lock to the state of scaffold.yaml.

    Files that are no longer emitted are removed; yours are never touched. Everything is written,
    or nothing is. A change of tables is refused, because databases may have them already: say
    --replace-initial-migration as long as nothing is deployed, and make each database anew.

    \b
    Examples:
      scaffold generate
      scaffold generate services/shop --dry-run
      scaffold generate --replace-initial-migration
    """
    with refusing():
        from scaffold.emission import emit_project
        from scaffold.project.create import missing_hooks
        from scaffold.tree.lay import compare, lay

        emission = emit_project(project)
        difference = compare(project, emission, replace_initial=replace_initial)
        if not dry_run:
            lay(project, emission, difference)
        _list(difference)
        _summarise(difference, dry_run=dry_run)
        for path, actions in missing_hooks(project, emission.design).items():
            say(f"Write this module yourself: {path} ({', '.join(actions)})")


def _list(difference: Difference) -> None:
    from scaffold.spec.problems import escape

    for kind, colour in COLOURS.items():
        for path in getattr(difference, kind):
            say(f"{paint(f'{kind:<8}', colour)} {path}")
    for path in difference.left:
        say(f"{paint('left    ', 'yellow')} {escape(path)} (in the lock, and not generated)")
    for path in difference.extra:
        say(f"{paint('extra   ', 'yellow')} {escape(path)} (not generated: move or delete it)")


def _summarise(difference: Difference, *, dry_run: bool) -> None:
    if not difference and difference.extra:
        say("Nothing to write: every generated file is what the spec yields.")
        return
    if not difference:
        say("Nothing to do: the tree is what the spec yields.")
        return
    counts = [f"{len(getattr(difference, kind))} {kind}" for kind in COLOURS]
    say(f"{', '.join(counts)}{'; nothing was written (--dry-run)' if dry_run else ''}")

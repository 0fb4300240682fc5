"""`scaffold generate`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffold.cli.output import paint, refusing, say
from scaffold.cli.upgrade import remind

if TYPE_CHECKING:
    from scaffold.emission import Emission
    from scaffold.tree.lay import Difference
    from scaffold.tree.lock import Origin

NOTHING = "Nothing to do: the tree is what the spec yields."
COLOURS = {"created": "green", "changed": "yellow", "removed": "red"}


AllowDestructive = Annotated[
    bool,
    typer.Option(
        "--allow-destructive",
        help="Write a migration that loses data, or that existing rows may be refused for.",
    ),
]
New = Annotated[
    list[str] | None,
    typer.Option(
        "--new",
        metavar="TABLE[.COLUMN]",
        help="It is new, and not one that is gone by another name. May be repeated.",
    ),
]


def run(
    project: Annotated[Path, typer.Argument(help="The directory of the project.")] = Path(),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")
    ] = False,
    allow_destructive: AllowDestructive = False,
    new: New = None,
    replace_initial: Annotated[
        bool,
        typer.Option(
            "--replace-initial-migration",
            help="Begin the migrations anew with one: only while no database of theirs is kept.",
        ),
    ] = False,
    allow_older: Annotated[
        bool,
        typer.Option(
            "--allow-older-generator",
            help="Go on although a newer scaffold wrote the project.",
        ),
    ] = False,
) -> None:
    """Bring the generated files and scaffold.lock to the state of scaffold.yaml.

    Files that are no longer emitted are removed; yours are never touched. Everything is written,
    or nothing is. Where tables change, the next migration is written: what has to be there before
    the deployment, and in a file of its own what is for after it. Migrations stay as they were
    written; as long as nothing is deployed, --replace-initial-migration begins anew with one.

    A module of hooks that is not there is written with a stub of each hook, and is yours then.

    In a project of an older scaffold it ends with what changed since, security first. One of a
    newer scaffold is refused.

    \b
    Examples:
      scaffold generate
      scaffold generate services/shop --dry-run
      scaffold generate --allow-destructive
      scaffold generate --new customer.mobile
    """
    with refusing():
        from scaffold.cache.sound import is_sound, keep_sound
        from scaffold.cache.store import store
        from scaffold.tree.lock import language

        kept = store(project)
        if not new and not replace_initial and is_sound(project, kept):
            say(NOTHING)
            remind(language(project))
            return

        from scaffold import __version__
        from scaffold.cache.formatted import formatter
        from scaffold.emission import emit_project
        from scaffold.project.hooks import missing_modules, write
        from scaffold.releases.news import require_not_newer
        from scaffold.tree.lay import compare, lay
        from scaffold.tree.lock import known_origin

        origin = known_origin(project)
        if origin and not allow_older:
            require_not_newer(origin.generator, __version__)
        emission = emit_project(
            project,
            added=new or (),
            replace_initial=replace_initial,
            form=formatter(project, kept),
        )
        difference = compare(project, emission)
        require_consent(emission, "generate", given=allow_destructive or dry_run)
        stubs = missing_modules(project, emission.design)
        if not dry_run:
            lay(project, emission, difference)
            write(project, stubs)
            if not emission.migrates:
                keep_sound(project, emission, kept)
        show(project, emission, difference, stubs, dry_run=dry_run)
        remind(emission.lock.language)
        if origin:
            _tell_news(origin)


def _tell_news(origin: Origin) -> None:
    """What changed since the scaffold that wrote the project."""
    from scaffold import __version__
    from scaffold.releases.data import releases
    from scaffold.releases.news import between, lines

    told = between(origin.generator, __version__, origin.surface, releases())
    for line in lines(told, origin.generator, __version__):
        say(line)


def require_consent(emission: Emission, command: str, *, given: bool) -> None:
    """Refuses to write a migration that takes something away, unless consent is given.

    Raises:
        HistoryError: there is such a migration, and no consent.
    """
    from scaffold.history.past import HistoryError

    if not emission.destroys or given:
        return
    raise HistoryError(
        "The change of the spec takes something away. Nothing was written. After the deployment:\n"
        + "\n".join(f"  {each}" for each in emission.destroys)
        + f"\nTo have the migration written all the same: scaffold {command} --allow-destructive\n"
        "It counts those rows before anything moves, and asks for consent again if there are some."
    )


def show(
    project: Path,
    emission: Emission,
    difference: Difference,
    stubs: Collection[str],
    *,
    dry_run: bool = False,
) -> None:
    """Says what was written, `stubs` of hooks among it, and what is left to do."""
    from scaffold.cli.hooks import to_do
    from scaffold.project.hooks import hooks

    _list(difference)
    for path in stubs:
        say(f"{paint('created ', 'green')} {path} (yours: it has a stub of each hook)")
    if difference or not stubs:
        _summarise(difference, dry_run=dry_run)
    for line in to_do(hooks(project, emission.design, emission.migration_hooks)):
        say(line)


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
        say(NOTHING)
        return
    counts = [f"{len(getattr(difference, kind))} {kind}" for kind in COLOURS]
    say(f"{', '.join(counts)}{'; nothing was written (--dry-run)' if dry_run else ''}")

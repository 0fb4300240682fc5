"""`scaffold upgrade`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffold.cli.output import refusing, say, say_difference

if TYPE_CHECKING:
    from scaffold.project.upgrade import Upgrade


def run(
    project: Annotated[Path, typer.Argument(help="The directory of the project.")] = Path(),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the difference, and write nothing.")
    ] = False,
) -> None:
    """Write scaffold.yaml in the newest version of the language.

    Only the number of the version and the keys that are called otherwise change, where they
    stand: comments, order, quotation marks and line ends stay. What the spec means stays too, and
    is compared before anything is written. scaffold generate comes next: the lock names the
    version.

    \b
    Examples:
      scaffold upgrade --dry-run
      scaffold upgrade services/shop
    """
    with refusing():
        from scaffold.project import upgrade as upgrades
        from scaffold.spec.versions import NEWEST
        from scaffold.tree.paths import SPEC

        found = upgrades.upgrade(project)
        if found.before == found.after:
            say(f"Nothing to do: {SPEC} is in version {NEWEST} of the language, the newest.")
        elif dry_run:
            say_difference(*_texts(found), (f"a/{SPEC}", f"b/{SPEC}"))
            say("Nothing was written (--dry-run).")
        else:
            upgrades.write(project, found)
            say(
                f"{SPEC} is in version {NEWEST} of the language now; it was in version "
                f"{found.version}. Next: scaffold generate"
            )


def _texts(found: Upgrade) -> tuple[str, str]:
    """The file before and after, as it is shown."""
    before, after = (
        each.decode("utf-8-sig").replace("\r\n", "\n") for each in (found.before, found.after)
    )
    return before, after


def remind(version: int | None) -> None:
    """Says that there is a newer version of the language than that of a spec."""
    from scaffold.spec.versions import NEWEST

    if version is not None and version < NEWEST:
        say(
            f"The spec is in version {version} of the language. There is version {NEWEST}: "
            "scaffold upgrade writes the spec in it."
        )

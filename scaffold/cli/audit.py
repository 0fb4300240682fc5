"""`scaffold audit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scaffold.cli.output import FOUND, REFUSED, complain, paint, refusing, say, say_json

if TYPE_CHECKING:
    from scaffold.releases.audit import Audit


def run(
    project: Annotated[Path, typer.Argument(help="The directory of the project.")] = Path(),
    format: Annotated[
        Literal["text", "json"], typer.Option(help="For people or for programs.")
    ] = "text",
) -> None:
    """Tell whether the generated files come from a version with a known weakness.

    It reads scaffold.lock alone, and asks nobody: it knows the releases up to the one that runs,
    so run it with the newest. Exit code 0: none is known, 1: there are some, 2: it cannot judge.

    \b
    Examples:
      scaffold audit
      scaffold audit services/shop --format json
    """
    with refusing():
        from scaffold.releases.audit import audit, report
        from scaffold.releases.data import releases

        found = audit(project, releases())
        if format == "json":
            say_json(report(found))
        else:
            tell(found)
    if found.verdict != "none":
        raise typer.Exit(FOUND if found.verdict == "found" else REFUSED)


def tell(found: Audit) -> None:
    """Prints an audit for people."""
    from scaffold.releases.news import weakness_lines
    from scaffold.spec.problems import escape

    if found.reason is not None:
        complain(escape(found.reason))
        return
    if not found.findings:
        said = f"no weakness is known of what scaffold {found.generator} generated."
        say(f"{paint('sound', 'green')}: {said}")
        return
    count = len(found.findings)
    known = f"{count} known {'weakness' if count == 1 else 'weaknesses'}"
    say(f"{paint(known, 'red')} in what scaffold {found.generator} generated:")
    for each in found.findings:
        for line in weakness_lines(each.weakness):
            say(line)
        say(f"           Mended in {each.mended_in}.")
    say("What to do:")
    say(f"  1. Raise the pin in requirements-scaffold.txt to {found.needed} or later.")
    say("  2. make generator, then scaffold generate and scaffold update.")
    say("  3. scaffold check, make test, and deploy.")

"""`scaffold hooks`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scaffold.cli.output import paint, refusing, say, say_json

if TYPE_CHECKING:
    from scaffold.project.hooks import Hook

COLOURS = {"written": "green", "stub": "yellow", "missing": "red", "dead": "yellow"}
TO_DO = {
    "missing": "is not there: scaffold hooks prints a stub of it",
    "dead": "belongs to no action and no field of the spec: move or delete it",
    "unread": "cannot be read in this module",
}


def run(
    project: Annotated[Path, typer.Argument(help="The directory of the project.")] = Path(),
    format: Annotated[
        Literal["text", "json"], typer.Option(help="For people or for programs.")
    ] = "text",
) -> None:
    """List the hooks that the spec asks for, and print stubs of those that are missing.

    A hook is what an action does, or how a field is filled in for the rows that are there: your
    function in hooks/RESOURCE.py. Your modules are parsed, and neither run nor changed.

    \b
    written   it is there
    stub      it raises NotImplementedError: a test fails, and its action answers 501
    missing   the module has no such function
    dead      it is made as a hook is, and neither the spec nor a migration asks for it
    unread    the module is no Python, is larger than 1 MiB, or imports *
    \b
    Examples:
      scaffold hooks
      scaffold hooks services/shop --format json
    """
    with refusing():
        from scaffold.design.resolve import resolve
        from scaffold.emission import spec_of
        from scaffold.project.hooks import hooks, missing_stubs
        from scaffold.spec.load import load
        from scaffold.tree.history import past_of

        design = resolve(load(spec_of(project)))
        past = past_of(project, design.name)
        found = hooks(project, design, past.hooks if past else ())
        stubs = missing_stubs(project, design, found)
    if format == "json":
        listed = [{"path": each.path, "name": each.name, "state": each.state} for each in found]
        say_json({"hooks": listed, "stubs": stubs})
    else:
        _show(found, stubs)


def _show(found: Collection[Hook], stubs: Mapping[str, str]) -> None:
    if not found:
        say("The spec asks for no hooks.")
    for each in found:
        say(f"{paint(f'{each.state:<8}', COLOURS.get(each.state, 'red'))} {each.path}: {each.name}")
    for path, text in stubs.items():
        say(f"\nAdd to {path}:\n\n{text.rstrip()}")


def to_do(found: Iterable[Hook]) -> Iterator[str]:
    """A line for each hook that does not fit the spec."""
    for each in found:
        if each.state in TO_DO:
            colour = COLOURS.get(each.state, "red")
            yield f"{paint('yours   ', colour)} {each.path}: {each.name} {TO_DO[each.state]}"

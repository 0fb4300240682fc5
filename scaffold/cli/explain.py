"""`scaffold explain`."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from scaffold.cli.output import refusing, say

PIPED_WIDTH = 200
"""Columns of a table that goes to no terminal."""
_RULE = re.compile(r"SCF[0-9]+", re.ASCII)


def run(
    project: Annotated[
        Path, typer.Argument(help="The directory of the project, or the id of a rule of drift.")
    ] = Path(),
    role: Annotated[str | None, typer.Option(help="Only what this role may do.")] = None,
    operation: Annotated[str | None, typer.Option(help="Only who may do this.")] = None,
    format: Annotated[
        Literal["table", "json", "markdown", "html"], typer.Option(help="How it is printed.")
    ] = "table",
) -> None:
    """Explain who may do what, and under which conditions; or what a rule of drift is about.

    \b
    Examples:
      scaffold explain
      scaffold explain --role accountant
      scaffold explain --operation update_invoice --format markdown
      scaffold explain SCF101
    """
    if _RULE.fullmatch(str(project)):
        from scaffold.cli import rules

        if role is not None or operation is not None or format not in ("table", "json"):
            raise typer.BadParameter("A rule has neither roles nor operations; --format is json")
        with refusing():
            rules.explain(str(project), as_json=format == "json")
        return
    with refusing():
        from scaffold.design.resolve import resolve
        from scaffold.emission import spec_of
        from scaffold.explain import explain
        from scaffold.spec.load import load

        design = resolve(load(spec_of(project)))
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPED_WIDTH
        try:
            text = explain(design, role=role, operation=operation, format=format, width=width)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    if isinstance(text, str):
        say(text.rstrip("\n"))
        return
    from rich.console import Console

    Console(width=width).print(text)

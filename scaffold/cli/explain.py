"""`scaffold explain`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from scaffold.cli.output import refusing, say

PIPED_WIDTH = 200
"""Columns of a table that goes to no terminal."""


def run(
    project: Annotated[Path, typer.Argument(help="The directory of the project.")] = Path(),
    role: Annotated[str | None, typer.Option(help="Only what this role may do.")] = None,
    operation: Annotated[str | None, typer.Option(help="Only who may do this.")] = None,
    format: Annotated[
        Literal["table", "json", "markdown", "html"], typer.Option(help="How it is printed.")
    ] = "table",
) -> None:
    """Explain who may do what, and under which conditions.

    \b
    Examples:
      scaffold explain
      scaffold explain --role accountant
      scaffold explain --operation update_invoice --format markdown
    """
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

"""`scaffold lint`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from scaffold.cli.output import FOUND, paint, refusing, say, say_json

COLOURS = {"error": "red", "warning": "yellow", "advice": "cyan"}


def run(
    spec: Annotated[Path, typer.Argument(help="The spec.")] = Path("scaffold.yaml"),
    format: Annotated[
        Literal["text", "json"], typer.Option(help="For people or for programs.")
    ] = "text",
) -> None:
    """Find what a spec allows and its author may not want.

    Advice alone is fine (exit code 0); an error or a warning is not (1).

    \b
    Examples:
      scaffold lint
      scaffold lint shop.yaml --format json
    """
    with refusing():
        from scaffold.design.resolve import resolve
        from scaffold.lint.rules import advise
        from scaffold.spec.load import load_with_positions
        from scaffold.spec.problems import escape

        source, positions = load_with_positions(spec)
        found = advise(resolve(source), source, positions)
        if format == "json":
            say_json([asdict(each) for each in found])
        else:
            for each in found:
                where = escape(f"{spec}:{each.line}:{each.column}")
                severity = paint(each.severity, COLOURS[each.severity])
                say(f"{where}: {severity} {each.id} {each.name}: {each.message}")
                say(f"    {each.reason}")
                say(f"    {each.remedy}")
            if not found:
                say(f"{paint('sound', 'green')}: nothing to advise.")
    if any(each.severity != "advice" for each in found):
        raise typer.Exit(FOUND)

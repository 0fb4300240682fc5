"""`scaffold rules`, and what `scaffold explain` says of one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scaffold.cli.output import paint, refusing, say, say_difference, say_json

if TYPE_CHECKING:
    from scaffold.drift.rule import Example, Rule

PIPED_WIDTH = 200
"""Columns of a table that goes to no terminal."""
COLOURS = {"critical": "magenta", "high": "red", "medium": "yellow", "low": "cyan"}


def run(
    format: Annotated[
        Literal["table", "json", "markdown"], typer.Option(help="How they are printed.")
    ] = "table",
) -> None:
    """List the rules of drift: what scaffold diff and scaffold check compare.

    scaffold explain and the id of one prints it in full, with an example.

    \b
    Examples:
      scaffold rules
      scaffold explain SCF101
      scaffold rules --format json
    """
    with refusing():
        from scaffold.drift.rules import every
        from scaffold.drift.rules.page import data, markdown

        if format == "json":
            say_json([data(each) for each in every()])
        elif format == "markdown":
            typer.echo(markdown(), nl=False)
        else:
            _table()


def _table() -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from scaffold.drift.ceiling import orders
    from scaffold.drift.rules import every
    from scaffold.drift.rules.page import FAMILIES, of

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPED_WIDTH
    table = Table(title="The rules of drift", title_justify="left")
    for heading in ("rule", "severity", "controls", "compares"):
        table.add_column(heading, no_wrap=heading == "severity", overflow="fold")
    for family in FAMILIES:
        table.add_section()
        for each in of(family, every()):
            controls = ", ".join(each.controls)
            fixed = "" if each.waivable else " (cannot be approved)"
            named = Text(f"{each.id} {each.name}")
            bounded = " (takes a bound)" if orders(each) else ""
            what = Text(f"{each.what}{fixed}{bounded}")
            table.add_row(named, Text(each.severity), Text(controls), what)
    Console(width=width).print(table)


def explain(id_: str, *, as_json: bool) -> None:
    """Prints a rule.

    Raises:
        typer.BadParameter: there is none of this id.
    """
    from scaffold.drift.rules import known
    from scaffold.drift.rules.page import data
    from scaffold.spec.names import suggestion

    rule = known().get(id_)
    if rule is None:
        hint = suggestion(id_, list(known()))
        raise typer.BadParameter(f"There is no rule {id_}. {hint} scaffold rules lists them.")
    if as_json:
        say_json(data(rule))
        return
    _tell(rule)


def _tell(rule: Rule) -> None:
    from scaffold.drift.ceiling import orders
    from scaffold.drift.report.words import LAYERS

    severity = paint(rule.severity, COLOURS[rule.severity])
    say(f"{rule.id} {rule.name} ({severity}), in {LAYERS[rule.layer]}")
    if rule.controls:
        say(f"Controls: {', '.join(rule.controls)}")
    say(
        "It can be approved: scaffold approve --help"
        if rule.waivable
        else "It cannot be approved, only undone."
    )
    if orders(rule):
        say("It takes a bound in .scaffold/ceiling.yaml.")
    say()
    say(f"Compares:   {rule.what}")
    say(f"Why:        {rule.why}")
    say(f"What to do: {rule.remedy}")
    if rule.example is not None:
        say()
        say("A change that it finds:")
        _difference(rule.example, rule.example.change)
        say()
        if rule.example.dual:
            say("A change beside it that does not block:")
            _difference(rule.example, rule.example.dual)
        else:
            say("Anything but the files as they were is found.")


def _difference(example: Example, changed: Mapping[str, str | None]) -> None:
    for path, after in sorted(changed.items()):
        before = example.files.get(path)
        if (before or "") == (after or ""):
            say(f"{path} is there, and empty" if before is None else f"{path} stays as it is")
            continue
        names = (
            "/dev/null" if before is None else f"a/{path}",
            "/dev/null" if after is None else f"b/{path}",
        )
        say_difference(before or "", after or "", names)

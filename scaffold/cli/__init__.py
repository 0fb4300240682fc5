"""The command line. One module a command: it parses options, calls one function, prints the result.

Importing this costs little: what a command needs is imported when it runs.

Exit codes of all commands: 0 is fine, 1 says that `check`, `lint` or `audit` found something
(or that `update` left conflicts), 2 that the input or the usage is wrong and nothing was done,
70 that scaffold has a bug.
"""

from __future__ import annotations

import gc
import sys
from typing import Annotated

import typer

from scaffold.cli import (
    approve,
    audit,
    check,
    diff,
    eject,
    explain,
    generate,
    hooks,
    lint,
    merge,
    new,
    rules,
    schema,
    update,
    upgrade,
)
from scaffold.cli.output import DEFECT, report_defect

app = typer.Typer(
    name="scaffold",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 fine, 1 something was found, 2 wrong input or usage, 70 a bug.",
)

app.command("new")(new.run)
app.command("generate")(generate.run)
app.command("check")(check.run)
app.command("diff")(diff.run)
app.command("hooks")(hooks.run)
app.command("merge")(merge.run)
app.command("merge-driver", hidden=True)(merge.drive)
app.command("audit")(audit.run)
app.command("update")(update.run)
app.command("eject")(eject.run)
app.command("upgrade")(upgrade.run)
app.command("lint")(lint.run)
app.command("explain")(explain.run)
app.command("rules")(rules.run)
app.command("approve")(approve.run)
app.command("schema")(schema.run)


def _version(wanted: bool) -> None:
    if wanted:
        from scaffold import __version__

        typer.echo(f"scaffold {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """From one YAML spec to a multi-tenant service, with the tests that prove it.

    \b
    Begin:
      scaffold new notes                      a project in ./notes, from a small spec
      scaffold new shop --spec shop.yaml      a project from your spec
    \b
    Then, in the project:
      scaffold generate                       after each change of scaffold.yaml
      scaffold check                          in every CI run
      scaffold explain --role accountant      who may do what
    """


def main() -> None:
    """The program `scaffold`."""
    # What a run makes it keeps to its end: looking for garbage that often is a quarter of its time.
    gc.set_threshold(100_000, 20, 100)
    try:
        app()
    except Exception as error:
        report_defect(error)
        sys.exit(DEFECT)

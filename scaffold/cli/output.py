"""What the commands print, and how they refuse."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import typer

FOUND = 1
"""The exit code of a check that found something."""
REFUSED = 2
"""The exit code of wrong input or usage."""
DEFECT = 70
"""The exit code of an error that scaffold itself is to blame for: EX_SOFTWARE of sysexits.h."""
DEBUG = "SCAFFOLD_DEBUG"
"""The environment variable with which such an error has a traceback."""
INTERRUPTED = 130
"""The exit code that shells give to what Ctrl-C ended."""
DIFFS = {"+": "green", "-": "red", "@": "cyan"}
"""The colours of the lines of a difference."""


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    """The text in a colour, where it goes to a terminal and NO_COLOR is not set."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if plain or not (stream or sys.stdout).isatty():
        return text
    return typer.style(text, fg=colour)


def say(text: str = "") -> None:
    """Prints a line."""
    typer.echo(text)


def say_json(value: object) -> None:
    """Prints data for programs."""
    typer.echo(json.dumps(value, indent=2))


def say_difference(before: str, after: str, names: tuple[str, str]) -> None:
    """Prints a unified diff of two texts, without characters that steer a terminal."""
    for line in _difference(before, after, names):
        say(paint(line, DIFFS[line[0]]) if line[:1] in DIFFS else line)


def _difference(before: str, after: str, names: tuple[str, str]) -> Iterator[str]:
    from difflib import unified_diff

    from scaffold.project.merge import lines_of

    for line in unified_diff(lines_of(before), lines_of(after), *names):
        yield _printable(line.removesuffix("\n"))
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def _printable(line: str) -> str:
    from scaffold.spec.problems import escape

    return "\t".join(map(escape, line.split("\t")))


def counted(number: int, noun: str) -> str:
    """The number and the noun, which takes an s where there are none or several."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def complain(text: str) -> None:
    """Prints what is wrong to the error stream."""
    typer.echo(f"{paint('error:', 'red', sys.stderr)} {text}", err=True)


@contextmanager
def refusing() -> Iterator[None]:
    """Ends a command whose input is wrong: what is wrong is printed, and the exit code is 2.

    Other errors are defects of scaffold and pass, for `report_defect`.
    """
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except typer.Abort:
        complain("There was no answer. Run this with --defaults to take the default answers.")
        raise typer.Exit(REFUSED) from None
    except BrokenPipeError:
        raise
    except Exception as error:
        message = _explained(error)
        if message is None:
            raise
        complain(message)
        raise typer.Exit(REFUSED) from None


def _explained(error: Exception) -> str | None:
    """What to say of an error that the input caused; None for any other."""
    from scaffold.drift.approvals import ApprovalsError
    from scaffold.drift.read import Unjudged
    from scaffold.drift.trees import TreeError
    from scaffold.emission import ProjectError
    from scaffold.history.past import HistoryError
    from scaffold.live.address import LiveError
    from scaffold.plan.format import FormatterMissing
    from scaffold.project.create import NewProjectError
    from scaffold.project.eject import EjectError
    from scaffold.project.own import BaseError
    from scaffold.project.update import UpdateError
    from scaffold.project.upgrade import UpgradeError
    from scaffold.releases.news import NewerGenerator
    from scaffold.repository import RepositoryError
    from scaffold.spec.problems import SpecError, escape
    from scaffold.tree.paths import UnsafePath
    from scaffold.tree.transaction import TransactionError

    match error:
        case SpecError():
            return f"the spec is refused ({counted(len(error.problems), 'problem')})\n{error}"
        case HistoryError() | RepositoryError():
            return "\n".join(escape(each) for each in str(error).split("\n"))
        case (
            NewProjectError()
            | ProjectError()
            | TransactionError()
            | UnsafePath()
            | NewerGenerator()
            | BaseError()
            | UpdateError()
            | EjectError()
            | UpgradeError()
            | LiveError()
            | ApprovalsError()
            | TreeError()
            | Unjudged()
        ):
            return escape(str(error))
        case FormatterMissing():
            return str(error)
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return escape(f"{where}{error.strerror or error}")
    return None


def report_defect(error: Exception) -> None:
    """Prints what to report of an error that no input should cause; DEBUG adds the traceback."""
    import platform
    import traceback

    from scaffold import __version__
    from scaffold.spec.problems import escape

    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
    said = " ".join(str(error).split("\n")[:2])[:300]
    typer.echo(
        f"{paint('scaffold has a bug:', 'red', sys.stderr)} "
        f"{type(error).__name__}: {escape(said)} ({where})\n"
        "Please report it with this message, the command, the spec, and these versions: "
        f"scaffold {__version__}, Python {platform.python_version()}, {platform.system()}.\n"
        f"With {DEBUG}=1 in the environment the same command shows the traceback.",
        err=True,
    )

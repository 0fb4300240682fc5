"""Running commands, and looking at what they did."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from scaffold.cli import app

SPECS = Path(__file__).resolve().parent.parent.parent / "specs"
PACKAGE = "shop"
REPLACE = "--replace-initial-migration"
SPEC = """\
# A comment that has to stay.
scaffold: 2
service: {name: shop, title: "Shop: {{ 'nothing' }} & more"}
tenancy: {tenant: organization}
identity:
  issuers:
    - {issuer: https://login.example.com/, audience: shop, algorithms: [ES256]}
roles:
  clerk:
    can:
      - {do: [list, read, create, update], on: [order, product]}
      - {do: [ship, tally], on: order}
resources:
  order:
    fields:
      title:  {type: string, min: 1, max: 80}
      status: {type: enum, values: [open, shipped], default: open, set_by: [ship]}
    actions:
      ship: {on: item, description: Ships the order., input: {note: {type: string, max: 80}}}
      tally: {on: collection}
  product:
    fields:
      name: {type: string, min: 1, max: 80}
"""


def scaffold(*arguments: str | Path, answers: str = "") -> Result:
    """Runs a command in this process."""
    return CliRunner().invoke(app, [str(each) for each in arguments], input=answers)


def scaffold_process(
    *arguments: str | Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a command as a shell does."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "scaffold", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def tree(project: Path) -> dict[str, bytes]:
    """Every file of a project by its path, less what tools left in it."""
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in sorted(project.rglob("*"))
        if path.is_file() and not re.search(r"__pycache__|\.\w+_cache", path.as_posix())
    }


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that the file has exactly once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (old, text.count(old))
    path.write_text(text.replace(old, new), encoding="utf-8")


def without_product(spec: Path) -> None:
    """Takes a resource out of the spec."""
    edit(spec, "on: [order, product]", "on: order")
    edit(spec, SPEC[SPEC.index("  product:\n") :], "")

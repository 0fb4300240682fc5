"""`scaffold schema`."""

from __future__ import annotations

import typer

from scaffold.cli.output import refusing


def run() -> None:
    """Print the JSON Schema of scaffold.yaml, for editors and other tools.

    \b
    Example:
      scaffold schema > spec.schema.json
    """
    with refusing():
        from scaffold.emission import schema

        typer.echo(schema(), nl=False)

"""`scaffold new`."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffold.cli.output import paint, refusing, say

if TYPE_CHECKING:
    from scaffold.project.create import Answers


class Forge(StrEnum):
    """Whose CI."""

    github = "github"
    gitlab = "gitlab"


def run(
    name: Annotated[
        str, typer.Argument(help="What the project is called, such as notes or my-shop.")
    ],
    spec: Annotated[
        Path | None,
        typer.Option("--spec", metavar="FILE", help="Your spec. Without it: a small one to edit."),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into", metavar="DIR", help="A new or empty directory for it.  [default: ./NAME]"
        ),
    ] = None,
    ci: Annotated[
        Forge, typer.Option("--ci", help="Whose CI it gets files for.", case_sensitive=False)
    ] = Forge.github,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Do not ask: take the default answers.")
    ] = False,
) -> None:
    """Make a project: a service that runs, its tests, and a place for your code.

    \b
    Examples:
      scaffold new notes
      scaffold new notes --defaults
      scaffold new my-shop --spec shop.yaml --into services/shop
      scaffold new notes --ci gitlab
    """
    with refusing():
        from scaffold.emission import read_spec
        from scaffold.project.create import (
            create,
            default_answers,
            starter,
            starter_hooks,
        )
        from scaffold.repository import RepositoryError
        from scaffold.tree.driver import install

        if spec is not None:
            content, source, written = read_spec(spec), str(spec), {}
        else:
            answers = default_answers(name)
            if not defaults:
                answers = _ask(answers)
            content, source = starter(name, answers), "the starter spec"
            written = starter_hooks(name)
        target = into or Path(name)
        emission = create(name, target, content, source, written=written, ci=ci.value)
        with suppress(RepositoryError):  # most projects are no repository yet
            install(target)
        count = len(emission.files)
        say(f"{paint('Made', 'green')} {target}: {count} generated files, and yours beside them.")
        say("Next:")
        say(f"  cd {target} && make setup")
        say("  make dev")
        if emission.design.hook_modules.keys() - written.keys():
            say("Then write what the actions do, in hooks/: scaffold hooks lists them.")


def _ask(defaults: Answers) -> Answers:
    """The answers to what the starter spec needs."""
    from scaffold.project.create import Answers

    return Answers(
        title=typer.prompt("Title of the service", default=defaults.title),
        tenant=typer.prompt("What a tenant is called", default=defaults.tenant, value_proc=_tenant),
    )


def _tenant(word: str) -> str:
    """The word, if it can name a tenant; otherwise the question is asked again."""
    from scaffold.spec import names
    from scaffold.spec.problems import Refusal

    try:
        return names.tenant(word.strip())
    except Refusal as refusal:
        raise typer.BadParameter(f"{refusal}. {refusal.hint}") from None

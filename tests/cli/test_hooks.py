"""Hooks: stubs of those that are missing, and the names of those that nothing asks for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scaffold.design.resolve import resolve
from scaffold.project.hooks import MAX_BYTES, hooks
from scaffold.spec.load import loads
from tests.emitted import write_hooks

from .support import PACKAGE, REPLACE, SPEC, edit, scaffold, tree

MODULE = "hooks/order.py"
ADDED = (
    ("[ship, tally]", "[ship, tally, recall]"),
    ("    actions:\n", "    actions:\n      recall: {on: item, description: Recalls it.}\n"),
)


FILLED = (
    "      name: {type: string, min: 1, max: 80}\n",
    "      name: {type: string, min: 1, max: 80}\n"
    "      rate: {type: decimal, digits: 5, places: 2, backfill_hook: true}\n",
)


def states(project: Path) -> dict[str, str]:
    """The state of every hook, by its name."""
    return {each.name: each.state for each in hooks(project, resolve(loads(SPEC)))}


def rewritten(project: Path, text: str) -> dict[str, str]:
    """The states with this text as the module of hooks."""
    (project / MODULE).write_text(text, encoding="utf-8")
    return states(project)


def typed(project: Path) -> str:
    """What mypy says of the hooks and their protocols."""
    done = subprocess.run(  # noqa: S603 - the mypy of this environment
        [sys.executable, "-m", "mypy", "--strict", "hooks", f"{PACKAGE}/resources"],
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_a_new_project_has_a_stub_of_each_hook(project: Path) -> None:
    assert states(project) == {"ship": "stub", "tally": "stub"}
    listed = scaffold("hooks", project)
    assert listed.exit_code == 0
    assert listed.stdout.splitlines() == [f"stub     {MODULE}: ship", f"stub     {MODULE}: tally"]


def test_the_hooks_of_the_starter_are_written(tmp_path: Path) -> None:
    made = scaffold("new", "my-notes", "--defaults", "--into", tmp_path / "notes")
    assert "write what the actions do" not in made.stdout
    assert "written  hooks/item.py: close" in scaffold("hooks", tmp_path / "notes").stdout


def test_a_module_that_is_missing_is_written_with_stubs(project: Path) -> None:
    before = (project / MODULE).read_bytes()
    (project / MODULE).unlink()
    tried = scaffold("generate", project, "--dry-run")
    assert f"created  {MODULE} (yours: it has a stub of each hook)" in tried.stdout
    assert not (project / MODULE).exists()
    assert f"created  {MODULE} (yours" in scaffold("generate", project).stdout
    assert (project / MODULE).read_bytes() == before
    assert "Nothing to do" in scaffold("generate", project).stdout


def test_an_action_that_is_added_gets_a_stub_beside_what_is_written(project: Path) -> None:
    write_hooks(project)
    written = (project / MODULE).read_text()
    for old, new in ADDED:
        edit(project / "scaffold.yaml", old, new)
    said = scaffold("generate", project).stdout
    assert f"yours    {MODULE}: recall is not there: scaffold hooks prints a stub of it" in said
    assert (project / MODULE).read_text() == written
    assert '"recall"' in typed(project)
    stubs = json.loads(scaffold("hooks", project, "--format", "json").stdout)["stubs"]
    (project / MODULE).write_text(f"{written}\n\n{stubs[MODULE]}")
    assert "error" not in typed(project)
    assert f"stub     {MODULE}: recall" in scaffold("hooks", project).stdout


def test_the_hook_of_an_action_that_is_gone_is_named_and_kept(project: Path) -> None:
    before = (project / MODULE).read_bytes()
    edit(project / "scaffold.yaml", "      - {do: [ship, tally], on: order}\n", "")
    edit(project / "scaffold.yaml", "      tally: {on: collection}\n", "")
    said = scaffold("generate", project).stdout
    assert (
        f"yours    {MODULE}: tally belongs to no action and no field of the spec: move or delete it"
        in said
    )
    assert (project / MODULE).read_bytes() == before
    assert f"dead     {MODULE}: tally" in scaffold("hooks", project).stdout


def test_a_field_that_a_hook_fills_in_has_a_stub(project: Path) -> None:
    edit(project / "scaffold.yaml", *FILLED)
    module = project / "hooks" / "product.py"
    said = scaffold("generate", project).stdout
    assert "created  hooks/product.py (yours: it has a stub of each hook)" in said
    assert "async def backfill_rate(rows: Sequence[Mapping[str, Any]]) -> Sequence[Decimal]:" in (
        module.read_text()
    )
    assert "error" not in typed(project)
    assert "stub     hooks/product.py: backfill_rate" in scaffold("hooks", project).stdout
    write_hooks(project)
    assert "error" not in typed(project)
    assert "written  hooks/product.py: backfill_rate" in scaffold("hooks", project).stdout

    module.write_text("# Mine.\n")
    assert "missing  hooks/product.py: backfill_rate" in scaffold("hooks", project).stdout
    stubs = json.loads(scaffold("hooks", project, "--format", "json").stdout)["stubs"]
    module.write_text(stubs["hooks/product.py"])
    assert "error" not in typed(project)


def test_a_hook_that_a_migration_calls_is_not_dead(project: Path) -> None:
    edit(project / "scaffold.yaml", *FILLED)
    assert scaffold("generate", project).exit_code == 0
    edit(project / "scaffold.yaml", ", backfill_hook: true", "")
    assert "yours " not in scaffold("generate", project).stdout
    assert "product.py" not in scaffold("hooks", project).stdout
    assert scaffold("generate", project, REPLACE).exit_code == 0
    assert "dead     hooks/product.py: backfill_rate" in scaffold("hooks", project).stdout


def test_a_module_of_a_resource_that_is_gone_is_named(project: Path) -> None:
    (project / "hooks" / "crate.py").write_text("async def pack(action: Action) -> None: ...\n")
    assert "dead     hooks/crate.py: pack" in scaffold("hooks", project).stdout


@pytest.mark.parametrize(
    "text",
    [
        "async def {}(action):\n    return {{}}\n",
        "from elsewhere import {}\n",
        "from elsewhere import other as {}\n",
        "{} = made(1)\n",
        "{}: Hook = made(1)\n",
        "if True:\n    async def {}(action): ...\n",
        "try:\n    from fast import {}\nexcept ImportError:\n    pass\n",
    ],
)
def test_what_binds_the_name_is_written(project: Path, text: str) -> None:
    found = rewritten(project, "".join(text.format(name) for name in ("ship", "tally")))
    assert found == {"ship": "written", "tally": "written"}


@pytest.mark.parametrize(
    "text",
    [
        "raise NotImplementedError",
        "raise NotImplementedError('later')",
        "if action.roles:\n        return {}\n    raise NotImplementedError",
    ],
)
def test_what_raises_not_implemented_is_a_stub(project: Path, text: str) -> None:
    body = f"async def ship(action):\n    {text}\n"
    assert rewritten(project, body) == {"ship": "stub", "tally": "missing"}


@pytest.mark.parametrize(
    "text",
    ["def nonsense(", "from elsewhere import *\n", "\0", "#" * (MAX_BYTES + 1), "(" * 100_000],
)
def test_a_module_that_cannot_be_read_says_nothing_of_its_hooks(project: Path, text: str) -> None:
    assert rewritten(project, text) == {"ship": "unread", "tally": "unread"}


def test_a_pipe_is_not_waited_for(project: Path) -> None:
    (project / MODULE).unlink()
    os.mkfifo(project / MODULE)
    os.mkfifo(project / "hooks" / "crate.py")
    assert states(project) == {"ship": "unread", "tally": "unread"}


@pytest.mark.parametrize(
    "text",
    [
        "async def _help(action: Action) -> None: ...\n",
        "async def total(lines: list[int]) -> int: ...\n",
        "def sync(action: Action) -> None: ...\n",
        "async def fill(rows: Sequence[Row]) -> None: ...\n",
        "async def backfill_all(count: int) -> None: ...\n",
    ],
)
def test_a_helper_is_no_dead_hook(project: Path, text: str) -> None:
    assert "dead" not in rewritten(project, text).values()


@pytest.mark.parametrize("annotation", ["Action", "Action[Rows]", "actions.Action", '"Action"'])
def test_a_dead_hook_is_known_by_what_it_is_given(project: Path, annotation: str) -> None:
    assert rewritten(project, f"async def gone(a: {annotation}): ...\n")["gone"] == "dead"


def test_a_dead_backfill_is_known_by_its_name_and_what_it_is_given(project: Path) -> None:
    text = "async def backfill_gone(rows: Sequence[Mapping[str, Any]]) -> Sequence[str]: ...\n"
    assert rewritten(project, text)["backfill_gone"] == "dead"


def test_no_module_is_run(project: Path) -> None:
    rewritten(project, "open('owned', 'w')\nraise SystemExit(3)\n")
    before = tree(project)
    assert scaffold("hooks", project).exit_code == 0
    assert tree(project) == before


def test_a_stub_is_not_written_through_a_link(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / MODULE).unlink()
    (project / "hooks").rename(tmp_path / "mine")
    (project / "hooks").symlink_to(outside)
    result = scaffold("generate", project)
    assert result.exit_code == 2
    assert "symbolic link" in result.stderr
    assert not [*outside.iterdir()]

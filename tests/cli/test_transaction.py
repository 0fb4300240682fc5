"""A change happens as a whole or not at all, whatever ends it."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.tree.paths import Roots
from scaffold.tree.transaction import (
    JOURNAL,
    TRANSACTION,
    TransactionError,
    change,
    interrupted,
)

from .support import PACKAGE, REPLACE, edit, scaffold, tree

ROOTS = Roots(directories=("p",), files=())
OLD = {"p/a": b"old a", "p/b": b"old b", "p/gone/c": b"old c", "mine": b"mine"}
WRITE = {"p/a": b"new a", "p/b": b"new b", "p/new/d": b"new d", "p/e": b"new e"}
REMOVE = ("p/gone/c",)
NEW = {"mine": b"mine", **WRITE}
CALLS = ("replace", "link", "unlink", "mkdir")

KILLED = """
import os, sys
from pathlib import Path
from scaffold.tree import transaction
from tests.cli.test_transaction import REMOVE, ROOTS, WRITE

name, number, project = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
real, calls = getattr(os, name), []

def killed(*given, **named):
    calls.append(given)
    if len(calls) == number:
        os._exit(9)
    return real(*given, **named)

setattr(os, name, killed)
transaction.change(project, WRITE, REMOVE, ROOTS)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A small project."""
    for path, content in OLD.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def test_it_happens(home: Path) -> None:
    change(home, WRITE, REMOVE, ROOTS)
    assert tree(home) == NEW
    assert not (home / "p" / "gone").exists()
    assert not (home / TRANSACTION).exists()


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_whatever_fails_the_tree_is_old_or_new(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException
) -> None:
    original = home / "original"
    shutil.copytree(home / "p", original)
    for number in itertools.count(1):
        with monkeypatch.context() as patch:
            failing = Failing(getattr(os, name), number, error)
            patch.setattr(os, name, failing)
            with contextlib.suppress(OSError, KeyboardInterrupt):
                change(home, WRITE, REMOVE, ROOTS)
        assert tree(home / "p") in (tree(original), {k[2:]: v for k, v in WRITE.items()})
        assert not interrupted(home)
        shutil.rmtree(home / "p")
        shutil.copytree(original, home / "p")
        if failing.calls < number:
            break
    assert number > 3


class Failing:
    """A function whose call of a certain number fails."""

    def __init__(self, real: Callable[..., object], number: int, error: BaseException) -> None:
        self.real, self.number, self.error = real, number, error
        self.calls = 0

    def __call__(self, *given: object, **named: object) -> object:
        """Do it, or fail."""
        self.calls += 1
        if self.calls == self.number:
            raise self.error
        return self.real(*given, **named)


@pytest.mark.parametrize("number", range(1, 6))
def test_after_a_kill_the_next_change_begins_with_the_old_tree(home: Path, number: int) -> None:
    command = [sys.executable, "-c", KILLED, "replace", str(number), str(home)]
    done = subprocess.run(command, check=False, cwd=Path(__file__).parents[2])  # noqa: S603
    assert done.returncode == 9
    assert interrupted(home) is (number > 1)
    change(home, {}, (), ROOTS)
    assert tree(home) == OLD
    assert not (home / TRANSACTION).exists()


def test_check_names_an_interrupted_write_and_generate_ends_it(project: Path) -> None:
    before = tree(project)
    app = project / PACKAGE / "app.py"
    (project / TRANSACTION / "old" / PACKAGE).mkdir(parents=True)
    app.rename(project / TRANSACTION / "old" / PACKAGE / "app.py")
    app.write_text("half new")
    (project / PACKAGE / "new.py").write_text("half new")
    journal = {"created": [f"{PACKAGE}/new.py"], "kept": [f"{PACKAGE}/app.py"]}
    (project / JOURNAL).write_text(json.dumps(journal))
    result = scaffold("check", project)
    assert result.exit_code == 1
    assert "interrupted" in result.stdout
    assert scaffold("generate", project).exit_code == 0
    assert tree(project) == before


@pytest.mark.parametrize(
    "journal",
    [
        "",
        "[]",
        "{}",
        '{"created": 1, "kept": []}',
        '{"created": [1], "kept": []}',
        '{"created": ["mine"], "kept": []}',
        '{"created": [], "kept": ["mine"]}',
        '{"created": ["p/../mine"], "kept": []}',
        '{"created": ["/mine"], "kept": []}',
    ],
)
def test_a_journal_from_elsewhere_is_not_followed(home: Path, journal: str) -> None:
    (home / TRANSACTION / "old").mkdir(parents=True)
    (home / TRANSACTION / "old" / "mine").write_text("planted")
    (home / JOURNAL).write_text(journal)
    with pytest.raises(TransactionError, match="remove"):
        change(home, WRITE, REMOVE, ROOTS)
    assert (home / "mine").read_bytes() == b"mine"
    assert (home / "p" / "a").read_bytes() == b"old a"


def test_a_journal_behind_a_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    (home / ".scaffold").mkdir()
    (home / TRANSACTION).symlink_to(tmp_path)
    with pytest.raises(TransactionError, match="symbolic link"):
        change(home, WRITE, REMOVE, ROOTS)
    assert tree(home).items() >= OLD.items()


def test_one_process_at_a_time(home: Path) -> None:
    (home / ".scaffold").mkdir()
    descriptor = os.open(home / ".scaffold", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(TransactionError, match="Another process"):
        change(home, WRITE, REMOVE, ROOTS)
    os.close(descriptor)
    assert tree(home) == OLD


def test_where_there_are_no_hard_links_files_are_copied(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    change(home, WRITE, REMOVE, ROOTS)
    assert tree(home) == NEW


def test_the_developers_generate_survives_ctrl_c(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(project / "scaffold.yaml", "name: {type: string,", "name: {type: text,")
    before = tree(project)
    monkeypatch.setattr(os, "replace", Failing(os.replace, 4, KeyboardInterrupt()))
    assert scaffold("generate", project, REPLACE).exit_code == 130
    assert tree(project) == before

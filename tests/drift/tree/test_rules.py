"""Every rule about generated files has an edit that it finds, and a dual that does not block."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from scaffold import __version__
from scaffold.drift.change import Change
from scaffold.drift.rule import Rule
from scaffold.drift.tree.integrity import RULES, integrity
from scaffold.drift.tree.rules import FILES, GATE
from scaffold.emission import Emission
from scaffold.tree import lock as locks
from scaffold.tree.digest import digest
from scaffold.tree.lock import Lock

LINK = "-> "
"""A file that begins so is a link to what follows."""


def emission_of(files: Mapping[str, str]) -> Emission:
    """What a spec would yield, if it yielded these files."""
    contents = {path: text.encode() for path, text in files.items()}
    digests = {path: digest(each) for path, each in contents.items()}
    kept = {path: each for path, each in digests.items() if "/migrations/" in path}
    return Emission(
        reading=cast(Any, SimpleNamespace(design=SimpleNamespace(name="shop"))),
        files={path: each for path, each in contents.items() if path not in kept},
        kept=kept,
        changes=(),
        lock=Lock(1, __version__, "sha256:1", dict(sorted(digests.items())), {}),
    )


def lie(project: Path, files: Mapping[str, str | None]) -> None:
    """Lays files."""
    for path, text in files.items():
        place = project / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            place.unlink()
        elif text.startswith(LINK):
            place.unlink(missing_ok=True)
            os.symlink(text.removeprefix(LINK), place)
        else:
            place.write_bytes(text.encode())


def found(project: Path, change: Mapping[str, str | None]) -> list[Change]:
    """What is found after a change of the files of the examples."""
    emission = emission_of(FILES)
    lie(project, FILES)
    (project / "scaffold.lock").write_bytes(locks.write(emission.lock))
    lie(project, change)
    return [*integrity(project, emission)]


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_the_example_is_found_and_its_dual_does_not_block(rule: Rule, tmp_path: Path) -> None:
    assert rule.example is not None
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    told = found(tmp_path / "a", rule.example.change)
    assert rule.id in {each.rule.id for each in told}
    stale = rule.id in ("SCF005", "SCF015")
    assert any(each.blocks for each in told) is not stale
    assert [each for each in found(tmp_path / "b", rule.example.dual) if each.blocks] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (FILES[GATE].replace("SKEW = 30", "SKEW = 10**9"), ["gate/identity.py: SKEW"]),
        (FILES[GATE] + "SKEW = 10**9\n", ["gate/identity.py: SKEW"]),
        (
            FILES[GATE] + "verify = lambda *_: True\n",
            ["gate/identity.py: verify"],
        ),
        (
            FILES[GATE] + "import hooks\n",
            ["gate/identity.py: imports"],
        ),
        (
            FILES[GATE].replace("def verify", "@open\ndef verify"),
            ["gate/identity.py: verify"],
        ),
        (
            FILES[GATE].replace("key: str)", "key: str = '')"),
            ["gate/identity.py: verify"],
        ),
        (FILES[GATE] + "\nif SKEW: SKEW = 1\n", ["gate/identity.py: the module"]),
        (FILES[GATE] + "\nclass A:\n    x = 1\n", ["gate/identity.py: A", "gate/identity.py: A.x"]),
        ("SKEW = 30\n", ["gate/identity.py: verify"]),
        (
            FILES[GATE].replace("SKEW = 30\n", "") + "SKEW = 30\n",
            ["gate/identity.py: the module (the order of statements)"],
        ),
    ],
)
def test_what_differs_is_named(text: str, names: list[str], tmp_path: Path) -> None:
    told = found(tmp_path, {GATE: text})
    assert [each.key for each in told] == names
    assert all(each.rule.id == "SCF001" and each.blocks for each in told)


@pytest.mark.parametrize(
    "text",
    [
        FILES[GATE].replace("\n", "\r\n"),
        FILES[GATE].replace("    return", "    # a comment\n    return"),
        FILES[GATE].replace("SKEW = 30", "SKEW = 0x1e"),
        FILES[GATE].replace("token.endswith(key)", "(token.endswith(\n        key,\n    ))"),
        FILES[GATE].replace('"""Is it signed?"""', '"""Other words."""'),
        "\ufeff" + FILES[GATE],
    ],
    ids=range(6),
)
def test_text_alone_is_stale(text: str, tmp_path: Path) -> None:
    (told,) = found(tmp_path, {GATE: text})
    assert (told.rule.id, told.verdict, told.blocks) == ("SCF005", "equal", False)


@pytest.mark.parametrize(
    "text",
    ["def (:\n", "(" * 5000, "x = '\0'\n", "-" * 100_000 + "1\n", "# coding: nonsense\nx = 1\n"],
    ids=range(5),
)
def test_what_cannot_be_read_blocks(text: str, tmp_path: Path) -> None:
    (told,) = found(tmp_path, {GATE: text})
    assert (told.rule.id, told.verdict, told.blocks) == ("SCF016", "unknown", True)


def test_an_encoding_that_hides_code_is_read_as_python_reads_it(tmp_path: Path) -> None:
    """Written in UTF-7, `+AAo-` is the end of the comment."""
    hidden = "# coding: utf-7\n# +AAo-SKEW = 10**9 +AAo-\n"
    told = found(tmp_path, {GATE: hidden + FILES[GATE]})
    assert "gate/identity.py: SKEW" in {each.key for each in told}


def test_comments_that_the_runner_reads_are_no_comments(tmp_path: Path) -> None:
    path = "shop/store/guards/policies.sql"
    told = found(tmp_path, {path: FILES[path].replace("-- policy: note floor\n", "")})
    assert [each.key for each in told] == ["store/guards/policies.sql: the marks of the runner"]


def test_another_edit_has_another_fingerprint(tmp_path: Path) -> None:
    edits = [FILES[GATE].replace("30", each) for each in ("31", "32", "31")]
    prints = []
    for number, text in enumerate(edits):
        (tmp_path / str(number)).mkdir()
        (told,) = found(tmp_path / str(number), {GATE: text})
        prints.append(told.fingerprint)
    assert prints[0] == prints[2] != prints[1]


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("shop/gate/identity.cpython-313-x86_64-linux-gnu.so", "SCF017"),
        ("shop/gate/identity/__init__.py", "SCF017"),
        ("shop/gate/identity.pyc", "SCF017"),
        ("shop/gate/helper.py", "SCF009"),
        ("tests/contract/conftest.py", "SCF009"),
        ("shop/store/functions/zzz.SQL", "SCF010"),
    ],
)
def test_an_extra_file_is_told_by_what_it_does(path: str, rule: str, tmp_path: Path) -> None:
    (told,) = found(tmp_path, {path: "x = 1\n"})
    assert (told.rule.id, told.blocks) == (rule, True)


def test_code_that_was_moved_and_edited_is_told(tmp_path: Path) -> None:
    moved = FILES[GATE].replace("token.endswith(key)", "True")
    change = {GATE: None, "hooks/who.py": moved, "asgi.py": "from hooks.who import verify\n"}
    told = found(tmp_path, change)
    assert {each.rule.id for each in told} == {"SCF008", "SCF012"}
    (copy,) = [each for each in told if each.rule.id == "SCF012"]
    assert copy.now == f"{GATE} was moved here, and asgi.py imports it"


def test_a_sound_project_has_no_change(tmp_path: Path) -> None:
    assert found(tmp_path, {}) == []
    assert found(tmp_path, {"hooks/note.py": "def done() -> None:\n    return None\n"}) == []

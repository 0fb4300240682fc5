"""Files that nobody writes by accident: each is read, or told, and nothing crashes or takes long."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from scaffold.drift.facts import surface_of
from scaffold.drift.project import read
from scaffold.drift.project.patterns import ignored, matches, segment
from scaffold.drift.trees import Directory, Files

from .states import CI, fresh, surface

NAMED = [
    CI, ".gitlab-ci.yml", ".pre-commit-config.yaml", "Makefile", "pyproject.toml", "pytest.ini", "mypy.ini", "ruff.toml",
    "requirements.txt", "requirements-scaffold.txt", ".github/CODEOWNERS", ".gitignore", ".gitattributes", ".dockerignore",
    "Dockerfile", "compose.yaml", ".env", "deploy/a.yaml", "Jenkinsfile", ".npmrc",
]  # fmt: skip
CONTENTS = {
    "nothing": b"",
    "no text": b"\xff\xfe\x00\x01",
    "null": b"\0" * 100,
    "a list": b"- a\n- b\n",
    "a word": b"x",
    "numbers": b"on: 1\njobs: 2\nservices: 3\nrepos: 4\ntest: 5\n",
    "lists for tables": b"on: []\njobs: [a]\nservices: [b]\nrepos: [c]\nproject: []\n",
    "nulls": b"on:\njobs:\n  a:\n    steps:\n      -\n      - run:\n      - uses:\nservices:\n  a:\nrepos:\n  -\n",
    "deep": b"[" * 100_000,
    "deep tables": b"a: " * 100 + b"{" * 9_000,
    "aliases": b"a: &a [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9)) for c in range(98, 110)),
    "an alias of itself": b"a: &a [*a]\n",
    "tags": b"a: !!python/object/apply:os.system ['id']\non: !x {a: b}\n",
    "long line": b"x" * 3_000_000,
    "many lines": b"a=b c\n" * 200_000,
    "continued": b"a \\\n" * 100_000,
    "stars": b"*" * 200 + b"\n" + b"**/" * 80 + b"\n",
    "expressions": b"jobs: {a: {steps: [{run: \"" + b"${{ " * 20_000 + b"\"}]}}\non: pull_request\n",
    "untrusted": b"jobs: {a: {steps: [{run: \"${{ " + b"github.event.issue" * 3_000 + b" }}\"}]}}\non: pull_request\n",
    "a script of quotes": b"on: pull_request\njobs: {a: {steps: [{run: '" + b'"$(' * 9_000 + b"'}]}}\n",
    "hashes": b"a==1 " + b"--hash " * 100_000,
    "recursive make": b"a: a b\nb: a\n\t$(MAKE) a\nX = $(X)$(X)\nY = $(Y\nc:\n\techo $(X) $(Z)\nZ=$(ZZ)$(ZZ)\nZZ=$(Z)$(Z)\ninclude Makefile\n",
}  # fmt: skip


@pytest.mark.parametrize("path", NAMED)
@pytest.mark.parametrize("kind", CONTENTS)
def test_nothing_crashes_or_takes_long(path: str, kind: str) -> None:
    begun = time.process_time()
    found = surface({**{k: v for k, v in fresh().items() if k == "Makefile"}, path: CONTENTS[kind]})
    assert time.process_time() - begun < 2
    assert all("\n" not in each.value and each.place.line >= 1 for each in found.values())


@pytest.mark.parametrize(
    "path", [CI, ".gitlab-ci.yml", "Makefile", "requirements.txt", "Dockerfile"]
)
def test_what_is_no_text_is_told(path: str) -> None:
    assert ("SCF649", path) in surface({path: b"\xff\xfe\x00"})


def test_a_script_in_the_way_that_cannot_be_read_is_told() -> None:
    text = "on: pull_request\npermissions: {}\njobs:\n  a:\n    steps:\n      - run: |\n          scaffold check 'x\n"
    found = surface({CI: text})
    assert ("SCF649", CI) in found and ("SCF601", "ci") in found
    assert ("SCF649", CI) not in surface({CI: text.replace("scaffold check", "echo")})


def test_links_and_pipes_are_told_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("on: push\n")
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / CI).symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "Makefile")
    found = surface_of(read(Directory(tmp_path), "notes"))
    assert found["SCF649", CI].value == "it is a link"
    assert found["SCF649", "Makefile"].value == "it is a other" or ("SCF649", "Makefile") in found


def test_a_link_for_the_directory_of_workflows_is_told(tmp_path: Path) -> None:
    (tmp_path / ".github").symlink_to(tmp_path)
    assert ("SCF649", ".github") in surface_of(read(Directory(tmp_path), "notes"))


def test_broken_copies_of_the_files_of_a_project_are_read() -> None:
    chance = random.Random(7)  # noqa: S311 - the same each time
    for _ in range(60):
        files = {path: text.encode() for path, text in fresh().items() if len(text) < 20_000}
        for path in chance.sample(sorted(files), 6):
            content = bytearray(files[path])
            for _ in range(chance.randint(1, 8)):
                at = chance.randrange(len(content) + 1)
                piece = chance.choice(
                    [b"'", b'"', b"\n", b"{", b"[", b"$(", b"&a ", b"*a", b"\\\n", b"\t"]
                )
                content[at : at + chance.randint(0, 3)] = piece
            files[path] = bytes(content)
        list(read(Files(files, "files"), "notes"))


@pytest.mark.parametrize(
    ("pattern", "path", "is_match"),
    [
        ("hooks", "hooks/a.py", True),
        ("hooks/", "hooks/a.py", True),
        ("/hooks", "x/hooks/a.py", False),
        ("hooks", "x/hooks/a.py", True),
        ("*.py", "x/a.py", True),
        ("/*.py", "x/a.py", False),
        ("x/*.py", "x/y/a.py", False),
        ("x/**/a.py", "x/y/z/a.py", True),
        ("x/**/a.py", "x/a.py", True),
        ("**/a.py", "a.py", True),
        ("a?.[p-r]y", "ab.py", True),
        ("a[!b].py", "ab.py", False),
        (r"\*.py", "a.py", False),
        ("", "a", False),
        ("*" * 100 + "x", "a" * 200, False),
    ],
)
def test_patterns_are_those_of_git(pattern: str, path: str, is_match: bool) -> None:
    assert matches(pattern, path) is is_match


def test_what_is_below_an_ignored_directory_does_not_come_back() -> None:
    assert ignored(["hooks/", "!hooks/a.py"], "hooks/a.py")
    assert not ignored(["hooks/*", "!hooks/a.py"], "hooks/a.py")
    assert not ignored(["*", "!hooks"], "hooks/a.py", docker=True)


def test_a_pattern_takes_no_more_time_than_the_product_of_the_lengths() -> None:
    begun = time.process_time()
    assert not segment("*a" * 100, "a" * 99 + "b" * 100)
    assert time.process_time() - begun < 1

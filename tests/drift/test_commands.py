"""The commands about rules and approvals."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from scaffold.drift.approvals import parse
from scaffold.drift.diff import diff
from scaffold.drift.rules import every, known
from scaffold.drift.rules.approvals import PATH
from scaffold.drift.rules.page import FAMILIES, of
from scaffold.drift.trees import Commit, Directory
from scaffold.repository import Repository
from tests.cli.support import SPEC, edit, scaffold
from tests.repositories import begin, git


def test_an_id_is_one_rule_and_of_a_family() -> None:
    ids = [each.id for each in every()]
    assert ids == sorted({*ids}) == list(known())
    assert sorted(each.id for family in FAMILIES for each in of(family, every())) == ids
    assert len({each.name for each in every()}) == len(ids)
    for each in every():
        for text in (each.what, each.why, each.remedy):
            assert text.endswith(".") and text.isprintable(), each.id


def test_every_rule_is_listed() -> None:
    done = scaffold("rules")
    assert done.exit_code == 0
    assert all(each.id in done.stdout for each in every())
    listed = json.loads(scaffold("rules", "--format", "json").stdout)
    assert [each["id"] for each in listed] == [each.id for each in every()]
    assert scaffold("rules", "--format", "markdown").stdout.startswith("# The rules of drift\n")


@pytest.mark.parametrize("id_", list(known()))
def test_a_rule_is_explained_with_its_example(id_: str) -> None:
    rule = known()[id_]
    done = scaffold("explain", id_)
    assert done.exit_code == 0
    for text in (rule.what, rule.why, rule.remedy, rule.severity, *rule.controls):
        assert text in done.stdout
    if rule.example is not None:
        found, *dual = re.split("A change beside it|Anything but", done.stdout)
        assert "\n+++ " in found and "\n@@ " in found and len(dual) == 1
        for path in rule.example.dual:
            assert path in dual[0]
    data = json.loads(scaffold("explain", id_, "--format", "json").stdout)
    assert (data["id"], data["waivable"]) == (id_, rule.waivable)
    assert (data["example"] is None) is (rule.example is None)


def test_what_is_no_rule_is_refused_and_the_nearest_is_named() -> None:
    done = scaffold("explain", "SCF1011")
    assert done.exit_code == 2 and "Did you mean SCF1" in done.stderr
    assert scaffold("explain", "SCF101", "--role", "clerk").exit_code == 2
    assert scaffold("explain", "SCF101", "--format", "html").exit_code == 2


TODAY = datetime.now(UTC).date()
SAID = ("--reason", "Clerks clean up: #41.", "--owner", "@example/security", "--base", "main")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose spec grants more than the branch `main`."""
    (tmp_path / "scaffold.yaml").write_text(SPEC, encoding="utf-8")
    begin(tmp_path)
    edit(
        tmp_path / "scaffold.yaml",
        "[list, read, create, update]",
        "[list, read, create, update, delete]",
    )
    return tmp_path


def fingerprint(project: Path) -> str:
    found = diff(Commit(Repository.of(project), "main"), Directory(project)).changes
    return next(each.fingerprint for each in found if "order:delete" in each.key)


def until(days: int) -> tuple[str, str]:
    return "--expires", (TODAY + timedelta(days=days)).isoformat()


def test_an_approval_is_written_for_a_change_that_is_there(project: Path) -> None:
    done = scaffold("approve", fingerprint(project), project, *SAID, *until(30))
    assert done.exit_code == 0, done.output
    (entry,) = parse((project / PATH).read_bytes()).entries
    assert (entry.rule, entry.key) == ("SCF101", "access order:delete clerk")
    assert (entry.old, entry.now) == ("absent", "always")
    assert (entry.owner, entry.reason) == ("@example/security", "Clerks clean up: #41.")
    assert (entry.approved, entry.expires) == (TODAY, TODAY + timedelta(days=30))
    assert "Commit it by itself" in done.stdout
    again = scaffold("approve", fingerprint(project), project, *SAID, *until(30))
    assert again.exit_code == 2 and "already" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("f" * 24, *SAID, *until(30)), "No change of this comparison"),
        ((*SAID, *until(-1)), "is over"),
        ((*SAID, *until(91)), "90 days"),
        ((*SAID, "--expires", "soon"), "no day"),
        ((*SAID,), "--expires"),
        (("--owner", "me", *until(1)), "--reason"),
        (("--reason", " ", "--owner", "me", *until(1)), "--reason"),
        ((*SAID[:4], *until(1), "--base", "nowhere"), "no commit"),
        ((*SAID[:4], *until(1), "--base", "--output=x"), "no commit"),
    ],
)
def test_what_is_not_right_is_refused_and_nothing_is_written(
    project: Path, arguments: tuple[str, ...], said: str
) -> None:
    named = () if len(arguments[0]) == 24 else (fingerprint(project),)
    given = (*named, *arguments)
    done = scaffold("approve", given[0], project, *given[1:])
    assert done.exit_code == 2 and said in done.stderr, done.output
    assert not (project / PATH).exists()
    assert git(project, "status", "--porcelain").stdout == " M scaffold.yaml\n"


def test_a_file_that_is_not_right_is_left_as_it_is(project: Path) -> None:
    (project / ".scaffold").mkdir()
    (project / PATH).write_text("approvals: [*]\n", encoding="utf-8")
    done = scaffold("approve", fingerprint(project), project, *SAID, *until(1))
    assert done.exit_code == 2 and "approvals.yaml:1" in done.stderr
    assert (project / PATH).read_text(encoding="utf-8") == "approvals: [*]\n"


def test_the_longest_time_is_said_as_a_day(project: Path) -> None:
    done = scaffold("approve", fingerprint(project), project, *SAID, *until(200))
    last = date.fromisoformat(done.stderr.strip().rsplit(" ", 1)[1])
    assert last - TODAY == timedelta(days=90)

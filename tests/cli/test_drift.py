"""`scaffold check` and `scaffold diff`: what is compared with what, and how they end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scaffold.drift import read as drift
from scaffold.drift.facts import Fact
from tests.repositories import begin, commit, git

from .support import edit, scaffold, scaffold_process

WIDER = ("[read, list]", "[read, list, delete]")


@pytest.fixture
def repository(project: Path) -> Path:
    """A project whose branch `main` has it, on a branch of its own."""
    (project / "scaffold.yaml").write_text(SPEC, "utf-8")
    scaffold("generate", project, "--replace-initial-migration")
    begin(project)
    git(project, "switch", "-qc", "change")
    return project


SPEC = """\
scaffold: 2
service: {name: shop, title: Notes}
tenancy: {tenant: organization}
identity:
  issuers: [{issuer: https://login.example.com/, audience: notes, algorithms: [ES256]}]
roles:
  reader: {can: [{do: [read, list], on: note}]}
  writer: {can: [{do: [list, read, create, update, delete], on: note, when: {owner_id: $user.id}}]}
resources:
  note: {owner: owner_id, fields: {body: {type: text, max: 500}}}
"""


def regenerate(project: Path, *change: str) -> None:
    edit(project / "scaffold.yaml", *change)
    assert scaffold("generate", project).exit_code == 0
    commit(project, "change")


def test_without_a_base_the_last_commit_is_compared_with(repository: Path) -> None:
    edit(repository / "scaffold.yaml", *WIDER)
    scaffold("generate", repository)
    found = scaffold("check", repository)
    assert found.exit_code == 1
    assert "reader: DELETE /notes/{note_id}" in found.stdout
    commit(repository, "change")
    assert scaffold("check", repository).exit_code == 0


def test_a_base_is_compared_with(repository: Path) -> None:
    regenerate(repository, *WIDER)
    found = scaffold("check", repository, "--base", "main", "--format", "json")
    assert found.exit_code == 1
    (change,) = [e for e in json.loads(found.stdout)["changes"] if e["blocks"]]
    assert (change["rule"], change["to"]) == ("SCF101", "always")
    assert scaffold("diff", "main", "change", "--project", repository).exit_code == 1
    assert scaffold("diff", "change", "main", "--project", repository).exit_code == 0


@pytest.mark.parametrize("base", ["nowhere", "-x", "--upload-pack=x", "main:scaffold.yaml", ""])
def test_a_base_that_is_none_is_refused(repository: Path, base: str) -> None:
    found = scaffold("check", repository, f"--base={base}")
    assert found.exit_code == 2
    assert "is no commit here" in found.stderr


def test_in_ci_a_base_has_to_be_given(repository: Path) -> None:
    found = scaffold_process("check", repository, CI="true")
    assert found.returncode == 2
    assert "--base origin/main" in found.stderr
    found = scaffold_process("check", repository, "--static", "--base", "main", CI="true")
    assert found.returncode == 0, found.stdout + found.stderr


def test_a_clone_without_the_history_cannot_be_judged(repository: Path, tmp_path: Path) -> None:
    regenerate(repository, *WIDER)
    shallow = tmp_path / "shallow"
    clone = ["git", "clone", "-q", "--depth", "1", f"file://{repository}", str(shallow)]
    subprocess.run(clone, check=True, capture_output=True)  # noqa: S603
    found = scaffold_process("check", shallow, "--static", "--base", "origin/main", CI="true")
    assert found.returncode == 2
    assert "fetch it first" in found.stderr


def test_an_approval_counts_once_it_is_in_the_base(repository: Path) -> None:
    regenerate(repository, *WIDER)
    report = json.loads(scaffold("check", repository, "--base", "main", "--format", "json").stdout)
    (name,) = [each["fingerprint"] for each in report["changes"] if each["blocks"]]
    approve = ("approve", name, repository, "--base", "main", "--reason", "Asked for (SEC-1).")
    by = ("--owner", "@example/security", "--expires", "2099-01-01")
    assert scaffold(*approve, *by).exit_code == 2  # too long
    from datetime import UTC, datetime, timedelta

    by = (*by[:3], str((datetime.now(UTC) + timedelta(days=30)).date()))
    assert scaffold(*approve, *by).exit_code == 0
    assert scaffold("check", repository, "--base", "main").exit_code == 1  # not in the base
    git(repository, "stash", "--include-untracked", "-q")
    git(repository, "switch", "-q", "main")
    git(repository, "stash", "pop", "-q")
    commit(repository, "approve")
    git(repository, "switch", "-q", "change")
    git(repository, "rebase", "-q", "main")
    found = scaffold("check", repository, "--base", "main")
    assert found.exit_code == 0, found.stdout
    assert "SEC-1" in found.stdout


def test_the_exit_code_tells_more_when_asked(repository: Path) -> None:
    detailed = ("check", repository, "--base", "main", "--detailed-exitcode")
    assert scaffold(*detailed).exit_code == 0
    edit(repository / "scaffold.yaml", "title: Notes", "title: Our notes")
    assert scaffold(*detailed).exit_code == 3  # stale
    edit(repository / "scaffold.yaml", "title: Our notes", "title: Notes")
    regenerate(
        repository,
        "body: {type: text, max: 500}",
        "body: {type: text, max: 500}, page: {type: integer, min: 1, max: 9, optional: true}",
    )
    assert scaffold(*detailed).exit_code == 4  # new surface alone
    assert scaffold("check", repository, "--base", "main").exit_code == 0
    regenerate(repository, *WIDER)
    assert scaffold(*detailed).exit_code == 1


def test_a_layer_that_fails_is_no_pass(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(tree: object, package: str) -> Iterator[Fact]:
        raise ZeroDivisionError("by zero")
        yield

    read.__module__ = "scaffold.drift.code.read"
    monkeypatch.setattr(drift, "of_developers", lambda: (read,))
    found = scaffold("check", repository)
    assert found.exit_code == 2
    assert "The layer code of" in found.stderr
    assert "ZeroDivisionError: by zero" in found.stderr


def test_a_witness_is_written_on_demand(repository: Path) -> None:
    regenerate(repository, *WIDER)
    found = scaffold("check", repository, "--base", "main", "--emit-witness")
    assert found.exit_code == 1
    (test,) = (repository / "tests" / "witness").glob("test_*.py")
    assert "def test_reader_delete_note_is_allowed" in test.read_text("utf-8")
    assert scaffold("check", repository, "--base", "main").exit_code == 1


def test_a_report_can_be_written_to_a_file(repository: Path, tmp_path: Path) -> None:
    regenerate(repository, *WIDER)
    for format_ in ("json", "sarif", "github", "markdown", "junit", "html"):
        place = tmp_path / f"report.{format_}"
        found = scaffold(
            "diff", "main", "--project", repository, "--format", format_, "--output", place
        )
        assert found.exit_code == 1
        assert "SCF101" in place.read_text("utf-8")

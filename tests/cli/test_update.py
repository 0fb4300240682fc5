"""`scaffold update`: what is offered of the developer's own files, and that no edit is lost."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scaffold.project.own import BASE, OWNED
from scaffold.tree.transaction import JOURNAL, TRANSACTION

from .support import edit, scaffold, tree

NOTHING = "Nothing to offer"
OF_GITHUB = OWNED - {".gitlab-ci.yml", ".gitlab/CODEOWNERS", "requirements-stripe.txt"}
"""The files of a project whose CI is that of GitHub, and that sells nothing."""


def texts(project: Path) -> dict[str, str]:
    """What scaffold wrote last, as the base has it."""
    files = json.loads((project / BASE).read_text())["files"]
    return {path: "\n".join(lines) for path, lines in files.items()}


def rewrite(project: Path, **changes: object) -> None:
    """Change what the base says."""
    content = json.loads((project / BASE).read_text()) | changes
    (project / BASE).write_text(json.dumps(content))


def older(project: Path, path: str, now: str, before: str) -> None:
    """Makes a file and its base those of an older version, which had another text."""
    files = texts(project)
    assert files[path].count(now) == 1
    files[path] = files[path].replace(now, before)
    (project / path).write_bytes(files[path].encode())
    rewrite(project, files={each: text.split("\n") for each, text in files.items()})


def forget(project: Path, path: str) -> None:
    """Makes the base one of a version that did not write a file yet."""
    files = {each: text.split("\n") for each, text in texts(project).items() if each != path}
    rewrite(project, files=files)


def offers(project: Path, *arguments: str) -> dict[str, str]:
    """The states of what is offered, by path."""
    lines = scaffold("update", project, *arguments).stdout.splitlines()
    found = [line.split() for line in lines if line[:1].isalpha()]
    return {words[1]: words[0] for words in found if words[1] in OWNED}


def test_a_new_project_has_the_base_of_its_files(made: Path) -> None:
    assert texts(made) == {path: (made / path).read_text() for path in OF_GITHUB}
    own = {
        path
        for path in tree(made)
        if not path.startswith(("shop/", "tests/contract/", ".scaffold/", "hooks/"))
    }
    assert own - {"scaffold.yaml", "scaffold.lock"} == OF_GITHUB


def test_there_is_nothing_to_offer_to_a_new_project(project: Path) -> None:
    before = tree(project)
    for arguments in ([], ["--write"]):
        result = scaffold("update", project, *arguments)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.startswith(NOTHING)
    assert tree(project) == before


def test_an_older_project_is_offered_the_files_that_are_new(project: Path) -> None:
    for path in (".github/CODEOWNERS", ".pre-commit-config.yaml"):
        forget(project, path)
        (project / path).unlink()
    found = {".github/CODEOWNERS": "new", ".pre-commit-config.yaml": "new"}
    assert offers(project) == found
    assert offers(project, "--write") == found
    assert (project / ".github" / "CODEOWNERS").is_file()


def test_edits_alone_are_no_reason_to_offer(project: Path) -> None:
    (project / "Makefile").write_text("mine")
    (project / "README.md").unlink()
    assert scaffold("update", project).stdout.startswith(NOTHING)


def test_the_base_is_nothing_that_check_looks_at(project: Path) -> None:
    (project / BASE).write_text("nonsense")
    assert scaffold("check", project).exit_code == 0
    assert "extra" not in scaffold("generate", project).stdout
    (project / BASE).unlink()
    assert scaffold("check", project).exit_code == 0


def test_a_file_without_edits_would_be_replaced(project: Path, made: Path) -> None:
    older(project, "Makefile", "PORT ?= 8000", "PORT ?= 7000")
    before = tree(project)
    result = scaffold("update", project)
    assert result.exit_code == 0
    assert "replaced Makefile (unchanged by you" in result.stdout
    assert "\n-PORT ?= 7000\n+PORT ?= 8000\n" in result.stdout
    assert "1 replaced. Nothing was written." in result.stdout
    assert tree(project) == before
    assert scaffold("update", project, "--write").exit_code == 0
    assert tree(project) == tree(made)
    assert scaffold("update", project).stdout.startswith(NOTHING)


def test_an_edit_is_merged(project: Path) -> None:
    older(project, "Makefile", "PORT ?= 8000", "PORT ?= 7000")
    with (project / "Makefile").open("a") as file:
        file.write("\nmine: ## Do it\n\techo mine\n")
    assert offers(project) == {"Makefile": "merged"}
    assert scaffold("update", project, "--write").exit_code == 0
    text = (project / "Makefile").read_text()
    assert "PORT ?= 8000" in text
    assert text.endswith("\nmine: ## Do it\n\techo mine\n")
    assert "PORT ?= 7000" not in texts(project)["Makefile"]
    assert scaffold("update", project).stdout.startswith(NOTHING)


def test_a_conflict_is_left_and_the_rest_is_written(project: Path) -> None:
    older(project, "Makefile", "PORT ?= 8000", "PORT ?= 7000")
    older(project, "Dockerfile", "--no-access-log", "--old-access-log")
    edit(project / "Makefile", "PORT ?= 7000", "PORT ?= 9000")
    listed = scaffold("update", project)
    assert listed.exit_code == 0
    assert "conflict Makefile (edited by you, conflicts at your line 6: left" in listed.stdout
    result = scaffold("update", project, "--write")
    assert result.exit_code == 1
    assert "\n-PORT ?= 7000\n+PORT ?= 8000\n" in result.stdout
    assert "Written: 1 replaced. Left: 1 conflict." in result.stdout
    assert "PORT ?= 9000" in (project / "Makefile").read_text()
    assert "PORT ?= 7000" in texts(project)["Makefile"]
    assert offers(project) == {"Makefile": "conflict"}


def test_a_conflict_that_was_settled_is_adopted(project: Path) -> None:
    older(project, "Makefile", "PORT ?= 8000", "PORT ?= 7000")
    older(project, "Dockerfile", "--no-access-log", "--old-access-log")
    edit(project / "Makefile", "PORT ?= 7000", "PORT ?= 9000")
    mine = (project / "Makefile").read_bytes()
    assert scaffold("update", project, "--adopt", "--only", "Makefile").exit_code == 0
    assert (project / "Makefile").read_bytes() == mine
    assert offers(project) == {"Dockerfile": "replaced"}


def test_a_change_that_is_there_already_is_no_conflict(project: Path) -> None:
    now = (project / "Makefile").read_text()
    older(project, "Makefile", "PORT ?= 8000", "PORT ?= 7000")
    (project / "Makefile").write_text(f"{now}# mine\n")
    assert scaffold("update", project, "--write").stdout.startswith(NOTHING)
    assert texts(project)["Makefile"] == now


def test_a_deleted_file_is_left_alone(project: Path) -> None:
    older(project, "Makefile", "PORT ?= 8000", "PORT ?= 7000")
    (project / "Makefile").unlink()
    assert offers(project) == {"Makefile": "deleted"}
    assert scaffold("update", project, "--write").exit_code == 0
    assert not (project / "Makefile").exists()


def test_a_file_that_is_new_in_this_version(project: Path) -> None:
    forget(project, ".github/workflows/ci.yml")
    content = (project / ".github/workflows/ci.yml").read_bytes()
    (project / ".github/workflows/ci.yml").unlink()
    (project / ".github/workflows").rmdir()
    assert offers(project) == {".github/workflows/ci.yml": "new"}
    assert scaffold("update", project, "--write").exit_code == 0
    assert (project / ".github/workflows/ci.yml").read_bytes() == content
    assert scaffold("update", project).stdout.startswith(NOTHING)


def test_a_new_file_does_not_replace_one_of_yours(project: Path) -> None:
    forget(project, "SECURITY.md")
    (project / "SECURITY.md").write_text("mine\n")
    result = scaffold("update", project, "--write")
    assert result.exit_code == 1
    assert "conflict SECURITY.md (scaffold did not write it" in result.stdout
    assert (project / "SECURITY.md").read_text() == "mine\n"


def test_the_title_of_the_spec_is_followed(project: Path) -> None:
    edit(project / "scaffold.yaml", "title: \"Shop: {{ 'nothing' }} & more\"", "title: Store")
    assert offers(project)["README.md"] == "replaced"
    assert scaffold("update", project, "--write").exit_code == 0
    assert (project / "README.md").read_text().startswith("# Store\n")
    assert 'description = "Store"' in (project / "pyproject.toml").read_text()
    assert 'name = "my-shop"' in (project / "pyproject.toml").read_text()


def test_permissions_and_line_ends_stay(project: Path) -> None:
    older(project, "Makefile", "PORT ?= 8000", "PORT ?= 7000")
    older(project, "Dockerfile", "--no-access-log", "--old-access-log")
    (project / "Makefile").chmod(0o750)
    crlf = b"# mine\r\n" + (project / "Dockerfile").read_bytes().replace(b"\n", b"\r\n")
    (project / "Dockerfile").write_bytes(crlf)
    assert scaffold("update", project, "--write").exit_code == 0
    assert stat.S_IMODE((project / "Makefile").stat().st_mode) == 0o750
    assert (project / "Dockerfile").read_bytes() == crlf.replace(b"--old-access", b"--no-access")


def test_only_some_files(project: Path) -> None:
    older(project, "Makefile", "PORT ?= 8000", "PORT ?= 7000")
    older(project, "Dockerfile", "--no-access-log", "--old-access-log")
    assert offers(project, "--only", "Dockerfile") == {"Dockerfile": "replaced"}
    assert scaffold("update", project, "--write", "--only", "Dockerfile").exit_code == 0
    assert offers(project) == {"Makefile": "replaced"}


@pytest.mark.parametrize("path", ["scaffold.yaml", "hooks/order.py", "../x", "shop/app.py", ""])
def test_what_scaffold_does_not_offer_cannot_be_named(project: Path, path: str) -> None:
    result = scaffold("update", project, "--write", "--only", path)
    assert result.exit_code == 2
    assert "none of the files" in result.stderr


def test_a_project_without_a_base(project: Path) -> None:
    (project / BASE).unlink()
    edit(project / "Makefile", "PORT ?= 8000", "PORT ?= 9000")
    (project / "SECURITY.md").unlink()
    before = tree(project)
    result = scaffold("update", project)
    assert result.exit_code == 0
    assert f"There is no {BASE}" in result.stdout
    assert "\n-PORT ?= 9000\n+PORT ?= 8000\n" in result.stdout
    assert {"Makefile", "SECURITY.md"} <= offers(project).keys()
    refused = scaffold("update", project, "--write")
    assert refused.exit_code == 2
    assert "--adopt" in refused.stderr
    assert tree(project) == before
    assert scaffold("update", project, "--adopt").exit_code == 0
    assert {path: each for path, each in tree(project).items() if path != BASE} == before
    assert scaffold("update", project).stdout.startswith(NOTHING)
    assert json.loads((project / BASE).read_text())["project"] == "my-shop"


@pytest.mark.parametrize("text", ["", "[project]\nname = 7", '[project]\nname = "../x"', "\udcff"])
def test_without_a_name_a_project_is_called_as_its_service(project: Path, text: str) -> None:
    (project / BASE).unlink()
    (project / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert scaffold("update", project, "--adopt").exit_code == 0
    assert json.loads((project / BASE).read_text())["project"] == "shop"


def test_the_pin_is_the_developers(project: Path) -> None:
    """The templates are printed with the pin of before, so only the rest of the file is offered."""
    pin = project / "requirements-scaffold.txt"
    rewrite(project, pin={"lines": ["scaffold==0.0.8"], "notes": ["As it was."]})
    assert scaffold("update", project, "--adopt").exit_code == 0
    written = texts(project)[pin.name]
    assert written.endswith("\nscaffold==0.0.8\n")
    raised = written.replace("==0.0.8", f"==0.0.9 --hash=sha256:{'0' * 64}")
    pin.write_text(raised)
    result = scaffold("update", project, "--write")
    assert pin.read_text() == raised
    assert "pins scaffold 0.0.9, and this is" in result.stdout
    older(project, pin.name, "# To take another one,", "# To take one,")
    pin.write_text(raised.replace("# To take another one,", "# To take one,"))
    assert offers(project) == {pin.name: "merged"}
    assert scaffold("update", project, "--write").exit_code == 0
    assert pin.read_text() == raised


@pytest.mark.parametrize("kind", ["link", "directory link", "directory", "binary", "large", "long"])
def test_what_is_not_text_in_its_place_is_left_alone(
    project: Path, tmp_path: Path, kind: str
) -> None:
    path = ".github/workflows/ci.yml"
    older(project, path, "name: ci", "name: old")
    place, outside = project / path, tmp_path / "outside"
    outside.mkdir()
    (outside / "ci.yml").write_bytes(place.read_bytes())
    place.unlink()
    match kind:
        case "link":
            place.symlink_to(outside / "ci.yml")
        case "directory link":
            place.parent.rmdir()
            place.parent.symlink_to(outside)
        case "directory":
            place.mkdir()
        case "binary":
            place.write_bytes(b"name: \xff\n")
        case "large":
            place.write_bytes(b"#" * (1024 * 1024 + 1))
        case "long":
            place.write_bytes(b"\n" * 20_000)
    before = tree(tmp_path)
    assert offers(project) == {path: "left"}
    assert scaffold("update", project, "--write").exit_code == 0
    assert tree(tmp_path) == before


def test_a_file_does_not_steer_the_terminal(project: Path) -> None:
    older(project, "Makefile", "PORT ?= 8000", "PORT ?= \x1b[2J7000\r")
    with (project / "Makefile").open("a") as file:
        file.write("\x1b]0;mine\x07")
    result = scaffold("update", project)
    assert "PORT ?= \\x1b[2J7000" in result.stdout
    assert not set("\x1b\r\x07") & set(result.stdout)


def test_a_damaged_base_is_refused(project: Path) -> None:
    rewrite(project, files={"../outside": ["x"]})
    before = tree(project)
    for arguments in ([], ["--write"], ["--adopt"]):
        result = scaffold("update", project, *arguments)
        assert result.exit_code == 2
        assert f"{BASE} is not as scaffold writes it" in result.stderr
    assert tree(project) == before


@pytest.mark.parametrize("place", [BASE, "scaffold.lock"])
def test_a_project_of_a_newer_scaffold_is_refused(project: Path, place: str) -> None:
    content = json.loads((project / place).read_text()) | {"generator": "999.0.0"}
    (project / place).write_text(json.dumps(content))
    before = tree(project)
    for arguments in ([], ["--write"], ["--adopt"]):
        result = scaffold("update", project, *arguments)
        assert result.exit_code == 2
        assert "needs scaffold 999.0.0 or later" in result.stderr
    assert tree(project) == before


def test_write_and_adopt_exclude_each_other(project: Path) -> None:
    assert scaffold("update", project, "--write", "--adopt").exit_code == 2


def test_it_is_written_as_a_whole_or_not_at_all(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(project, "Makefile", "PORT ?= 8000", "PORT ?= 7000")
    older(project, "Dockerfile", "--no-access-log", "--old-access-log")
    before = tree(project)
    renamed = os.replace

    def fail(source: Path, target: Path) -> None:
        if Path(target).name == "Makefile" and "new" in Path(source).parts:
            raise OSError(28, "No space left on device")
        renamed(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        assert scaffold("update", project, "--write").exit_code == 2
    assert tree(project) == before


def test_an_update_that_was_killed_is_undone_by_the_next(project: Path) -> None:
    older(project, "Makefile", "PORT ?= 8000", "PORT ?= 7000")
    older(project, "Dockerfile", "--no-access-log", "--old-access-log")
    before = tree(project)
    script = f"""
import os
renamed = os.replace
def killed(source, target):
    if str(target).endswith("/Makefile"):
        os._exit(9)
    renamed(source, target)
os.replace = killed
from scaffold.cli import main
import sys
sys.argv = ["scaffold", "update", {str(project)!r}, "--write"]
main()
"""
    done = subprocess.run([sys.executable, "-c", script], check=False)  # noqa: S603
    assert done.returncode == 9
    assert (project / JOURNAL).exists()
    assert "--old" not in (project / "Dockerfile").read_text()
    assert "interrupted" in scaffold("check", project).stdout
    listed = scaffold("update", project)
    assert listed.exit_code == 2
    assert "scaffold update --write" in listed.stderr
    edit(
        project / "scaffold.yaml",
        "min: 1, max: 80}\n      status",
        "min: 1, max: 81}\n      status",
    )
    refused = scaffold("generate", project)
    assert refused.exit_code == 2
    assert "scaffold update --write" in refused.stderr
    edit(project / "scaffold.yaml", "min: 1, max: 81}", "min: 1, max: 80}")
    again = scaffold("update", project, "--adopt", "--only", "README.md")
    assert again.stdout.startswith("An update that was interrupted was undone.")
    assert {path: each for path, each in tree(project).items() if path != BASE} == {
        path: each for path, each in before.items() if path != BASE
    }
    assert not (project / TRANSACTION).exists()
    assert offers(project) == {"Makefile": "replaced", "Dockerfile": "replaced"}


def test_an_interrupted_generate_is_not_undone_by_an_update(project: Path) -> None:
    (project / JOURNAL).parent.mkdir()
    (project / JOURNAL).write_text(json.dumps({"created": ["shop/app.py"], "kept": []}))
    for arguments in ([], ["--write"]):
        result = scaffold("update", project, *arguments)
        assert result.exit_code == 2
        assert "scaffold generate" in result.stderr
    assert (project / "shop" / "app.py").exists()


@pytest.mark.parametrize("path", ["../x", "/etc/x", "scaffold.yaml", "hooks/order.py"])
def test_a_journal_reaches_no_other_file(project: Path, path: str) -> None:
    (project / JOURNAL).parent.mkdir()
    (project / JOURNAL).write_text(json.dumps({"created": [path], "kept": []}))
    before = tree(project)
    assert scaffold("update", project, "--write").exit_code == 2
    assert tree(project) == before

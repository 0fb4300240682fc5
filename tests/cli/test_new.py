"""`scaffold new`: what it makes, what it refuses, and that it makes it whole or not at all."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

from scaffold.spec.load import load
from scaffold.tree import lock

from .support import PACKAGE, SPEC, SPECS, scaffold, tree

OWN = {
    ".dockerignore",
    ".env.example",
    ".gitattributes",
    ".github/CODEOWNERS",
    ".github/workflows/ci.yml",
    ".gitignore",
    ".pre-commit-config.yaml",
    "AGENTS.md",
    "Dockerfile",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "asgi.py",
    "compose.identity.yaml",
    "compose.yaml",
    "hooks/__init__.py",
    "hooks/order.py",
    "identity/Dockerfile",
    "identity/package-lock.json",
    "identity/package.json",
    "identity/provider.json",
    "identity/provider.mjs",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements-scaffold-packages.txt",
    "requirements-scaffold.txt",
    "requirements.txt",
    "scaffold.yaml",
    "tests/__init__.py",
    "tests/conftest.py",
    "tests/test_service.py",
}


def test_what_it_writes(made: Path) -> None:
    files = set(tree(made))
    generated = {
        path for path in files if path.startswith((f"{PACKAGE}/", "tests/contract/", ".scaffold/"))
    }
    assert f"{PACKAGE}/app.py" in generated
    assert ".scaffold/spec.schema.json" in generated
    assert files - generated == OWN | {"scaffold.lock"}


def test_the_project_is_sound(made: Path) -> None:
    assert scaffold("check", made).exit_code == 0


@pytest.mark.parametrize("spec", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_reference_spec_makes_a_sound_project(spec: Path, tmp_path: Path) -> None:
    assert scaffold("new", "shop", "--spec", spec, "--into", tmp_path / "x").exit_code == 0
    assert scaffold("check", tmp_path / "x").exit_code == 0


def test_it_ends_with_the_two_commands_that_come_next(tmp_path: Path) -> None:
    result = scaffold("new", "notes", "--defaults", "--into", tmp_path / "notes")
    *_, first, second = result.stdout.splitlines()
    assert first.strip() == f"cd {tmp_path / 'notes'} && make setup"
    assert second.strip() == "make dev"


def test_the_spec_is_copied_as_it_was_written(made: Path) -> None:
    modeline, _, rest = (made / "scaffold.yaml").read_text().partition("\n")
    assert modeline == "# yaml-language-server: $schema=.scaffold/spec.schema.json"
    assert rest == SPEC


def test_a_spec_that_names_its_schema_is_not_given_a_second_line(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(f"# yaml-language-server: $schema=own.json\n{SPEC}")
    scaffold("new", "shop", "--spec", spec, "--into", tmp_path / "shop")
    assert (tmp_path / "shop" / "scaffold.yaml").read_bytes() == spec.read_bytes()


def test_a_byte_order_mark_does_not_end_up_in_the_middle(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_bytes(b"\xef\xbb\xbf" + SPEC.encode())
    assert scaffold("new", "shop", "--spec", spec, "--into", tmp_path / "shop").exit_code == 0
    assert scaffold("check", tmp_path / "shop").exit_code == 0


def test_with_defaults_it_asks_nothing(tmp_path: Path) -> None:
    result = scaffold("new", "my-shop", "--defaults", "--into", tmp_path / "shop")
    assert result.exit_code == 0
    spec = load(tmp_path / "shop" / "scaffold.yaml")
    assert (spec.service.name, spec.service.title) == ("my_shop", "My shop")
    assert spec.tenancy.tenant == "organization"
    assert scaffold("lint", tmp_path / "shop" / "scaffold.yaml").exit_code == 0


def test_without_a_spec_it_asks_for_a_title_and_the_tenant(tmp_path: Path) -> None:
    answers = 'Bob\'s "Shop": {{ 7*7 }} #1\nEveryone\nclub\n'
    result = scaffold("new", "shop", "--into", tmp_path / "shop", answers=answers)
    assert result.exit_code == 0
    assert '"Everyone" cannot name a tenant' in result.output
    spec = load(tmp_path / "shop" / "scaffold.yaml")
    assert spec.service.title == 'Bob\'s "Shop": {{ 7*7 }} #1'
    assert spec.tenancy.tenant == "club"


def test_nobody_who_answers_is_told_about_defaults(tmp_path: Path) -> None:
    result = scaffold("new", "shop", "--into", tmp_path / "shop")
    assert result.exit_code == 2
    assert "--defaults" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_empty_directory_is_filled(tmp_path: Path) -> None:
    assert scaffold("new", "shop", "--defaults", "--into", tmp_path).exit_code == 0
    assert scaffold("check", tmp_path).exit_code == 0
    assert not list(tmp_path.glob(".scaffold-*"))


def test_the_default_directory_is_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert scaffold("new", "my-shop", "--defaults").exit_code == 0
    assert scaffold("check", "my-shop").exit_code == 0


@pytest.mark.parametrize("occupied", ["file", "hidden", "itself"])
def test_what_is_occupied_is_refused(tmp_path: Path, occupied: str) -> None:
    target = tmp_path / "shop"
    if occupied == "itself":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / {"file": "notes.txt", "hidden": ".env"}[occupied]).write_text("mine")
    before = tree(tmp_path)
    result = scaffold("new", "shop", "--defaults", "--into", target)
    assert result.exit_code == 2
    assert "--into" in result.stderr
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Shop",
        "a b",
        "../up",
        "/etc/x",
        ".hidden",
        "-x-",
        "a--b",
        "é",
        "x" * 61,
        "a\nb",
        "{{x}}",
    ],
)
def test_a_hostile_name_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = SPECS / "notes.yaml"
    for arguments in (["--defaults"], ["--spec", str(spec)]):
        result = scaffold("new", *arguments, "--", name)
        assert result.exit_code == 2
        assert (
            "\n" not in result.stderr.removeprefix("error: ").rstrip("\n")
            or "Usage" in result.stderr
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["json", "starlette", "hooks", "class", "all"])
def test_a_name_that_a_service_cannot_have_is_refused(name: str, tmp_path: Path) -> None:
    result = scaffold("new", name, "--defaults", "--into", tmp_path / "x")
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, "scaffold: 3\n", "- a\n", "\0"])
def test_a_refused_spec_leaves_nothing(content: str | None, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    if content is not None:
        spec.write_text(content)
    before = tree(tmp_path)
    result = scaffold("new", "shop", "--spec", spec, "--into", tmp_path / "deep" / "shop")
    assert result.exit_code == 2
    assert str(spec) in result.stderr
    assert tree(tmp_path) == before
    assert not (tmp_path / "deep").exists()


@pytest.mark.parametrize("existed", [False, True])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existed: bool, error: BaseException
) -> None:
    target = tmp_path / "shop"
    if existed:
        target.mkdir()

    def fail(*_: object) -> bytes:
        raise error

    monkeypatch.setattr(lock, "write", fail)
    result = scaffold("new", "shop", "--defaults", "--into", target)
    assert result.exit_code == (130 if isinstance(error, KeyboardInterrupt) else 2)
    assert tree(tmp_path) == {}
    assert target.exists() is existed
    assert [path for path in tmp_path.rglob("*") if path != target] == []


def test_a_move_that_fails_half_way_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename
    moved: list[Path] = []

    def fail(self: Path, place: Path) -> Path:
        if len(moved) == 5:
            raise OSError(28, "No space left on device")
        moved.append(place)
        return rename(self, place)

    monkeypatch.setattr(Path, "rename", fail)
    assert scaffold("new", "shop", "--defaults", "--into", tmp_path).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_what_the_files_of_a_project_say_is_well_formed(made: Path) -> None:
    project = tomllib.loads((made / "pyproject.toml").read_text())["project"]
    assert project["name"] == "my-shop"
    assert project["description"] == "Shop: {{ 'nothing' }} & more"
    assert yaml.safe_load((made / "compose.yaml").read_text())["name"] == "my-shop"
    yaml.safe_load((made / ".github" / "workflows" / "ci.yml").read_text())
    readme = (made / "README.md").read_text()
    assert readme.startswith(r"# Shop: \{\{ 'nothing' \}\} \& more" + "\n")


def test_it_has_files_for_the_ci_of_gitlab_if_asked(tmp_path: Path) -> None:
    target = tmp_path / "shop"
    asked = ("new", "shop", "--defaults", "--ci", "gitlab", "--into", target)
    assert scaffold(*asked).exit_code == 0
    assert not (target / ".github").exists()
    jobs = yaml.safe_load((target / ".gitlab-ci.yml").read_text())
    script = jobs["test"]["script"]
    first = next(each for each in script if "scaffold check" in each)
    assert "--static" in first and script.index(first) < script.index("make setup")
    assert (target / ".gitlab" / "CODEOWNERS").is_file()
    assert scaffold("update", target).stdout.startswith("Nothing")
    refused = scaffold("new", "other", "--defaults", "--ci", "jenkins", "--into", tmp_path / "b")
    assert refused.exit_code == 2 and not (tmp_path / "b").exists()

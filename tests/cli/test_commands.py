"""What all commands have in common: help, exit codes, colour, cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scaffold import __version__
from scaffold.cli import app, main

from .support import SPECS, edit, scaffold, scaffold_process

COMMANDS = (
    *("new", "generate", "check", "merge", "audit", "update", "upgrade", "lint", "explain"),
    *("rules", "approve", "schema"),
)
EXPENSIVE = {
    *("asyncpg", "black", "copier", "jinja2", "openapi_pydantic", "yaml"),
    *("scaffold.database", "scaffold.design", "scaffold.plan", "scaffold.spec"),
}
NEVER = """\
[list, read, create, update], on: order}
      - {do: [list, read], on: product}
      - {do: create, on: product, only: [code]}"""


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_by_examples(command: str) -> None:
    result = scaffold(command, "--help")
    assert result.exit_code == 0
    assert f"scaffold {command}" in result.stdout.split("Example", 1)[1]


def test_the_program_lists_its_commands_and_exit_codes() -> None:
    result = scaffold("--help")
    assert result.exit_code == 0
    assert all(f"\n  {command} " in result.stdout for command in COMMANDS)
    assert "Exit codes" in result.stdout


def test_the_version() -> None:
    assert scaffold("--version").stdout == f"scaffold {__version__}\n"


def loaded(*arguments: str) -> set[str]:
    """The modules that a command loads."""
    done = subprocess.run(  # noqa: S603 - this Python, and our own module
        [sys.executable, "-X", "importtime", "-m", "scaffold", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["--version"]])
def test_help_is_cheap(arguments: list[str]) -> None:
    """Nothing is loaded that only the work of a command needs."""
    assert not loaded(*arguments) & EXPENSIVE


def test_work_loads_what_help_does_not() -> None:
    assert loaded("lint", str(SPECS / "notes.yaml")) >= {"yaml", "scaffold.spec", "scaffold.design"}


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["check", "--nonsense"], ["check", "--format", "xml"], ["new"]],
    ids=" ".join,
)
def test_wrong_usage_is_told_and_ends_with_2(arguments: list[str]) -> None:
    result = scaffold(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.output


@pytest.mark.parametrize("command", ["generate", "check", "explain", "update", "upgrade"])
def test_a_directory_without_a_spec_is_no_project(command: str, tmp_path: Path) -> None:
    result = scaffold(command, tmp_path)
    assert result.exit_code == 2
    assert "scaffold.yaml" in result.stderr
    assert "scaffold new" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["generate", "check", "explain", "update", "upgrade"])
def test_a_refused_spec_is_told_by_line_and_changes_nothing(command: str, project: Path) -> None:
    spec = project / "scaffold.yaml"
    spec.write_text(spec.read_text().replace("on: order}", "on: ordr}"))
    before = (project / "scaffold.lock").read_bytes()
    result = scaffold(command, project)
    assert result.exit_code == 2
    assert f"{spec}:13:" in result.stderr
    assert '"order"' in result.stderr or "order" in result.stderr.split("ordr", 1)[1]
    assert (project / "scaffold.lock").read_bytes() == before


def test_an_unreadable_spec_is_told(project: Path) -> None:
    (project / "scaffold.yaml").write_bytes(b"\xff\xfe\x00nonsense")
    result = scaffold("check", project)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_the_schema_is_the_one_that_projects_get(made: Path) -> None:
    result = scaffold("schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"] == "scaffold.yaml"
    assert result.stdout == (made / ".scaffold" / "spec.schema.json").read_text()


def test_lint_tells_where_and_what_instead(tmp_path: Path) -> None:
    result = scaffold("lint", SPECS / "invoicing.yaml")
    listed = scaffold("lint", SPECS / "invoicing.yaml", "--format", "json")
    for advice in json.loads(listed.stdout):
        assert f"{SPECS / 'invoicing.yaml'}:{advice['line']}:{advice['column']}: " in result.stdout
        assert advice["remedy"] in result.stdout
    assert result.exit_code == listed.exit_code


def test_lint_ends_with_1_for_more_than_advice(project: Path) -> None:
    spec = project / "scaffold.yaml"
    assert scaffold("lint", spec).exit_code == 0
    edit(spec, "[list, read, create, update], on: [order, product]}", NEVER)
    edit(spec, "      name: {type", "      code: {type: string, max: 9}\n      name: {type")
    assert scaffold("lint", spec).exit_code == 1


@pytest.mark.parametrize("format", ["table", "json", "markdown", "html"])
def test_explain_prints_each_format(project: Path, format: str) -> None:
    result = scaffold("explain", project, "--role", "clerk", "--format", format)
    assert result.exit_code == 0
    assert "clerk" in result.stdout
    if format == "json":
        json.loads(result.stdout)


@pytest.mark.parametrize("option", ["--role", "--operation"])
def test_explain_refuses_a_name_that_is_not_there(project: Path, option: str) -> None:
    result = scaffold("explain", project, option, "nobody")
    assert result.exit_code == 2
    assert '"nobody"' in result.stderr


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"GITHUB_ACTIONS": "true"}])
@pytest.mark.parametrize(
    "arguments", [["--help"], ["check", "{}"], ["explain", "{}"]], ids=" ".join
)
def test_a_pipe_gets_no_colour(
    made: Path, arguments: list[str], environment: dict[str, str]
) -> None:
    done = scaffold_process(*(each.format(made) for each in arguments), **environment)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colour_unless_nobody_wants_it(
    made: Path, environment: dict[str, str], coloured: bool
) -> None:
    ours, theirs = os.openpty()
    clean = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    command = [sys.executable, "-m", "scaffold", "check", str(made)]
    subprocess.run(  # noqa: S603
        command, stdout=theirs, check=True, env={**clean, "TERM": "xterm", **environment}
    )
    os.close(theirs)
    printed = os.read(ours, 10_000)
    os.close(ours)
    assert (b"\x1b[" in printed) is coloured


def test_a_reader_that_goes_away_is_no_error(made: Path) -> None:
    command = f"{sys.executable} -m scaffold schema | head -c 1"
    done = subprocess.run(  # noqa: S602
        command, shell=True, check=False, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr


def test_shells_can_complete() -> None:
    words = {"COMP_WORDS": "scaffold ge", "COMP_CWORD": "1"}
    environment = {"_SCAFFOLD_COMPLETE": "complete_bash", **words}
    result = CliRunner().invoke(app, [], env=environment, prog_name="scaffold")
    assert result.stdout.split() == ["generate"]


@pytest.mark.parametrize("debug", [False, True])
def test_an_unexpected_exception_is_reported_as_a_bug(
    debug: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise KeyError("\x1b[31mboom")

    monkeypatch.setattr("scaffold.cli.app", broken)
    monkeypatch.setenv("SCAFFOLD_DEBUG", "1" if debug else "")
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 70
    said = capsys.readouterr().err
    assert "scaffold has a bug: KeyError" in said
    assert "boom" in said
    assert "test_commands.py:" in said
    assert "SCAFFOLD_DEBUG=1" in said
    assert "\x1b" not in said
    assert ("Traceback" in said) is debug


def test_a_path_of_dots_reads_well_in_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"There is no scaffold.yaml in {tmp_path}. " in scaffold("check").stderr
    (tmp_path / "file").touch()
    said = scaffold("new", "shop", "--defaults", "--into", ".").stderr
    assert f"error: {tmp_path} is not empty. " in said


def test_generate_names_an_extra_file_that_check_finds(project: Path) -> None:
    path = project / "shop" / "gate" / "extra.py"
    path.write_text("", encoding="utf-8")
    for command in ("check", "generate", "generate", "check"):
        said = scaffold(command, project).stdout
        assert "shop/gate/extra.py" in said
        assert "move or delete it" in said
    path.unlink()
    assert "extra" not in scaffold("generate", project).stdout
    assert scaffold("check", project).exit_code == 0

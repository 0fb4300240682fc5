"""The generator in a project: `make check` and CI need it, and it is installed as it is pinned."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from .support import PACKAGE

REPOSITORY = Path(__file__).resolve().parent.parent.parent
GUARD = f"{PACKAGE}/gate/identity.py"
USES = re.compile(r"uses: [\w.-]+(?:/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


class Shell:
    """Runs make in a project, as after `make setup`, with wheels of this test's own."""

    def __init__(self, project: Path, home: Path) -> None:
        self.project, self.wheels, self.generator = project, home / "wheels", home / "generator"
        self.wheels.mkdir()
        service = home / "service"
        service.mkdir()
        (service / "ready").touch()
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHON": sys.executable,
            "VENV": str(service),
            "SCAFFOLD_VENV": str(self.generator),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
        }

    def run(self, *arguments: str) -> tuple[int, str]:
        """The exit code of make, and what it printed."""
        done = subprocess.run(  # noqa: S603
            ["make", *arguments],  # noqa: S607
            cwd=self.project,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def install_this(self) -> None:
        """Lets this scaffold be the one that is installed."""
        program = self.generator / "bin" / "scaffold"
        program.parent.mkdir(parents=True)
        program.write_text(
            f'#!/bin/sh\nPYTHONPATH={REPOSITORY} exec {sys.executable} -m scaffold "$@"\n'
        )
        program.chmod(0o755)

    def wheel(self, name: str, version: str, *needs: str) -> str:
        """Makes a wheel whose program prints its version; the requirement with its digest."""
        module, metadata = name.replace("-", "_"), f"{name}-{version}.dist-info"
        needed = "".join(f"Requires-Dist: {each}\n" for each in needs)
        files = {
            f"{module}.py": f"def main():\n    print('{name} {version}')\n",
            f"{metadata}/METADATA": (
                f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}"
            ),
            f"{metadata}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{metadata}/entry_points.txt": f"[console_scripts]\n{name} = {module}:main\n",
        }
        record = io.StringIO()
        csv.writer(record).writerows([path, "", ""] for path in (*files, f"{metadata}/RECORD"))
        place = self.wheels / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(place, "w") as file:
            for path, text in {**files, f"{metadata}/RECORD": record.getvalue()}.items():
                file.writestr(path, text)
        digest = hashlib.sha256(place.read_bytes()).hexdigest()
        return f"{name}=={version} --hash=sha256:{digest}"

    def pin(self, line: str, packages: str) -> None:
        """Pin a generator, and what it needs."""
        (self.project / "requirements-scaffold.txt").write_text(f"--require-hashes\n{line}\n")
        (self.project / "requirements-scaffold-packages.txt").write_text(f"{packages}\n")

    def version(self) -> str:
        """What the installed generator says."""
        program = str(self.generator / "bin" / "scaffold")
        return subprocess.check_output([program], text=True)  # noqa: S603


@pytest.fixture
def shell(project: Path, tmp_path: Path) -> Shell:
    """A shell in a new project."""
    return Shell(project, tmp_path)


def test_an_edited_guard_fails_make_check_and_is_named(shell: Shell) -> None:
    shell.install_this()
    with (shell.project / GUARD).open("a") as guard:
        guard.write("CLOCK_SKEW = 10**9\n")
    status, said = shell.run("check")
    assert status != 0
    assert f"changed     {GUARD} is not what the spec yields: it was edited" in said


def test_make_check_begins_with_the_generated_files_and_goes_on(shell: Shell) -> None:
    shell.install_this()
    _, said = shell.run("check")
    assert "sound: the tree is what the spec yields." in said
    assert "ruff check" in said


@pytest.mark.parametrize("target", ["check", "generate"])
def test_without_the_generator_make_fails_and_says_what_to_run(shell: Shell, target: str) -> None:
    status, said = shell.run(target)
    assert status != 0
    assert f"There is no generator at {shell.generator}/bin/scaffold. Run: make generator" in said
    assert "ruff" not in said
    assert not shell.generator.exists()


def test_another_generator_can_be_named(shell: Shell) -> None:
    shell.install_this()
    named = str(shell.generator / "bin" / "scaffold")
    status, said = shell.run("generate", "SCAFFOLD_VENV=.none", f"SCAFFOLD={named}")
    assert (status, "Nothing to do" in said) == (0, True)


def test_where_nothing_is_pinned_nothing_is_installed(shell: Shell) -> None:
    (shell.project / "requirements-scaffold.txt").write_text("# scaffold==1\n--require-hashes\n")
    status, said = shell.run("generator")
    assert status != 0
    assert "requirements-scaffold.txt pins no generator yet. It says what to do." in said
    assert not shell.generator.exists()


def test_the_generator_is_installed_as_it_is_pinned(shell: Shell) -> None:
    packages = shell.wheel("needed", "1.0")
    first = shell.wheel("scaffold", "1.0", "needed")
    second = shell.wheel("scaffold", "2.0", "needed>=2")
    shell.pin(first, packages)
    status, said = shell.run("generator")
    assert status == 0, said
    assert shell.version() == "scaffold 1.0\n"

    shell.pin(second, packages)
    status, said = shell.run("generate")  # brings what is installed to its pin first
    assert status != 0
    assert "needed>=2" in said

    shell.pin(second, shell.wheel("needed", "2.0"))
    status, said = shell.run("generate")
    assert status == 0, said
    assert shell.version() == "scaffold 2.0\n"


@pytest.mark.parametrize("digest", ["", " --hash=sha256:" + "0" * 64])
def test_a_generator_of_another_digest_is_not_installed(shell: Shell, digest: str) -> None:
    right = shell.wheel("scaffold", "1.0")
    shell.pin(f"scaffold==1.0{digest}", shell.wheel("needed", "1.0"))
    status, said = shell.run("generator")
    assert status != 0
    assert right.rpartition(":")[2] in said
    assert not (shell.generator / "bin" / "scaffold").exists()
    status, said = shell.run("check")
    assert status != 0
    assert "Run: make generator" in said


def workflow(project: Path) -> tuple[str, dict[str, Any]]:
    """The text of the project's CI, and what it says."""
    text = (project / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    return text, yaml.safe_load(text)


CHECK = '.venv-scaffold/bin/scaffold check --static --base "origin/$BASE" --format'


def test_ci_installs_the_pinned_generator_and_checks_before_anything_else(made: Path) -> None:
    _, content = workflow(made)
    steps = content["jobs"]["test"]["steps"]
    assert [each["run"] for each in steps if "run" in each] == [
        "make generator",
        f'{CHECK} sarif --output "$RUNNER_TEMP/drift.sarif"',
        f'{CHECK} markdown --output "$RUNNER_TEMP/drift.md"',
        'cat "$RUNNER_TEMP/drift.md" >> "$GITHUB_STEP_SUMMARY"',
        "make setup",
        '.venv-scaffold/bin/scaffold check --base "origin/$BASE"',
        "make check",
        "make test",
    ]
    # What tells of findings runs in any case. The gates have no condition, and their verdict counts.
    gates = [each for each in steps if "run" in each and each.get("if") != "always()"]
    assert len(gates) == 6
    assert all("if" not in each for each in gates)
    assert all("continue-on-error" not in each for each in steps)


def test_only_a_job_that_runs_nothing_of_the_repository_may_write(made: Path) -> None:
    _, content = workflow(made)
    assert content["permissions"] == {"contents": "read"}
    report = content["jobs"].pop("report")
    assert not any("permissions" in each for each in content["jobs"].values())
    assert not any("checkout" in each.get("uses", "") for each in report["steps"])
    assert "head.repo.full_name == github.repository" in report["if"]


def test_actions_of_ci_are_pinned_by_commit(made: Path) -> None:
    text, content = workflow(made)
    used = [each for job in content["jobs"].values() for each in job["steps"] if "uses" in each]
    assert len(used) == len(USES.findall(text)) == text.count("uses:")
    assert used


def test_what_is_installed_is_not_committed(made: Path) -> None:
    assert ".venv-scaffold/" in (made / ".gitignore").read_text().splitlines()

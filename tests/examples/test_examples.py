"""The emitted services in examples/: what the generator yields today, and sound by themselves.

Every reference spec besides is made into a project, whose own tests must pass.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scaffold.tree.check import check
from tests.emitted import made
from scaffold.emission import emit_project
from scaffold.project.create import create
from scaffold.project.provenance import Pin

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir())
SPECS = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
TOOLS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "black": ["black", "--quiet", "--check", "."],
    "mypy": ["mypy"],
}
PIN = Pin(lines=("../..",), notes=("It is the one of the repository around this example.",))
"""How the generator is pinned in examples/: the same on every machine."""
FAST = ("test_isolation.py", "test_idempotency.py", "test_pages.py", "test_references.py")
SMALLER = ("test_access.py", *FAST)


def run(project: Path, *command: str) -> None:
    """Runs a tool in a project; what it printed is the failure."""
    done = subprocess.run(  # noqa: S603 - the tools of this environment
        [sys.executable, "-m", *command],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def project(name: str, target: Path) -> Path:
    """A project: the committed one if there is one, with its hooks; else one made of the spec."""
    if name in EXAMPLES:
        shutil.copytree(ROOT / "examples" / name, target, ignore=shutil.ignore_patterns(".*_cache"))
    else:
        path = ROOT / "specs" / f"{name}.yaml"
        made(name, target, path.read_bytes(), path.name)
    return target


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_what_its_spec_yields(name: str) -> None:
    example = ROOT / "examples" / name
    assert not check(example, emit_project(example))
    spec, committed = ROOT / "specs" / f"{name}.yaml", example / "scaffold.yaml"
    assert spec.read_text("utf-8") in committed.read_text("utf-8")


@pytest.mark.parametrize("name", EXAMPLES)
def test_beside_it_are_the_files_that_a_developer_gets(name: str, tmp_path: Path) -> None:
    """All but the hooks, which an example has written."""
    example, path = ROOT / "examples" / name, ROOT / "specs" / f"{name}.yaml"
    emission = create(name, tmp_path / name, path.read_bytes(), path.name, PIN)
    for made in sorted((tmp_path / name).rglob("*")):
        own = made.relative_to(tmp_path / name)
        if made.is_file() and own.parts[0] != "hooks" and own.as_posix() not in emission.files:
            assert (example / own).read_bytes() == made.read_bytes(), own


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", SPECS)
def test_a_project_is_clean(name: str, tool: str, tmp_path: Path) -> None:
    run(project(name, tmp_path / name), *TOOLS[tool])


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.usefixtures("postgres_server")
def test_the_tests_of_an_example_pass(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEMATHESIS_EXAMPLES", "2")  # `make demo` and its own CI try more
    run(project(name, tmp_path / name), "pytest", "-q", "-p", "no:cacheprovider")


@pytest.mark.parametrize("name", sorted(set(SPECS) - set(EXAMPLES)))
@pytest.mark.usefixtures("postgres_server")
def test_the_tests_of_a_large_project_pass(name: str, tmp_path: Path) -> None:
    """The modules whose cases differ from spec to spec; `make test` in the project has them all."""
    modules = FAST if name == "issue_tracker" else SMALLER  # which has thousands of cases of access
    tests = [f"tests/contract/{module}" for module in modules]
    run(project(name, tmp_path / name), "pytest", "-q", "-p", "no:cacheprovider", *tests)

"""The developer's own files: typed, pinned, and well-formed whatever the spec says."""

from __future__ import annotations

import ast
import itertools
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from scaffold.plan import quoting

from .support import PACKAGE, SPEC, scaffold, tree

REPOSITORY = Path(__file__).resolve().parent.parent.parent
TEMPLATE = REPOSITORY / "templates" / "project"
HOSTILE = [
    '""" + __import__("os").abort() + """',
    "\\",
    "'; drop table note; --",
    "{{ 7 * 7 }}{% raw %}",
    "$(touch owned) `touch owned` ${HOME}",
    "]]> <script>alert(1)</script>",
    '"\n[tool.x]',
    "# a: [b, {c: d}] & *e !f | > % @g",
    "\u202e\u2066 right to left",
    "\U0001f600 é \u2028 \x7f",
    "x" * 120,
]
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_hooks_satisfy_their_protocols_and_everything_is_typed(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "hooks", "asgi.py", "tests/test_service.py"],
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
    )
    own = [line for line in done.stdout.splitlines() if not line.startswith((PACKAGE, "tests/con"))]
    assert [line for line in own if ": error:" in line] == []
    assert f"{PACKAGE}/resources/order/hooks.py" not in done.stdout


@pytest.mark.parametrize(
    "command", [["ruff", "check"], ["ruff", "format", "--check"], ["black", "--quiet", "--check"]]
)
def test_the_python_is_laid_out_and_clean(made: Path, command: list[str]) -> None:
    own = ["hooks", "asgi.py", "tests/test_service.py", "tests/__init__.py"]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", *command, *own],
        cwd=made,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_test_passes(project: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_service.py"],
        cwd=project,
        check=True,
        capture_output=True,
    )


def test_make_lists_its_targets(made: Path) -> None:
    command = [shutil.which("make") or "make"]
    done = subprocess.run(  # noqa: S603
        command, cwd=made, check=True, capture_output=True, text=True
    )
    listed = re.findall(r"^  make ([a-z]+)\t", done.stdout, re.MULTILINE)
    assert listed == [
        "help",
        "setup",
        "generator",
        "dev",
        "token",
        "admin",
        "test",
        "check",
        "generate",
        "clean",
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_the_spec_cannot_break_out(text: str, tmp_path: Path) -> None:
    said = "".join(each if each.isprintable() or each == "\n" else " " for each in text).strip()
    title = " ".join(said.split())[:100]
    document = SPEC
    for old, new in (
        (
            "\"Shop: {{ 'nothing' }} & more\"}",
            f"{quoting.yaml(title)}, description: {quoting.yaml(said)}}}",
        ),
        ("  order:\n", f"  order:\n    description: {quoting.yaml(said)}\n"),
        ("Ships the order.", quoting.yaml(said)),
    ):
        assert document.count(old) == 1
        document = document.replace(old, new)
    spec = tmp_path / "spec.yaml"
    spec.write_text(document, encoding="utf-8")
    made = scaffold("new", "shop", "--spec", spec, "--into", tmp_path / "shop")
    assert made.exit_code == 0, made.output
    project = tmp_path / "shop"
    pyproject = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    assert pyproject["project"]["description"] == title
    assert set(pyproject) == {"project", "tool"}
    module = ast.parse((project / "hooks" / "order.py").read_text(encoding="utf-8"))
    kinds = [type(each) for each in module.body]
    assert kinds == [ast.Expr, ast.ImportFrom, ast.ImportFrom, *[ast.AsyncFunctionDef] * 2]
    heading, blank, *_ = (project / "README.md").read_text(encoding="utf-8").split("\n")
    assert heading.startswith("# ")
    assert blank == ""
    assert re.search(r"(?<!\\)<", heading) is None
    for name in (
        "Makefile",
        "Dockerfile",
        "compose.yaml",
        "compose.identity.yaml",
        "identity/provider.json",
        "SECURITY.md",
        "AGENTS.md",
    ):
        assert len(title) == 1 or title not in (project / name).read_text(encoding="utf-8")


def test_what_compose_runs_is_not_refused(emitted_project: Path) -> None:
    """The application is made, and the migration connects, with the settings of compose.yaml."""
    services = yaml.safe_load((emitted_project / "compose.yaml").read_text("utf-8"))["services"]
    given = services["service"]["environment"] | services["migrate"]["environment"]
    settings = {
        name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value.replace(":?}", f":-{'secret' * 6}}}"))
        for name, value in given.items()
    }
    script = f"""
import os
from {emitted_project.name} import app
from {emitted_project.name}.store.transport import protected
assert app.configured()
assert not app.Settings().development
assert protected(os.environ["OWNER_DATABASE_URL"])
"""
    done = subprocess.run(  # noqa: S603 - this Python, and the package that was just made
        [sys.executable, "-c", script],
        cwd=emitted_project,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@given(TEXT)
def test_toml_reads_back_what_was_quoted(text: str) -> None:
    assert tomllib.loads(f"x = {quoting.toml(text)}") == {"x": text}


@given(TEXT)
def test_yaml_reads_back_what_was_quoted(text: str) -> None:
    assert yaml.safe_load(f"{{x: {quoting.yaml(text)}}}") == {"x": text}


@given(TEXT)
def test_markdown_stays_on_its_line_and_holds_no_markup(text: str) -> None:
    line = quoting.markdown(text)
    assert line.isprintable()
    assert re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]<>&]", line) is None


@pytest.mark.parametrize(
    "path",
    [
        *(
            home / name
            for home in (REPOSITORY, TEMPLATE)
            for name in ("requirements.txt", "requirements-dev.txt")
        ),
        TEMPLATE / "requirements-scaffold-packages.txt",
        TEMPLATE / "requirements-stripe.txt",
    ],
    ids=lambda path: path.relative_to(REPOSITORY).as_posix(),
)
def test_packages_are_pinned_by_digest_and_nothing_else_is_said(path: Path) -> None:
    lines = path.read_text(encoding="ascii").splitlines()
    package = re.compile(r"[a-z0-9-]+==[A-Za-z0-9.+]+ \\")
    digest = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    said = [line for line in lines if line and not line.startswith("# ")]
    assert said
    assert all(package.fullmatch(line) or digest.fullmatch(line) for line in said)
    for line, following in itertools.pairwise(lines):
        assert not package.fullmatch(line) or digest.fullmatch(following)


@pytest.mark.parametrize("extra", ["", "dev"])
def test_what_a_project_depends_on_is_pinned_as_it_says(made: Path, extra: str) -> None:
    project = tomllib.loads((made / "pyproject.toml").read_text())["project"]
    pinned = pins(made / ("requirements-dev.txt" if extra else "requirements.txt"))
    wanted = [*project["dependencies"], *(project["optional-dependencies"]["dev"] if extra else [])]
    for each in map(Requirement, wanted):
        assert each.specifier.contains(pinned[each.name.lower()]), each


def test_a_project_pins_what_installs_and_builds_this_generator() -> None:
    content = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    pinned = pins(TEMPLATE / "requirements-scaffold-packages.txt")
    for each in map(
        Requirement, [*content["project"]["dependencies"], *content["build-system"]["requires"]]
    ):
        assert each.specifier.contains(pinned[each.name]), each
    assert pinned == pins(REPOSITORY / "requirements.txt")


def test_tests_here_use_the_packages_that_projects_get() -> None:
    here = pins(REPOSITORY / "requirements-dev.txt")
    wanted = pins(TEMPLATE / "requirements-dev.txt") | pins(TEMPLATE / "requirements-stripe.txt")
    for name, version in wanted.items():
        assert here.get(name) == version, name


def pins(path: Path) -> dict[str, str]:
    """The versions that a file of requirements pins."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", path.read_text(), re.MULTILINE))


def test_nothing_names_a_machine(made: Path) -> None:
    for path, content in tree(made).items():
        text = content.decode("utf-8", "replace")
        assert str(made) not in text, path
        assert str(REPOSITORY) not in text, path
        assert not re.search(r"(?<![\w.<-])/(?:home|root|opt|work|Users)/", text), path

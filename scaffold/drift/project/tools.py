"""What pytest, mypy and ruff are told: the settings that decide whether they see everything."""

from __future__ import annotations

import configparser
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from scaffold.drift.facts import Fact, Place
from scaffold.drift.project.context import Project
from scaffold.drift.project.documents import Unreadable
from scaffold.drift.project.pytest_options import covers, deselecting
from scaffold.drift.project.told import REASONS, rule, shown

PYPROJECT: Final = "pyproject.toml"
MAX_BYTES: Final = 256 * 1024

PYTEST = rule(
    "613",
    "pytest-narrowed",
    "high",
    "API-3",
    "TEST-1",
    what="The settings of pytest leave tests out, or load modules that a test run did not load.",
    why="The run stays green whatever the tests that do not run would say.",
    remedy="Leave testpaths, addopts and the patterns of names as a new project has them.",
    files={PYPROJECT: '[tool.pytest.ini_options]\ntestpaths = ["tests"]\naddopts = "-q"\n'},
    change={
        PYPROJECT: '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'
        'addopts = "-q --ignore=tests/contract"\n'
    },
    dual={
        PYPROJECT: '[tool.pytest.ini_options]\naddopts = ["-q", "-ra", "--strict-markers"]\n'
        'testpaths = ["tests", "more"]\nxfail_strict = true\n'
    },
    order=REASONS,
)
MYPY = rule(
    "614",
    "types-weakened",
    "medium",
    "GEN-3",
    what="mypy is told to see less: not strict, errors ignored, files left out.",
    why="Hooks may hand a guard something else than it takes, unseen.",
    remedy="Leave strict on, and the files as a new project has them.",
    files={PYPROJECT: '[tool.mypy]\nstrict = true\nfiles = ["hooks", "asgi.py"]\n'},
    change={PYPROJECT: '[tool.mypy]\nstrict = false\nfiles = ["hooks", "asgi.py"]\n'},
    dual={
        PYPROJECT: '[tool.mypy]\nfiles = ["asgi.py", "hooks", "tools"]\nstrict = true\n'
        'warn_unreachable = true\n[[tool.mypy.overrides]]\nmodule = "stripe.*"\n'
        "ignore_missing_imports = true\n"
    },
    order=REASONS,
)
RUFF = rule(
    "615",
    "lint-weakened",
    "medium",
    "GEN-3",
    what="ruff is told to see less of what is insecure: the rules S are not selected, are ignored, "
    "or files are left out.",
    why="They find shell injection, weak hashes, unverified TLS and secrets in hooks.",
    remedy="Select S, and ignore a single line with a reason where it must be.",
    files={PYPROJECT: '[tool.ruff.lint]\nselect = ["E", "S"]\nignore = ["E501"]\n'},
    change={PYPROJECT: '[tool.ruff.lint]\nselect = ["E", "S"]\nignore = ["E501", "S608"]\n'},
    dual={
        PYPROJECT: "[tool.ruff]\nline-length = 100\n[tool.ruff.lint]\n"
        'select = ["S", "E", "PL"]\nignore = ["E501", "E741"]\n'
        '[tool.ruff.lint.per-file-ignores]\n"tests/*" = ["S101", "S608"]\n'
    },
    order=REASONS,
)
RULES = (PYTEST, MYPY, RUFF)

_PYTEST_FILES: Final = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")
_NAMES: Final = {
    "python_files": ("test_probe.py",),
    "python_functions": ("test_probe",),
    "python_classes": (),
}
_SECURE: Final = "S"


def facts(project: Project) -> Iterator[Fact]:
    """What the tools are told."""
    for told, find in ((PYTEST, _pytest), (MYPY, _mypy), (RUFF, _ruff)):
        path, settings = find(project)
        if path is None:
            continue
        reasons = {*settings}
        if reasons:
            yield Fact(told, told.name.partition("-")[0], shown(reasons), path, frozenset(reasons))


def toml(project: Project, path: str) -> dict[str, Any]:
    """A TOML file; nothing where there is none, or it is told as unreadable."""
    text = project.text(path)
    if text is None or path in project.resolver.unreadable:
        return {}
    try:
        if len(text) > MAX_BYTES:
            raise Unreadable("it is larger than 256 KiB")
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        project.resolver.unreadable[path] = (
            str(error) if isinstance(error, Unreadable) else "it is no TOML"
        )
        return {}


def _ini(project: Project, path: str, section: str) -> dict[str, str] | None:
    """A section of an INI file; None where there is none."""
    text = project.text(path)
    if text is None:
        return None
    parser = configparser.RawConfigParser(strict=False)
    try:
        if len(text) > MAX_BYTES:
            raise Unreadable("it is larger than 256 KiB")
        parser.read_string(text)
    except (configparser.Error, ValueError):
        project.resolver.unreadable[path] = "it is no INI file"
        return None
    return dict(parser[section]) if parser.has_section(section) else None


def _table(value: Any, *keys: str) -> dict[str, Any]:
    """A table inside of tables, or an empty one."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _words(value: Any) -> list[str]:
    """The words of a setting, which may be a list."""
    if isinstance(value, list):
        return [str(each) for each in value]
    text = str(value) if value is not None else ""
    try:
        return shlex.split(text, comments=False)
    except ValueError:
        return text.split()


# pytest


def _pytest(project: Project) -> tuple[Place | None, Iterator[str]]:
    entries = project.tree.entries
    for path in _PYTEST_FILES:
        if path not in entries:
            continue
        if path.endswith(".toml"):
            return Place(path), _pytest_reasons(_table(toml(project, path), "pytest"))
        return Place(path), _pytest_reasons(_ini(project, path, "pytest") or {})
    tool = _table(toml(project, PYPROJECT), "tool", "pytest")
    settings = {**tool, **_table(tool, "ini_options")}
    settings.pop("ini_options", None)
    if tool:
        return _place(project, PYPROJECT, "pytest"), _pytest_reasons(settings)
    for path, section in (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        found = _ini(project, path, section) if path in entries else None
        if found is not None:
            return Place(path), _pytest_reasons(found)
    return None, iter(())


def _pytest_reasons(settings: Mapping[str, Any]) -> Iterator[str]:
    yield from deselecting(_words(settings.get("addopts")))
    places = _words(settings.get("testpaths"))
    if places and not any(covers(each) for each in places):
        yield f"testpaths = {' '.join(places)}"
    for key, probes in _NAMES.items():
        patterns = _words(settings.get(key))
        if patterns and not all(_matches(each, patterns, key) for each in probes):
            yield f"{key} = {' '.join(patterns)}"
    for each in _words(settings.get("norecursedirs")):
        if any(fnmatchcase(one, each) for one in ("tests", "contract", "tests/contract")):
            yield f"norecursedirs = {each}"
    for each in _words(settings.get("pythonpath")):
        if each.rstrip("/") not in (".", "") and each not in ("src", "./src"):
            yield f"pythonpath = {each}"
    if str(settings.get("xfail_strict", "true")).lower() in ("false", "0", "no", "off"):
        yield "xfail_strict is off"


def _matches(probe: str, patterns: list[str], key: str) -> bool:
    if key == "python_functions":
        return any(probe.startswith(each) or fnmatchcase(probe, each) for each in patterns)
    return any(fnmatchcase(probe, each) for each in patterns)


# mypy


def _mypy(project: Project) -> tuple[Place | None, Iterator[str]]:
    for path in ("mypy.ini", ".mypy.ini"):
        if path in project.tree.entries:
            return Place(path), _mypy_reasons(_ini(project, path, "mypy") or {}, project)
    settings = _table(toml(project, PYPROJECT), "tool", "mypy")
    if settings:
        return _place(project, PYPROJECT, "mypy"), _mypy_reasons(settings, project)
    if "setup.cfg" in project.tree.entries:
        found = _ini(project, "setup.cfg", "mypy")
        if found is not None:
            return Place("setup.cfg"), _mypy_reasons(found, project)
    return None, iter(())


def _on(value: Any) -> bool:
    return str(value).lower() in ("true", "1", "yes", "on")


def _mypy_reasons(settings: Mapping[str, Any], project: Project) -> Iterator[str]:
    if not _on(settings.get("strict", False)):
        yield "not strict"
    yield from _loosened(settings)
    exclude = settings.get("exclude")
    for each in exclude if isinstance(exclude, list) else [exclude] if exclude else []:
        yield f"exclude = {str(each)[:80]}"
    files = settings.get("files")
    listed = (
        [each.strip().rstrip("/") for each in files.split(",")]
        if isinstance(files, str)
        else [str(each).rstrip("/") for each in files or []]
    )
    if listed and "." not in listed:
        for each in (project.package, "hooks", "asgi.py"):
            exists = any(one == each or one.startswith(f"{each}/") for one in project.top)
            if exists and each not in listed:
                yield f"{each} is left out"
    overrides = settings.get("overrides")
    for each in overrides if isinstance(overrides, list) else ():
        if not isinstance(each, dict):
            continue
        named = each.get("module")
        modules = ", ".join(sorted(named)) if isinstance(named, list) else str(named)
        for reason in _loosened(each):
            yield f"{reason} of {modules}"
        if str(each.get("strict", "true")).lower() == "false":
            yield f"{modules} is not strict"


_LOOSE: Final = (
    *("ignore_errors", "allow_untyped_defs", "allow_untyped_calls", "allow_any_generics"),
    *("allow_subclassing_any", "allow_untyped_globals"),
)
_STRICT: Final = (
    *(
        "disallow_untyped_defs",
        "disallow_any_generics",
        "disallow_untyped_calls",
        "strict_optional",
    ),
    *("check_untyped_defs", "disallow_incomplete_defs", "disallow_subclassing_any", "strict_bytes"),
    *("disallow_untyped_decorators", "warn_return_any", "no_implicit_reexport", "strict_equality"),
    *("warn_unused_ignores",),
)


def _loosened(settings: Mapping[str, Any]) -> Iterator[str]:
    for key in _LOOSE:
        if _on(settings.get(key, False)):
            yield key
    for key in _STRICT:
        if key in settings and not _on(settings[key]):
            yield f"{key} is off"
    if settings.get("follow_imports", "normal") not in ("normal", "silent"):
        yield f"follow_imports = {settings['follow_imports']}"
    for each in _words(settings.get("disable_error_code")):
        yield f"without {each.strip(',')}"


# ruff


def _ruff(project: Project) -> tuple[Place | None, Iterator[str]]:
    for path in (".ruff.toml", "ruff.toml"):
        if path in project.tree.entries:
            return Place(path), _ruff_reasons(toml(project, path), project)
    settings = _table(toml(project, PYPROJECT), "tool", "ruff")
    if not settings:
        return None, iter(())
    return _place(project, PYPROJECT, "ruff"), _ruff_reasons(settings, project)


def _ruff_reasons(settings: Mapping[str, Any], project: Project) -> Iterator[str]:
    lint = {**settings, **_table(settings, "lint")}
    chosen = {*_codes(lint.get("select")), *_codes(lint.get("extend-select"))}
    if not {_SECURE, "ALL"} & chosen:
        yield "S is not selected"
    for key in ("ignore", "extend-ignore"):
        for code in _codes(lint.get(key)):
            if _is_secure(code):
                yield f"{code} is ignored"
    for key in ("per-file-ignores", "extend-per-file-ignores"):
        for pattern, codes in _table(lint, key).items():
            if _of_tests(pattern, project.package):
                continue
            for code in _codes(codes):
                if _is_secure(code):
                    yield f"{code} is ignored in {pattern}"
    for source, key in (
        (settings, "exclude"),
        (settings, "extend-exclude"),
        (_table(settings, "lint"), "exclude"),
    ):
        for each in _codes(source.get(key)):
            if _hits(each, project):
                yield f"{each} is left out"
    included = _codes(settings.get("include"))
    if included and not any(each in ("*.py", "**/*.py", "**") for each in included):
        yield f"include = {', '.join(sorted(included))}"
    if extended := settings.get("extend"):
        yield f"extend = {extended}"


def _codes(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _is_secure(code: str) -> bool:
    """Is it a code of the rules of flake8-bandit, or all of them? S101 is `assert`."""
    behind = code[1:]
    return code == "ALL" or (code.startswith("S") and (not behind or behind.isdigit()))


def _of_tests(pattern: str, package: str) -> bool:
    """Does a pattern name tests, or what is never deployed?"""
    return pattern.startswith(("tests/", f"{package}/development/", "scripts/")) or pattern in (
        "tests",
        "**/tests/*",
        "test_*.py",
        "conftest.py",
    )


def _hits(pattern: str, project: Project) -> bool:
    """Does a pattern name what is deployed?"""
    bare = pattern.strip("/").removesuffix("/**").removesuffix("/*")
    if bare in (project.package, "hooks", "asgi.py", "*.py", "**", "*", "."):
        return True
    return bare.startswith((f"{project.package}/", "hooks/")) and not bare.startswith(
        f"{project.package}/development"
    )


def _place(project: Project, path: str, word: str) -> Place:
    """The line of a section of a TOML file."""
    for number, each in enumerate((project.text(path) or "").split("\n"), 1):
        if each.startswith(f"[tool.{word}"):
            return Place(path, number)
    return Place(path)

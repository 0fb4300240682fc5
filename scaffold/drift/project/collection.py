"""What steers the contract tests from the files above them, as Python has compiled these files.

The rules about your own code read the text of a conftest. This looks at the names that are left
when it is compiled: those of functions, of what is assigned, and of arguments, wherever they stand.
Nothing of it runs.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import Final

from scaffold.drift.facts import Fact, Place
from scaffold.drift.project.context import Project
from scaffold.drift.project.told import rule
from scaffold.tree.paths import CONTRACT_TESTS

_FILES: Final = ("conftest.py", "tests/conftest.py", "tests/__init__.py")
"""Those that pytest imports before the contract tests."""
_OWN: Final = "tests/conftest.py"
_TEXT: Final = "import pytest\n"

STEERED = rule(
    "653",
    "contract-tests-steered",
    "critical",
    "API-3",
    "GEN-3",
    what="What conftest.py and tests/__init__.py hold once they are compiled: hooks of pytest, "
    "fixtures that every test uses, and functions with the name of a fixture of the contract tests "
    "or of pytest.",
    why="They are called before, around or in place of the contract tests, which say then "
    "whatever they are made to say.",
    remedy="Leave the collection alone, and give fixtures names of their own.",
    files={_OWN: _TEXT},
    change={_OWN: _TEXT + "\n\ndef pytest_runtest_call(item):\n    item.obj = print\n"},
    dual={_OWN: _TEXT + "\n\n@pytest.fixture\ndef letter(tmp_path):\n    return tmp_path\n"},
)
RULES = (STEERED,)

_HARMLESS: Final = frozenset(
    {"pytest_addoption", "pytest_report_header", "pytest_terminal_summary"}
    | {"pytest_assertrepr_compare", "pytest_sessionstart", "pytest_make_parametrize_id"}
    | {"pytest_report_collectionfinish", "pytest_configure"}
)
_NAMES: Final = frozenset({"collect_ignore", "collect_ignore_glob", "autouse", "__test__"})
"""Names by which pytest is told what to leave out, and what acts on every test."""
_OF_PYTEST: Final = frozenset(
    {"monkeypatch", "request", "tmp_path", "tmp_path_factory", "caplog", "capsys", "pytestconfig"}
)
_MAX_BYTES: Final = 1024 * 1024


def facts(project: Project) -> Iterator[Fact]:
    """What each of the files holds."""
    harness = _functions(_compiled(project.text(f"{CONTRACT_TESTS}/conftest.py") or ""))
    taken = {each.co_name for each in harness if not each.co_name.startswith(("_", "<"))}
    for path in _FILES:
        text = project.text(path)
        if text is None:
            continue
        code = _compiled(text)
        if code is None:
            yield Fact(STEERED, path, "cannot be compiled", Place(path), text)
            continue
        yield from _steered(path, code, text.splitlines(), taken | _OF_PYTEST)


def _steered(path: str, code: CodeType, lines: Sequence[str], taken: set[str]) -> Iterator[Fact]:
    found: dict[str, tuple[str, int]] = {}
    for each in _functions(code):
        if each.co_name in taken or _is_hook(each.co_name):
            found[each.co_name] = (_digest(each, lines), each.co_firstlineno)
    for each in (code, *_functions(code)):
        for name in (*each.co_names, *_texts(each)):
            if name in _NAMES or _is_hook(name):
                found.setdefault(name, (_digest(each, lines), each.co_firstlineno))
    for name, (digest, line) in sorted(found.items()):
        yield Fact(STEERED, f"{path}: {name}", f"is there (#{digest})", Place(path, line or 1))


def _is_hook(name: str) -> bool:
    return name.startswith("pytest_") and name not in _HARMLESS


def _compiled(text: str) -> CodeType | None:
    """A module as Python compiles it; None where it does not, or where it is too long."""
    if len(text) > _MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            return compile(text, "conftest.py", "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _functions(code: CodeType | None) -> Iterator[CodeType]:
    """Every function and class inside of a code object, however deep."""
    left = [code] if code else []
    while left:
        for each in left.pop().co_consts:
            if isinstance(each, CodeType):
                yield each
                left.append(each)


def _texts(code: CodeType) -> Iterator[str]:
    """The texts of a code object: constants, and the names of arguments of calls."""
    for each in code.co_consts:
        if isinstance(each, str):
            yield each
        elif isinstance(each, tuple):
            yield from (one for one in each if isinstance(one, str))


def _digest(code: CodeType, lines: Sequence[str]) -> str:
    """The digest of the lines of a function, wherever it stands: byte code differs between versions
    of Python, and an approval is to hold in all of them."""
    ends = [end or start or 0 for start, end, *_ in _positions(code)]
    said = [each.strip() for each in lines[code.co_firstlineno - 1 : max(ends)]]
    return hashlib.sha256("\n".join(filter(None, said)).encode()).hexdigest()[:12]


def _positions(code: CodeType) -> Iterator[tuple[int | None, ...]]:
    for each in (code, *_functions(code)):
        yield from each.co_positions()

"""Tests that are taken out of the run, or that test something else than they say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.rule import TESTS, Reading, hazard, in_file, matches, tail
from scaffold.drift.code.source import Function, Scope
from scaffold.drift.code.values import code_digest
from scaffold.drift.facts import Fact
from scaffold.drift.rule import Rule

DESELECTED: Final = hazard(
    "SCF337",
    "collection-changed",
    "critical",
    "API-3",
    "GEN-3",
    what="Hooks of pytest and names of a conftest.py that choose which tests run or how they "
    "end: pytest_collection_modifyitems, pytest_runtest_*, collect_ignore, plugins.",
    why="The contract tests are still there, and say nothing any more.",
    remedy="Leave the collection alone; name what you run on the command line.",
    example=in_file(
        "tests/conftest.py",
        TESTS,
        f"{TESTS}\n\ndef pytest_collection_modifyitems(items):\n    items.clear()\n",
        f"{TESTS}\n\ndef pytest_report_header():\n    return 'invoicing'\n",
    ),
)
SKIPPED: Final = hazard(
    "SCF338",
    "test-skipped",
    "medium",
    "API-3",
    what="A test of your own that is skipped or may fail; in a conftest.py, any skip or exit.",
    why="What it proved is proved no longer, and the run is green.",
    remedy="Mend the test, or remove it so that a review sees it go.",
    example=in_file(
        "tests/test_totals.py",
        "def test_total():\n    assert 1 + 1 == 2\n",
        'import pytest\n\n\n@pytest.mark.skip(reason="later")\ndef '
        "test_total():\n    assert 1 + 1 == 2\n",
        "import pytest\n\n\n@pytest.mark.parametrize('n', [1])\ndef "
        "test_total(n):\n    assert n + 1 == 2\n",
    ),
)
FIXTURES: Final = hazard(
    "SCF339",
    "fixtures-overridden",
    "critical",
    "API-3",
    what="A fixture that acts on the contract tests: one that is used by all tests of its "
    "directory and below, or that has the name of a fixture of pytest or of the harness.",
    why="The contract tests then run on another service, with another token or with a patch.",
    remedy="Give your fixtures names of their own, and ask for them in your tests.",
    example=in_file(
        "tests/conftest.py",
        TESTS,
        f"import pytest\n\n{TESTS}\n\n@pytest.fixture(autouse=True)\ndef calm(monkeypatch):\n"
        "    monkeypatch.setenv('A', 'b')\n",
        f"import pytest\n\n{TESTS}\n\n@pytest.fixture\ndef invoice(service):\n    return service\n",
    ),
)
RULES: Final[tuple[Rule, ...]] = (DESELECTED, SKIPPED, FIXTURES)

_HARMLESS: Final = frozenset(
    {
        "pytest_addoption",
        "pytest_report_header",
        "pytest_terminal_summary",
        "pytest_assertrepr_compare",
    }
    | {"pytest_sessionstart", "pytest_make_parametrize_id", "pytest_report_collectionfinish"}
)
_NAMES: Final = frozenset({"collect_ignore", "collect_ignore_glob", "pytest_plugins", "__test__"})
_SKIPS: Final = (
    *("pytest.skip", "pytest.xfail", "pytest.exit", "pytest.importorskip", "pytest.fail"),
    *("pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail", "unittest.skip"),
    *("unittest.skipIf", "unittest.skipUnless", "unittest.SkipTest", "unittest.expectedFailure"),
    *("os._exit", "sys.exit", "pytest.skip.Exception"),
)
_OWN_SKIPS: Final = (
    *("pytest.skip", "pytest.xfail", "pytest.mark.skip", "pytest.mark.xfail", "unittest.skip"),
    *("unittest.expectedFailure", "unittest.SkipTest"),
)
_FIXTURES: Final = frozenset(
    {"database", "issuer", "service", "small", "runtime", "quiet_hooks", "monkeypatch", "request"}
    | {"tmp_path", "tmp_path_factory", "caplog", "capsys", "recwarn", "pytestconfig", "valkey"}
    | {"owner", "worker", "connection", "client"}
)


def find(reading: Reading) -> Iterator[Fact]:
    """The facts of a module."""
    module = reading.module
    name = module.path.rpartition("/")[2]
    above = _is_above(module.path)
    if not reading.test and not above:
        # A plugin may be any module: its hooks have names that pytest gives.
        yield from _hooks(reading)
        return
    yield from _hooks(reading)
    yield from _globals(reading)
    yield from _skips(reading, shared=above or name == "conftest.py")
    yield from _fixtures(reading, above=above)


def _is_above(path: str) -> bool:
    """Does it act on the contract tests as well?"""
    return path in ("conftest.py", "tests/conftest.py", "tests/__init__.py")


def _hooks(reading: Reading) -> Iterator[Fact]:
    module = reading.module
    for node, scope in module.of(ast.FunctionDef, ast.AsyncFunctionDef):
        if node.name.startswith("pytest_") and node.name not in _HARMLESS:
            if node.name == "pytest_configure" and _marks_only(node):
                continue
            what = f"{node.name} with the code #{code_digest(scope)}"
            says = f"changes how tests are collected or run: {what}"
            yield reading.fact(DESELECTED, node, scope.parent or scope, what, says)
    for name in sorted({*module.scope.assigned, *module.scope.imports}):
        if name.startswith("pytest_") and name not in _NAMES and name not in _HARMLESS:
            says = f"changes how tests are collected or run: {name}"
            yield reading.fact(DESELECTED, module.tree, module.scope, name, says)


def _marks_only(node: Function) -> bool:
    """Does pytest_configure do no more than to describe markers?"""
    return all(
        isinstance(each, ast.Expr)
        and (
            isinstance(each.value, ast.Constant)
            or (isinstance(each.value, ast.Call) and tail(each.value.func) == "addinivalue_line")
        )
        for each in node.body
    )


def _globals(reading: Reading) -> Iterator[Fact]:
    module = reading.module
    scopes = [module.scope, *module.scope.children.values()]
    for scope in scopes:
        for name in sorted(_NAMES & scope.assigned.keys()):
            values = [reading.shown(value, scope) for value, _ in scope.assigned[name]]
            what = f"{name} = {', '.join(values)}"
            node = scope.assigned[name][0][0]
            yield reading.fact(DESELECTED, node, scope, what, f"takes tests out of the run: {what}")
    for node, scope in module.of(ast.Attribute):
        if node.attr in ("__test__", "pytestmark") and isinstance(node.ctx, ast.Store):
            says = f"takes tests out of the run: {node.attr} of something else"
            yield reading.fact(DESELECTED, node, scope, node.attr, says)
    for mention in reading.mentions:
        if matches(mention.origin, "tests.contract.") and ".test_" in mention.origin:
            what = mention.origin
            if isinstance(getattr(mention.node, "ctx", None), ast.Load) and mention.call is None:
                says = f"takes a contract test in hand: {what}"
                yield reading.fact(DESELECTED, mention.node, mention.scope, what, says)


def _skips(reading: Reading, *, shared: bool) -> Iterator[Fact]:
    for mention in reading.mentions:
        if not matches(mention.origin, *(_SKIPS if shared else _OWN_SKIPS)):
            continue
        where = _decorated(reading, mention.node, mention.scope)
        what = mention.origin + (f" of {where}" if where else "")
        rule = DESELECTED if shared else SKIPPED
        yield reading.fact(rule, mention.node, mention.scope, what, f"skips tests: {what}")


def _decorated(reading: Reading, node: ast.AST, scope: Scope) -> str:
    for child in scope.children.values():
        for each in getattr(child.node, "decorator_list", ()):
            if any(inner is node for inner in ast.walk(each)):
                return child.name
    return ""


def _fixtures(reading: Reading, *, above: bool) -> Iterator[Fact]:
    if not above:
        return
    module = reading.module
    for node, scope in module.of(ast.FunctionDef, ast.AsyncFunctionDef):
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            origin = module.origin(call.func if call else decorator, scope.parent or scope)
            if not matches(origin, "pytest.fixture", "pytest_asyncio.fixture"):
                continue
            given = {each.arg: each.value for each in call.keywords} if call else {}
            automatic = given.get("autouse")
            named = given.get("name")
            name = str(named.value) if isinstance(named, ast.Constant) else node.name
            applied = automatic is not None and getattr(automatic, "value", True) is not False
            if not applied and name not in _FIXTURES:
                continue
            what = f"fixture {name} with the code #{code_digest(scope)}"
            says = f"acts on the contract tests: {what}"
            yield reading.fact(FIXTURES, node, module.scope, what, says)
    for name in sorted(_FIXTURES & module.scope.imports.keys()):
        if module.scope.imports[name] != f"tests.contract.conftest.{name}":
            what = f"fixture {name} from {module.scope.imports[name]}"
            yield reading.fact(
                FIXTURES, module.tree, module.scope, what, f"acts on the contract tests: {what}"
            )

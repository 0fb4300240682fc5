"""Changes of generated modules, of dependencies or of the interpreter while the code runs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.rule import (
    TESTS,
    Reading,
    argument,
    hazard,
    in_file,
    in_hook,
    matches,
    tail,
)
from scaffold.drift.code.source import Scope
from scaffold.drift.facts import Fact
from scaffold.drift.rule import Rule

PATCH: Final = hazard(
    "SCF312",
    "monkey-patch",
    "critical",
    "AZ-1",
    "GEN-3",
    what="An assignment to an attribute of an imported module or class, or to an entry of a "
    "table of the generated package; setattr, delattr, patch and reload of them; "
    "sys.modules.",
    why="The generated files are as the tool wrote them, and yet something else runs: no "
    "digest, contract or test of another process notices.",
    remedy="Change scaffold.yaml, or write the behaviour as a declared action.",
    example=in_hook(
        "actions.refuse = print",
        'settings = {"refuse": print}\nsettings["refuse"] = repr',
        "from invoicing.gate import actions",
        "",
    ),
)
INTERPRETER: Final = hazard(
    "SCF313",
    "interpreter-changed",
    "critical",
    "GEN-3",
    what="Changes of how modules are found, and hooks of the interpreter: sys.path, "
    "sys.meta_path, settrace, builtins.",
    why="They decide which code runs under the name of a generated module.",
    remedy="Install dependencies by requirements.txt, and import them by name.",
    example=in_file(
        "hooks/__init__.py",
        '"""Hooks."""\n',
        'import sys\n\nsys.path.insert(0, "vendor")\n',
        "import sys\n\nVERSION = sys.version_info\n",
    ),
)
TESTS_PATCHED: Final = hazard(
    "SCF314",
    "tests-patched",
    "critical",
    "API-3",
    "GEN-3",
    what="The same in tests, where it outlives the test that does it: without monkeypatch or "
    "patch.",
    why="The contract tests run in the same process, and would test something else than the "
    "service.",
    remedy="Use the fixture monkeypatch, within the test that needs it.",
    example=in_file(
        "tests/conftest.py",
        TESTS,
        f"from invoicing.gate import admission\n\n{TESTS}\nadmission.LIMITS = {{}}\n",
        f"{TESTS}\nLIMITS = {{'page': 100}}\nLIMITS['page'] = 10\n",
    ),
)
RULES: Final[tuple[Rule, ...]] = (PATCH, INTERPRETER, TESTS_PATCHED)

MUTATORS: Final = frozenset(
    {"append", "extend", "insert", "remove", "pop", "popitem", "clear", "update", "setdefault"}
    | {"add", "discard", "__setitem__", "__delitem__", "sort", "reverse", "appendleft"}
    | {"difference_update", "intersection_update", "symmetric_difference_update", "move_to_end"}
)
_INTERPRETER: Final = (
    *("sys.path", "sys.meta_path", "sys.path_hooks", "sys.path_importer_cache", "sys.settrace"),
    *("sys.setprofile", "sys.addaudithook", "threading.settrace", "threading.setprofile"),
    *("site.addsitedir", "site.addpackage", "sys.monitoring.", "zipimport.", "runpy."),
    *("importlib.util.module_from_spec", "importlib.util.spec_from_file_location"),
    *("importlib.machinery.SourceFileLoader", "importlib.machinery.SourcelessFileLoader"),
    *("importlib.machinery.ExtensionFileLoader", "importlib.invalidate_caches", "imp."),
    *("os.execv", "faulthandler.dump_traceback_later", "pkgutil.extend_path"),
)
_PATCHERS: Final = (
    *("importlib.reload", "unittest.mock.", "mock.", "wrapt.", "forbiddenfruit.", "gorilla."),
    *("builtins.setattr", "builtins.delattr", "pytest.MonkeyPatch"),
    *("builtins.object.__setattr__", "builtins.type.__setattr__", "types.ModuleType"),
)
_KEYS_OF_CLIENTS: Final = frozenset(
    {"api_key", "api_base", "api_version", "api_type", "max_network_retries", "app_info", "log"}
    | {"default_http_client", "client_id", "enable_telemetry", "organization", "publishable_key"}
)
"""What libraries of providers ask to be set on themselves."""
_STDLIB: Final = frozenset(sys.stdlib_module_names)


def find(reading: Reading) -> Iterator[Fact]:
    """The facts of a module."""
    for node, target, scope in _targets(reading):
        base = _patched(reading, target, scope)
        if base is not None:
            yield _fact(reading, node, scope, base)
    for call, scope in reading.module.of(ast.Call):
        yield from _called(reading, call, scope)
    yield from _reached(reading)


def _targets(reading: Reading) -> Iterator[tuple[ast.AST, ast.expr, Scope]]:
    for node, scope in reading.module.of(ast.Attribute, ast.Subscript):
        if isinstance(node.ctx, ast.Store | ast.Del):
            yield node, node, scope
    for extended, scope in reading.module.of(ast.AugAssign):
        if isinstance(extended.target, ast.Name):
            yield extended, extended.target, scope


def _patched(reading: Reading, target: ast.expr, scope: Scope) -> str | None:
    """What an assignment changes, where it is not the code's own."""
    module = reading.module
    if isinstance(target, ast.Attribute):
        base = module.origin(target.value, scope)
        # The class of an object, and a function's code, are those of all.
        if base is None and isinstance(target.value, ast.Call):
            call = target.value
            if module.origin(call.func, scope) == "builtins.type" and reading.flow.labels(
                call, scope
            ):
                return f"type.{target.attr}"
        if base is None or base.startswith("builtins."):
            return None
        return _foreign(reading, f"{base}.{target.attr}")
    if isinstance(target, ast.Subscript):
        base = module.origin(target.value, scope)
        if base is None:
            return None
        if base == "sys.modules" or base.endswith(".__dict__"):
            return f"{base}[{reading.shown(target.slice, scope)}]"
        if base == "builtins.globals" or base in ("os.environ", "builtins.dict"):
            return None
        found = _foreign(reading, base)
        return f"{found}[{reading.shown(target.slice, scope)}]" if found else None
    base = module.origin(target, scope)
    return None if base is None else _foreign(reading, base)


def _foreign(reading: Reading, dotted: str) -> str | None:
    """The name, unless it is the module's own or a key that a client library asks for."""
    top, _, last = dotted.partition(".")
    own = f"{reading.module.dotted}."
    if dotted.startswith(own) and dotted.removeprefix(own).partition(".")[0] in (
        reading.module.scope.children
    ):
        return None
    if top in ("builtins", "os.environ"):
        return None
    if last.rpartition(".")[2] in _KEYS_OF_CLIENTS and top not in _STDLIB:
        return None if top != reading.module.package else dotted
    return dotted


def _fact(reading: Reading, node: ast.AST, scope: Scope, what: str) -> Fact:
    if reading.test:
        says = f"changes {what} for all tests of the process"
        return reading.fact(TESTS_PATCHED, node, scope, what, says)
    if matches(what, "sys.path", "sys.meta_path", "sys.path_hooks") or what.startswith("sys.path["):
        return reading.fact(INTERPRETER, node, scope, what, f"changes {what}")
    return reading.fact(PATCH, node, scope, what, f"changes {what} while the code runs")


def _called(reading: Reading, call: ast.Call, scope: Scope) -> Iterator[Fact]:
    module = reading.module
    origin = module.origin(call.func, scope) or ""
    name = tail(call.func)
    if origin in ("builtins.setattr", "builtins.delattr") or name in ("__setattr__", "__delattr__"):
        target = argument(call, 0)
        base = module.origin(target, scope) if target is not None else None
        if base is not None and not base.startswith("builtins."):
            attribute = argument(call, 1)
            yield from _told(reading, call, scope, f"{base}.{_name(reading, attribute, scope)}")
    elif isinstance(call.func, ast.Attribute) and name in MUTATORS:
        base = module.origin(call.func.value, scope) or ""
        if (
            base == "sys.modules"
            or base.endswith(".__dict__")
            or base.startswith(f"{module.package}.")
            or (base.startswith("tests.contract.") and not matches(base, f"{module.dotted}."))
        ):
            yield _fact(reading, call, scope, f"{base}.{name}")
    elif origin == "importlib.reload":
        target = argument(call, 0)
        yield _fact(reading, call, scope, f"importlib.reload({reading.shown(target, scope)})")
    elif not reading.test and matches(origin, *_PATCHERS) and not origin.startswith("builtins."):
        yield _fact(reading, call, scope, origin)


def _told(reading: Reading, call: ast.Call, scope: Scope, what: str) -> Iterator[Fact]:
    found = _foreign(reading, what)
    if found is not None:
        yield _fact(reading, call, scope, found)


def _name(reading: Reading, node: ast.expr | None, scope: Scope) -> str:
    text = reading.shown(node, scope)
    return text[1:-1] if text[:1] == "'" else text


def _reached(reading: Reading) -> Iterator[Fact]:
    for each in reading.mentions:
        origin = each.origin
        if origin.startswith("sys.path.") or origin.startswith(
            ("sys.meta_path.", "sys.path_hooks.")
        ):
            if origin.rpartition(".")[2] not in MUTATORS:
                continue
        elif origin in (
            "sys.path",
            "sys.meta_path",
            "sys.path_hooks",
            "sys.path_importer_cache",
        ) or not matches(origin, *_INTERPRETER):
            continue
        what = reading.called(each)
        rule = TESTS_PATCHED if reading.test else INTERPRETER
        yield reading.fact(rule, each.node, each.scope, what, f"changes the interpreter: {what}")

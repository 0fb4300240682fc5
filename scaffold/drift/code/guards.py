"""Guards of the developer's own code that do not guard: refusals that are swallowed, comparisons
that tell how far they got, asserts, and switches in the environment."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.rule import Reading, argument, hazard, in_hook, matches, tail
from scaffold.drift.code.source import Scope
from scaffold.drift.code.values import constant
from scaffold.drift.facts import Fact
from scaffold.drift.rule import Rule

SWALLOWED: Final = hazard(
    "SCF328",
    "refusal-swallowed",
    "critical",
    "AZ-1",
    what="A handler for every error, or for refusals, around what an action is asked or "
    "refused by.",
    why="What the database or the hook refuses goes on as if it were allowed.",
    remedy="Catch the one error that you expect, such as RowNotFound, and let the others pass.",
    example=in_hook(
        "try:\n    if invoice.total == 0:\n        refuse('nothing to pay')\n"
        "except Exception:\n    pass",
        "try:\n    if invoice.total == 0:\n        refuse('nothing to pay')\nfinally:\n"
        "    total = invoice.total",
    ),
)
COMPARED: Final = hazard(
    "SCF329",
    "secret-compared-plainly",
    "high",
    "PAY-1",
    "AZ-5",
    what="A signature, a token or a password that is compared with == or `in`.",
    why="How long the comparison takes tells how much of a guess is right.",
    remedy="Use hmac.compare_digest.",
    example=in_hook(
        'if data.signature != hmac.new(KEY, b"x", "sha256").hexdigest():\n    refuse("unsigned")',
        'if not hmac.compare_digest(data.signature, hmac.new(KEY, b"x", "sha256").hexdigest()):\n'
        '    refuse("unsigned")',
        "import hmac\n\nfrom hooks.keys import KEY",
    ),
)
ASSERTED: Final = hazard(
    "SCF330",
    "assert-as-guard",
    "medium",
    "AZ-1",
    what="An assert in a hook, or in what hooks call, that is about what callers sent or may do.",
    why="Python leaves asserts out with -O and PYTHONOPTIMIZE.",
    remedy="Use `if not ...: refuse(...)`.",
    example=in_hook(
        'assert "admin" in action.roles',
        "assert invoice.total is not None",
    ),
)
SWITCH: Final = hazard(
    "SCF331",
    "guard-switched-off",
    "high",
    "OPS-1",
    "AZ-1",
    what="A variable of the environment that says that a guard is skipped.",
    why="Who sets the environment of a process opens the service, and no review sees it.",
    remedy="Have no such switch; in tests, give the code what it needs.",
    example=in_hook(
        'if not os.environ.get("SKIP_AUTH_CHECKS"):\n    refuse("not now")',
        'if not os.environ.get("MAIL_HOST"):\n    refuse("no mail")',
        "import os",
    ),
)
LOGGED: Final = hazard(
    "SCF332",
    "secret-logged",
    "high",
    "DATA-2",
    what="A secret, a token or a header with one, or the whole environment, in a log or a print.",
    why="Logs are kept for long and read by many.",
    remedy="Log ids: action.request_id finds the rest.",
    example=in_hook(
        'log.info("asked", token=data.token)',
        'log.info("asked", request=action.request_id, token_id=data.token_id)',
        "import structlog\n\nlog = structlog.get_logger()",
    ),
)
RULES: Final[tuple[Rule, ...]] = (SWALLOWED, COMPARED, ASSERTED, SWITCH, LOGGED)

_BROAD: Final = frozenset(
    {"builtins.Exception", "builtins.BaseException", "builtins.PermissionError"}
    | {
        "asyncpg.PostgresError",
        "asyncpg.InsufficientPrivilegeError",
        "asyncpg.exceptions.PostgresError",
    }
    | {"asyncpg.exceptions.InsufficientPrivilegeError", "asyncpg.InterfaceError"}
    | {"asyncpg.PostgresConnectionError", "asyncpg.ReadOnlySQLTransactionError"}
    | {"starlette.exceptions.HTTPException"}
)
_SECRET: Final = re.compile(
    r"(^|_)(password|passwd|passphrase|secret|token|api_?key|authorization|cookies?|private_key"
    r"|card_number|cvv|cvc|pan|iban|ssn|credentials?|signing_key|otp|pin)$",
    re.IGNORECASE,
)
_SIGNED: Final = re.compile(
    r"(^|_)(signature|hmac|mac|digest|secret|token|api_?key|password|passwd|otp|csrf)$",
    re.IGNORECASE,
)
_SWITCH: Final = re.compile(
    r"(SKIP|DISABLE|BYPASS|IGNORE|INSECURE|UNSAFE|ALLOW_ALL|ALLOW_ANY|TRUST|FAKE|NO|WITHOUT|MOCK|"
    r"TURN_OFF|DISABLED|OFF)_?\w*(AUTH\w*|TENAN\w*|RLS|TLS|SSL|VERIF\w*|"
    r"CHECKS?|LIMITS?|SIGNATURES?|"
    r"PERMISSIONS?|SECURITY|GUARDS?|ACCESS|CSRF|MFA|POLICY|POLICIES|AUDIT|VALIDATION)(_|$)"
    r"|^(AUTH|TENANT|RLS|TLS|SSL|MFA|SECURITY|PERMISSION|SIGNATURE)\w*_(DISABLED|OFF|SKIP|BYPASS)"
    r"|^(GOD_MODE|SUPERUSER_MODE|BACKDOOR|MASTER_(KEY|PASSWORD|TOKEN)|ADMIN_OVERRIDE)$"
)
_LOGS: Final = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "msg", "bind"}
    | {"adebug", "ainfo", "awarning", "aerror"}
)
_LOGGERS: Final = re.compile(r"(^|_)(log|logger|logging)$", re.IGNORECASE)
_MASKS: Final = re.compile(r"(hash|mask|redact|digest|scrub|len|bool|isinstance|last4|fingerprint)")


def find(reading: Reading) -> Iterator[Fact]:
    """The facts of a module."""
    if reading.test:
        return
    if reading.served:
        yield from _handlers(reading)
        yield from _asserts(reading)
    yield from _comparisons(reading)
    for call, scope in reading.module.of(ast.Call):
        yield from _logs(reading, call, scope)
    yield from _switches(reading)


def _handlers(reading: Reading) -> Iterator[Fact]:
    module = reading.module
    for node, scope in module.of(ast.Try, ast.TryStar):
        guarded = any(_asks(reading, each, scope) for each in node.body)
        if not guarded:
            continue
        for handler in node.handlers:
            caught = _caught(reading, handler.type, scope)
            if caught is None or _ends(handler.body, reading, scope):
                continue
            says = f"goes on after a refusal: except {caught}"
            yield reading.fact(SWALLOWED, handler, scope, f"except {caught}", says)
        if any(isinstance(each, ast.Return) for each in _walk(node.finalbody)):
            says = "returns in `finally`, whatever was refused"
            yield reading.fact(SWALLOWED, node, scope, "return in finally", says)
    for block, scope in module.of(ast.With, ast.AsyncWith):
        for item in block.items:
            call = item.context_expr
            if not isinstance(call, ast.Call) or not matches(
                module.origin(call.func, scope), "contextlib.suppress"
            ):
                continue
            found = [c for each in call.args if (c := _caught(reading, each, scope))]
            if found and any(_asks(reading, each, scope) for each in block.body):
                says = f"goes on after a refusal: suppress({found[0]})"
                yield reading.fact(SWALLOWED, block, scope, f"suppress {found[0]}", says)
    for gathered, scope in module.of(ast.Call):
        if module.origin(gathered.func, scope) == "asyncio.gather":
            kept = argument(gathered, -1, "return_exceptions")
            if (
                isinstance(kept, ast.Constant)
                and kept.value is True
                and _asks(reading, gathered, scope)
            ):
                says = "goes on after a refusal: gather(return_exceptions=True)"
                yield reading.fact(SWALLOWED, gathered, scope, "gather return_exceptions", says)


def _asks(reading: Reading, node: ast.AST, scope: Scope) -> bool:
    """Is it something that may be refused: `refuse` itself, or anything done with the action?"""
    for each in _walk([node]):
        if not isinstance(each, ast.Call):
            continue
        origin = reading.module.origin(each.func, scope) or ""
        if origin.startswith(f"{reading.module.package}.gate."):
            return True
        if isinstance(each.func, ast.Attribute):
            for inner in ast.walk(each.func.value):
                if isinstance(inner, ast.Name) and reading.flow.from_action(inner, scope):
                    return True
        if any(
            isinstance(given, ast.Name) and reading.flow.from_action(given, scope)
            for given in each.args
        ):
            return True
    return False


def _walk(nodes: list[ast.stmt] | list[ast.AST]) -> Iterator[ast.AST]:
    """The nodes below some, but not those of functions that are defined there."""
    left: list[ast.AST] = [*nodes]
    while left:
        node = left.pop()
        yield node
        left.extend(
            each
            for each in ast.iter_child_nodes(node)
            if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        )


def _caught(reading: Reading, node: ast.expr | None, scope: Scope) -> str | None:
    """What a handler catches of refusals, if anything."""
    if node is None:
        return "everything"
    if isinstance(node, ast.Tuple):
        return next((c for each in node.elts if (c := _caught(reading, each, scope))), None)
    origin = reading.module.origin(node, scope) or ""
    package = reading.module.package
    if origin in _BROAD:
        return origin.removeprefix("builtins.")
    if origin.startswith(f"{package}.gate.") and not origin.endswith("RowNotFound"):
        return origin
    if isinstance(node, ast.Name) and (where := scope.where(node.id)):
        for value, _ in where.assigned.get(node.id, ()):
            if isinstance(value, ast.Tuple):
                return _caught(reading, value, where)
    return None


def _ends(body: list[ast.stmt], reading: Reading, scope: Scope) -> bool:
    """Does a handler end in an error, or in a refusal, whatever happens?"""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.Raise):
        return True
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        origin = reading.module.origin(last.value.func, scope) or ""
        return origin.endswith((".gate.actions.refuse", "sys.exit"))
    if isinstance(last, ast.If) and last.orelse:
        return _ends(last.body, reading, scope) and _ends(last.orelse, reading, scope)
    return False


def _asserts(reading: Reading) -> Iterator[Fact]:
    for node, scope in reading.module.of(ast.Assert):
        if _narrows(node.test) or not reading.flow.labels_within(node.test, scope):
            continue
        what = f"assert {_named(node.test)}"
        yield reading.fact(ASSERTED, node, scope, what, f"guards by an assert: {_named(node.test)}")


def _named(node: ast.AST) -> str:
    names = sorted({each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)})
    return ", ".join(names) or "a condition"


def _narrows(node: ast.expr) -> bool:
    """Does it only tell a type checker what is there?"""
    if isinstance(node, ast.BoolOp):
        return all(_narrows(each) for each in node.values)
    if isinstance(node, ast.Call):
        return tail(node.func) in ("isinstance", "callable", "issubclass")
    return isinstance(node, ast.Compare) and any(
        isinstance(each, ast.IsNot | ast.Is) for each in node.ops
    )


def _comparisons(reading: Reading) -> Iterator[Fact]:
    for node, scope in reading.module.of(ast.Compare):
        if not any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops):
            continue
        sides = [node.left, *node.comparators]
        if any(_is_plain(reading, each, scope) for each in sides):
            continue
        for each in sides:
            name = _signed(reading, each, scope)
            if name:
                says = f"compares {name} with =="
                yield reading.fact(COMPARED, node, scope, f"{name} ==", says)
                break


def _is_plain(reading: Reading, node: ast.expr, scope: Scope) -> bool:
    if isinstance(node, ast.Constant):
        return True
    return isinstance(node, ast.Call) and tail(node.func) in ("len", "type", "int")


def _signed(reading: Reading, node: ast.expr, scope: Scope, left: int = 4) -> str | None:
    if left <= 0:
        return None
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and matches(reading.module.origin(each.func, scope), "hmac."):
            return "an HMAC"
    name = tail(node)
    if isinstance(node, ast.Call):
        name = tail(node.func)
        if name in ("get", "getenv") and node.args:
            name = constant(reading.module, node.args[0], scope) or ""
        elif name in ("encode", "strip", "lower", "hexdigest", "digest", "get_secret_value"):
            function = node.func
            inner = function.value if isinstance(function, ast.Attribute) else node
            return _signed(reading, inner, scope, left - 1)
        else:
            name = ""
    if isinstance(node, ast.Subscript):
        name = constant(reading.module, node.slice, scope) or ""
    if _SIGNED.search(name.replace("-", "_")):
        return name if not isinstance(node, ast.Name) else "a secret"
    if isinstance(node, ast.Name) and (where := scope.where(node.id)) and where.is_function:
        for value, _ in where.assigned.get(node.id, ()):
            if isinstance(value, ast.Call) and (found := _signed(reading, value, where, left - 1)):
                return found
    return None


def _switches(reading: Reading) -> Iterator[Fact]:
    module = reading.module
    found: list[tuple[ast.expr, ast.AST, Scope]] = []
    for call, scope in module.of(ast.Call):
        if tail(call.func) in ("get", "getenv", "bool", "str") and call.args:
            origin = module.origin(call.func, scope) or ""
            if (
                matches(origin, "os.", "decouple.")
                or origin.endswith("environ.get")
                or (
                    isinstance(call.func, ast.Attribute)
                    and matches(module.origin(call.func.value, scope), "os.environ", "environ.Env")
                )
            ):
                found.append((call.args[0], call, scope))
    for item, scope in module.of(ast.Subscript):
        if module.origin(item.value, scope) == "os.environ" and isinstance(item.ctx, ast.Load):
            found.append((item.slice, item, scope))
    for test, scope in module.of(ast.Compare):
        for index, operator in enumerate(test.ops):
            if isinstance(operator, ast.In | ast.NotIn) and (
                module.origin(test.comparators[index], scope) == "os.environ"
            ):
                found.append((test.left, test, scope))
    for key, node, scope in found:
        name = constant(module, key, scope) or ""
        if _SWITCH.search(name.upper()):
            says = f"has a switch that skips a guard: {name}"
            yield reading.fact(SWITCH, node, scope, f"switch {name}", says)


def _logs(reading: Reading, call: ast.Call, scope: Scope) -> Iterator[Fact]:
    module = reading.module
    origin = module.origin(call.func, scope)
    if origin != "builtins.print" and not matches(origin, "logging."):
        function = call.func
        if not isinstance(function, ast.Attribute) or function.attr not in _LOGS:
            return
        if not _LOGGERS.search(tail(function.value)) and not isinstance(function.value, ast.Call):
            return
    given = [("", each) for each in call.args]
    given += [(each.arg or "", each.value) for each in call.keywords]
    told: set[str] = set()
    for name, value in given:
        if (
            name
            and _SECRET.search(name)
            and not isinstance(value, ast.Constant)
            and not _masked(value)
        ):
            told.add(name)
        told.update(_secrets(reading, value, scope))
    for name in sorted(told):
        yield reading.fact(LOGGED, call, scope, f"logs {name}", f"writes {name} to a log")


def _masked(node: ast.expr) -> bool:
    return isinstance(node, ast.Call | ast.Compare) and bool(
        isinstance(node, ast.Compare) or _MASKS.search(tail(node.func).lower())
    )


def _secrets(reading: Reading, node: ast.expr, scope: Scope) -> Iterator[str]:
    left: list[ast.AST] = [node]
    while left:
        each = left.pop()
        if isinstance(each, ast.expr) and _masked(each):
            continue
        name = ""
        if isinstance(each, ast.Attribute):
            name = each.attr
            if name == "headers" and reading.flow.from_input(each.value, scope):
                yield "all headers"
            if name == "get" and tail(each.value) == "headers":
                name = ""
        elif isinstance(each, ast.Subscript):
            name = constant(reading.module, each.slice, scope) or ""
        elif isinstance(each, ast.Call) and tail(each.func) == "get" and each.args:
            name = constant(reading.module, each.args[0], scope) or ""
            if _SECRET.search(name.replace("-", "_")):
                yield name
            left.extend(each.args[1:])
            continue
        elif isinstance(each, ast.Name) and scope.where(each.id):
            name = each.id
        if reading.module.origin(each, scope) == "os.environ" and not isinstance(
            each, ast.Subscript
        ):
            yield "the environment"
        if name and _SECRET.search(name.replace("-", "_")):
            yield name if not isinstance(each, ast.Name) else "a secret"
            continue
        if isinstance(each, ast.Subscript):
            continue
        left.extend(ast.iter_child_nodes(each))

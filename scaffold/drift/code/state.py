"""What hooks write of their own accord: whole inputs, authority, and what outlives their call."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.execution import mentions_tenant
from scaffold.drift.code.flow import is_hook
from scaffold.drift.code.patches import MUTATORS
from scaffold.drift.code.rule import Reading, hazard, in_hook, matches, tail
from scaffold.drift.code.source import Function, Scope
from scaffold.drift.code.values import constant
from scaffold.drift.facts import Fact
from scaffold.drift.rule import Rule

WHOLE: Final = hazard(
    "SCF333",
    "mass-assignment",
    "critical",
    "API-1",
    "AZ-1",
    what="Fields that are written by whatever names the input has: Model(**payload), setattr "
    "by a name that is worked out, model_construct, a whole input as the changes.",
    why="A field that is added to the input later is written at once, also one that nobody "
    "may set.",
    remedy="Name each field that is written.",
    example=in_hook(
        "return {**data.model_dump()}",
        'return {"note": data.note}',
    ),
)
OWN: Final = hazard(
    "SCF334",
    "authority-by-caller",
    "critical",
    "AZ-1",
    "PAY-4",
    what="A role, a right, a plan or a tenant that is written with a value of the input.",
    why="The caller gives it to themselves: privilege escalation.",
    remedy="Grant it in scaffold.yaml, with an action for each value and who may do it.",
    example=in_hook(
        'return {"role": data.role}',
        'return {"note": data.role}',
    ),
)
SHARED: Final = hazard(
    "SCF335",
    "state-between-tenants",
    "high",
    "AZ-3",
    what="A global, a class attribute, a default or a cache that a function of the service "
    "changes, with no tenant in its key.",
    why="The process serves every tenant: what one leaves there, another one is given.",
    remedy="Keep it in a row; or put action.tenant_id into the key.",
    example=in_hook(
        'SEEN["last"] = invoice.total',
        "SEEN[action.tenant_id] = invoice.total",
        "SEEN = {}",
    ),
)
BESIDE: Final = hazard(
    "SCF336",
    "work-beside-the-action",
    "medium",
    "AZ-4",
    what="Threads, processes, tasks and callbacks that a hook starts and that go on without it.",
    why="They outlive the transaction, the tenant it is bound to and its limits, and nobody "
    "waits for what they do.",
    remedy="Say `after` in scaffold.yaml: what follows an action is done by the worker.",
    example=in_hook(
        "asyncio.create_task(asyncio.sleep(1))",
        "await asyncio.sleep(0)",
        "import asyncio",
    ),
)
RULES: Final[tuple[Rule, ...]] = (WHOLE, OWN, SHARED, BESIDE)

_AUTHORITY: Final = re.compile(
    r"^(roles?|is_admin|admin|is_staff|is_superuser|superuser|permissions?|scopes?|entitlements?"
    r"|plan|plan_id|tier|tenant|tenant_id|organi[sz]ation_id|granted_roles?|quota|credit_limit)$"
)
_CONTAINERS: Final = (
    *("collections.defaultdict", "collections.OrderedDict", "collections.deque"),
    *("collections.Counter", "builtins.dict", "builtins.list", "builtins.set", "cachetools."),
    *("weakref.", "queue.", "asyncio.Queue", "contextvars.ContextVar", "threading.local"),
    *("lru.", "diskcache.", "builtins.bytearray", "collections.ChainMap"),
)
_CACHES: Final = (
    *("functools.lru_cache", "functools.cache", "cachetools.cached", "async_lru.alru_cache"),
    *("aiocache.cached", "cachetools.func.", "functools.cached_property", "asyncache.cached"),
)
_BESIDE: Final = (
    *("threading.Thread", "threading.Timer", "multiprocessing.", "concurrent.futures."),
    *("asyncio.create_task", "asyncio.ensure_future", "asyncio.run_coroutine_threadsafe"),
    *(
        "os.fork",
        "os.forkpty",
        "atexit.register",
        "signal.signal",
        "_thread.",
        "anyio.from_thread.",
    ),
    *("starlette.background.", "apscheduler.", "celery.", "rq.", "dramatiq.", "sched.scheduler"),
)
_LOOP: Final = frozenset({"run_in_executor", "call_soon_threadsafe", "create_task", "call_later"})
_DUMPS: Final = frozenset({"model_dump", "dict", "asdict", "_asdict", "model_dump_json", "copy"})


def find(reading: Reading) -> Iterator[Fact]:
    """The facts of a module."""
    if not reading.served:
        return
    yield from _whole(reading)
    yield from _own(reading)
    yield from _shared(reading)
    yield from _caches(reading)
    yield from _beside(reading)


def _whole(reading: Reading) -> Iterator[Fact]:
    module, flow = reading.module, reading.flow
    for call, scope in module.of(ast.Call):
        name = tail(call.func)
        origin = module.origin(call.func, scope)
        for keyword in call.keywords:
            if keyword.arg is None and flow.from_input(keyword.value, scope):
                what = f"{name}(**input)"
                yield _mass(reading, call, scope, what)
        if name == "model_construct" or (name == "construct" and origin):
            yield _mass(reading, call, scope, name)
        elif name == "update" and isinstance(call.func, ast.Attribute):
            if tail(call.func.value) == "__dict__" or tail(call.func.value) == "vars":
                yield _mass(reading, call, scope, "__dict__.update")
            elif _writes(reading, call, scope) and any(
                _is_whole(reading, a, scope) for a in call.args
            ):
                yield _mass(reading, call, scope, "update(input)")
        elif name == "create" and _writes(reading, call, scope):
            if any(_is_whole(reading, a, scope) for a in call.args):
                yield _mass(reading, call, scope, "create(input)")
        elif origin == "builtins.setattr" and len(call.args) == 3:
            named = constant(module, call.args[1], scope) is not None
            if not named and flow.labels_within(call, scope):
                yield _mass(reading, call, scope, "setattr by a name worked out")
    for node, scope in module.of(ast.Return):
        if (
            node.value is not None
            and is_hook(module, scope)
            and _is_whole(reading, node.value, scope)
        ):
            yield _mass(reading, node, scope, "returns the input")


def _mass(reading: Reading, node: ast.AST, scope: Scope, what: str) -> Fact:
    return reading.fact(WHOLE, node, scope, what, f"writes whatever fields the input has: {what}")


def _writes(reading: Reading, call: ast.Call, scope: Scope) -> bool:
    """Is it a write of a row that the action touches?"""
    function = call.func
    return isinstance(function, ast.Attribute) and bool(reading.flow.labels(function.value, scope))


def _is_whole(reading: Reading, node: ast.expr, scope: Scope, left: int = 5) -> bool:
    """Is a value an input as a whole?"""
    if left <= 0:
        return False
    if isinstance(node, ast.Dict):
        return any(
            key is None and reading.flow.from_input(value, scope)
            for key, value in zip(node.keys, node.values, strict=True)
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return any(_is_whole(reading, each, scope, left - 1) for each in (node.left, node.right))
    if isinstance(node, ast.DictComp):
        keyed = constant(reading.module, node.key, scope) is None
        return keyed and any(reading.flow.from_input(each.iter, scope) for each in node.generators)
    if isinstance(node, ast.Call):
        name = tail(node.func)
        if name in ("cast", "dict", "asdict", "vars") and node.args:
            return any(
                reading.flow.from_input(each, scope) and not isinstance(each, ast.Attribute)
                for each in node.args
            )
        if name in _DUMPS and isinstance(node.func, ast.Attribute):
            base = node.func.value
            return isinstance(base, ast.Name) and reading.flow.from_input(base, scope)
        return False
    if isinstance(node, ast.Name) and (where := scope.where(node.id)) and where.is_function:
        if node.id in where.parameters:
            return False
        return any(
            exact and _is_whole(reading, value, where, left - 1)
            for value, exact in where.assigned.get(node.id, ())
        )
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "__dict__"
        and reading.flow.from_input(node, scope)
    )


def _own(reading: Reading) -> Iterator[Fact]:
    flow = reading.flow
    for item, scope in reading.module.of(ast.Dict):
        for key, value in zip(item.keys, item.values, strict=True):
            name = constant(reading.module, key, scope) if key is not None else None
            if name and _AUTHORITY.match(name) and flow.from_input(value, scope):
                yield _authority(reading, value, scope, name)
    for target, scope in reading.module.of(ast.Subscript):
        name = constant(reading.module, target.slice, scope)
        if isinstance(target.ctx, ast.Store) and name and _AUTHORITY.match(name):
            for assigned, _ in reading.module.of(ast.Assign):
                if target in assigned.targets and flow.from_input(assigned.value, scope):
                    yield _authority(reading, target, scope, name)
    for call, scope in reading.module.of(ast.Call):
        origin = reading.module.origin(call.func, scope) or ""
        changes = tail(call.func).endswith(("Changes", "Row")) or origin == "builtins.dict"
        writes = tail(call.func) in ("update", "create") and _writes(reading, call, scope)
        for keyword in call.keywords if changes or writes else ():
            if (
                keyword.arg
                and _AUTHORITY.match(keyword.arg)
                and flow.from_input(keyword.value, scope)
            ):
                yield _authority(reading, keyword.value, scope, keyword.arg)


def _authority(reading: Reading, node: ast.AST, scope: Scope, name: str) -> Fact:
    says = f"writes {name} with what the caller sends"
    return reading.fact(OWN, node, scope, f"{name} of the input", says)


def _shared(reading: Reading) -> Iterator[Fact]:
    module = reading.module
    for declared, scope in module.of(ast.Global):
        for name in declared.names:
            if scope.is_function and name in scope.assigned:
                yield _state(reading, declared, scope, f"global {name}")
    for node, scope in module.of(ast.Subscript, ast.Attribute):
        if not isinstance(node.ctx, ast.Store | ast.Del) or not any(scope.functions()):
            continue
        kept = _kept(reading, node.value, scope)
        if kept is None:
            continue
        if isinstance(node, ast.Subscript) and mentions_tenant(reading, node.slice, scope):
            continue
        what = kept if isinstance(node, ast.Subscript) else f"{kept}.{node.attr}"
        yield _state(reading, node, scope, what)
    for call, scope in module.of(ast.Call):
        function = call.func
        if not isinstance(function, ast.Attribute) or not any(scope.functions()):
            continue
        if function.attr not in MUTATORS and function.attr not in ("set", "put_nowait", "put"):
            continue
        kept = _kept(reading, function.value, scope)
        if kept and not any(mentions_tenant(reading, each, scope) for each in call.args[:1]):
            yield _state(reading, call, scope, f"{kept}.{function.attr}")


def _kept(reading: Reading, node: ast.AST, scope: Scope) -> str | None:
    """The name of what outlives a call: a container of the module, a class, a default."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Subscript) and mentions_tenant(reading, node.slice, scope):
            return None
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    where = scope.where(node.id)
    if where is None:
        return None
    if node.id in where.parameters:
        return node.id if _has_default(where, node.id) else None
    if where.is_function:
        return None
    if node.id in where.children:
        return node.id if isinstance(where.children[node.id].node, ast.ClassDef) else None
    for value, exact in where.assigned.get(node.id, ()):
        if exact and _is_container(reading, value, where):
            return node.id
    dotted = where.imports.get(node.id)
    if dotted and reading.module.project:
        base, _, name = reading.module.project.through(dotted).rpartition(".")
        other = reading.module.project.modules.get(base)
        if other is not None:
            values = other.scope.assigned.get(name, ())
            if any(isinstance(v, ast.Dict | ast.List | ast.Set) for v, _ in values):
                return f"{base}.{name}"
    return None


def _is_container(reading: Reading, value: ast.expr, scope: Scope) -> bool:
    if isinstance(value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp):
        return True
    if not isinstance(value, ast.Call):
        return False
    origin = reading.module.origin(value.func, scope)
    own = isinstance(value.func, ast.Name) and value.func.id in reading.module.scope.children
    return matches(origin, *_CONTAINERS) or own


def _has_default(scope: Scope, name: str) -> bool:
    node = scope.node
    if not isinstance(node, Function):
        return False
    positional = [*node.args.posonlyargs, *node.args.args]
    pairs = [*zip(reversed(positional), reversed(node.args.defaults), strict=False)]
    pairs += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d]
    return any(
        each.arg == name and isinstance(default, ast.Dict | ast.List | ast.Set)
        for each, default in pairs
    )


def _state(reading: Reading, node: ast.AST, scope: Scope, what: str) -> Fact:
    says = f"keeps {what} between calls, for every tenant"
    return reading.fact(SHARED, node, scope, what, says)


def _caches(reading: Reading) -> Iterator[Fact]:
    for node, scope in reading.module.of(ast.FunctionDef, ast.AsyncFunctionDef):
        for decorator in node.decorator_list:
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            origin = reading.module.origin(function, scope.parent or scope)
            if not matches(origin, *_CACHES):
                continue
            names = set(scope.parameters)
            known = any(name.endswith("_id") or name in ("id", "number", "key") for name in names)
            touched = bool(names & {"action", "data", "connection"}) or isinstance(
                node, ast.AsyncFunctionDef
            )
            if (known or touched) and not any("tenant" in name for name in names):
                yield _state(reading, node, scope, f"the cache of {node.name}")


def _beside(reading: Reading) -> Iterator[Fact]:
    for each in reading.mentions:
        if matches(each.origin, *_BESIDE) and any(each.scope.functions()):
            what = each.origin
            says = f"starts what goes on without it: {what}"
            yield reading.fact(BESIDE, each.node, each.scope, what, says)
    for call, scope in reading.module.of(ast.Call):
        function = call.func
        if (
            isinstance(function, ast.Attribute)
            and function.attr in _LOOP
            and any(scope.functions())
        ):
            base = function.value
            loop = isinstance(base, ast.Call) or tail(base).endswith("loop")
            if loop and reading.module.origin(function, scope) is None:
                says = f"starts what goes on without it: {function.attr}"
                yield reading.fact(BESIDE, call, scope, f"loop.{function.attr}", says)

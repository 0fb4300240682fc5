"""What the developer's code reaches of the generated package that hooks are not given."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.rule import ASGI, Reading, hazard, in_file, in_hook, matches
from scaffold.drift.code.source import import_base
from scaffold.drift.facts import Fact
from scaffold.drift.rule import Rule

INTERNALS: Final = hazard(
    "SCF307",
    "reaches-internals",
    "high",
    "AZ-1",
    "AZ-3",
    what="Modules of the generated package that a hook is not given, its private names, "
    "private attributes of what a hook is given, and the frames of its callers.",
    why="Behind what a hook is given lie the connection that writes, the caller's claims and "
    "the secrets of the settings; none of them has a guard of its own.",
    remedy="Use what the hook is given: action, rows, the models of the resource, refuse.",
    example=in_hook(
        "await action.connection._connection.execute('select 1')",
        "await action.connection.fetchval('select 1')",
    ),
)
SECOND: Final = hazard(
    "SCF308",
    "second-application",
    "critical",
    "AZ-1",
    what="The service made a second time, outside of asgi.py and the tests.",
    why="Another application can be served with other settings, or wrapped, and asgi.py says "
    "nothing of it.",
    remedy="Serve asgi:app, which is the service as it was checked.",
    example=in_file(
        "other.py",
        None,
        ASGI,
        "from hooks import invoice\n\n__all__ = ['invoice']\n",
    ),
)
RULES: Final[tuple[Rule, ...]] = (INTERNALS, SECOND)

GIVEN: Final = (
    *(
        "gate.actions.Action",
        "gate.actions.refuse",
        "gate.actions.Reader",
        "gate.actions.HookWrites",
    ),
    *("gate.rows.", "gate.problems.", "resources.", "types.", "work.addresses.", "telemetry."),
    *("work.hooks.Committed", "work.hooks.CommittedRow", "gate.heard.Heard", "gate.heard.not_yet"),
)
"""What a hook may import of the package. Of a resource these are its models and its rows."""
_MODULES: Final = ("gate.actions", "gate.heard", "work.hooks")
"""The modules that these are in."""
_OF_RESOURCE: Final = frozenset({"models", "rows"})
_FRAMES: Final = (
    *("sys._getframe", "sys._current_frames", "inspect.currentframe", "inspect.stack"),
    *("inspect.trace", "gc.get_objects", "gc.get_referrers", "inspect.getframeinfo"),
)
_REFLECTION: Final = frozenset(
    {"__dict__", "__globals__", "__closure__", "__code__", "__self__", "__func__", "__subclasses__"}
    | {"__mro__", "__bases__", "__getattribute__", "f_back", "f_locals", "f_globals", "tb_frame"}
    | {"cr_frame", "gi_frame", "ag_frame"}
)


def find(reading: Reading) -> Iterator[Fact]:
    """The facts of a module."""
    if reading.test:
        return
    yield from _imports(reading)
    yield from _second(reading)
    yield from _attributes(reading)
    for each in reading.mentions:
        if matches(each.origin, *_FRAMES) and reading.served:
            yield reading.fact(
                INTERNALS,
                each.node,
                each.scope,
                each.origin,
                f"looks at its callers: {each.origin}",
            )


def _is_given(name: str) -> bool:
    if not matches(name, *GIVEN):
        return False
    words = name.split(".")
    if words[0] == "resources":
        return len(words) > 2 and words[2] in _OF_RESOURCE
    return not any(each.startswith("_") for each in words)


def _imports(reading: Reading) -> Iterator[Fact]:
    module = reading.module
    package = module.package
    inside = f"{package}."
    told: set[str] = set()
    for node, scope in module.of(ast.ImportFrom):
        base = import_base(node, module.path)
        if base != package and not base.startswith(inside):
            continue
        if id(node) in module.typing_only:
            continue
        for each in node.names:
            dotted = f"{base}.{each.name}".removeprefix(inside)
            if module.path == "asgi.py" and dotted == "app.configured":
                continue
            parent = f"{dotted}." if dotted + "." in GIVEN else dotted
            if dotted in ("app.configured", "app.create_app") or _is_given(parent):
                continue
            if dotted in (*_MODULES, "gate", "resources", "work"):
                continue
            words = dotted.split(".")
            if words[0] == "resources" and (len(words) < 3 or words[2] in _OF_RESOURCE):
                continue
            told.add(dotted)
            yield reading.fact(
                INTERNALS,
                node,
                scope,
                dotted,
                f"imports {inside}{dotted}, which hooks are not given",
            )
    further = {id(node.value) for node, _ in module.of(ast.Attribute)}
    for mention in reading.mentions:
        if not mention.origin.startswith(inside) or id(mention.node) in further:
            continue
        dotted = mention.origin.removeprefix(inside)
        if module.path == "asgi.py" and dotted == "app.configured":
            continue
        private = any(each.startswith("_") and each[:2] != "__" for each in dotted.split("."))
        reached = isinstance(mention.node, ast.Attribute | ast.Call | ast.Subscript)
        if private or (reached and _is_inner(dotted) and dotted not in told):
            told.add(dotted)
            yield reading.fact(
                INTERNALS,
                mention.node,
                mention.scope,
                dotted,
                f"uses {inside}{dotted}, which hooks are not given",
            )


def _is_inner(dotted: str) -> bool:
    """Is it a part of the package that is not given, and no package on the way to one that is?"""
    if dotted in ("app.configured", "app.create_app"):
        return False
    words = dotted.split(".")
    if words[0] == "resources":
        return len(words) > 2 and words[2] not in _OF_RESOURCE
    if words == ["gate"] or words == ["work"] or dotted in _MODULES:
        return False
    return not _is_given(dotted) and not _is_given(f"{dotted}.")


def _second(reading: Reading) -> Iterator[Fact]:
    package = reading.module.package
    makers = (f"{package}.app.configured", f"{package}.app.create_app", f"{package}.app.Service")
    for each in reading.mentions:
        if each.origin not in makers or each.call is None:
            continue
        if reading.module.path == "asgi.py" and each.origin == makers[0]:
            continue
        says = f"makes the service a second time: {reading.called(each)}"
        yield reading.fact(SECOND, each.node, each.scope, each.origin, says)


def _attributes(reading: Reading) -> Iterator[Fact]:
    if not reading.served:
        return
    for node, scope in reading.module.of(ast.Attribute):
        hidden = node.attr.startswith("_") and not node.attr.startswith("__")
        if not hidden and node.attr not in _REFLECTION and node.attr != "writable":
            continue
        if reading.flow.labels(node.value, scope) or (
            node.attr in _REFLECTION
            and (origin := reading.module.origin(node.value, scope)) is not None
            and origin.startswith(f"{reading.module.package}.")
        ):
            yield reading.fact(
                INTERNALS,
                node,
                scope,
                f"attribute {node.attr}",
                f"reaches {node.attr} behind what the hook is given",
            )
    for call, scope in reading.module.of(ast.Call):
        if reading.module.origin(call.func, scope) != "builtins.getattr" or len(call.args) < 2:
            continue
        from scaffold.drift.code.values import constant

        name = constant(reading.module, call.args[1], scope) or ""
        if name.startswith("_") and reading.flow.labels(call.args[0], scope):
            says = f"reaches {name} behind what the hook is given"
            yield reading.fact(INTERNALS, call, scope, f"attribute {name}", says)

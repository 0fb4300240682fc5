"""Who a caller is and what they may do, taken from what they sent rather than from their token."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.rule import Reading, argument, hazard, in_hook, tail
from scaffold.drift.code.source import Scope
from scaffold.drift.code.values import constant
from scaffold.drift.facts import Fact
from scaffold.drift.rule import Rule

TENANT: Final = hazard(
    "SCF309",
    "identity-from-request",
    "critical",
    "AZ-3",
    "API-3",
    what="A tenant that is read from the input, a header, a path or the environment; a user "
    "that is read from a header, or from the input in order to decide.",
    why="What callers send, callers choose: the tenant and the member are those of the token "
    "alone.",
    remedy="Use action.tenant_id, action.member_id and action.roles.",
    example=in_hook(
        'await action.connection.fetch("select id from invoicing.payment where tenant_id = $1", '
        "data.tenant_id)",
        'await action.connection.fetch("select id from invoicing.payment where tenant_id = $1", '
        "action.tenant_id)",
    ),
)
DECIDED: Final = hazard(
    "SCF310",
    "authority-from-input",
    "critical",
    "AZ-1",
    what="A decision that depends on a role, a right or an identity in the input.",
    why="Whoever calls says of themselves that they may.",
    remedy="Grant the action to the role in scaffold.yaml; in a hook, ask action.roles.",
    example=in_hook(
        'if data.is_admin:\n    return {"status": "void"}',
        'if "admin" in action.roles:\n    return {"status": "void"}',
    ),
)
BACKDOOR: Final = hazard(
    "SCF311",
    "somebody-in-particular",
    "critical",
    "AZ-1",
    what="A decision for one tenant, member or request that the code names.",
    why="What holds for one caller that only the code knows is a back door, or becomes one.",
    remedy="Say it in scaffold.yaml: a role, an attribute or a plan.",
    example=in_hook(
        'if str(action.member_id) == "7c1b6f4e-0000-4000-8000-000000000001":\n'
        '    return {"status": "void"}',
        'if invoice.status == "draft":\n    refuse("not sent yet")',
    ),
)
RULES: Final[tuple[Rule, ...]] = (TENANT, DECIDED, BACKDOOR)

_TENANT: Final = re.compile(
    r"^(x[-_])?(tenant|org|organi[sz]ation)([-_]?(id|slug|key|name|uuid))?$", re.IGNORECASE
)
_USER: Final = re.compile(
    r"^(x[-_])?((authenticated|forwarded|remote|current|auth|acting|real)[-_])?"
    r"(user|member|actor|account|principal|subject|roles?|scopes?)([-_]?(id|name|uuid))?$",
    re.IGNORECASE,
)
_AUTHORITY: Final = re.compile(
    r"^(is_?)?(admin|superuser|staff|owner|root|internal|privileged|trusted)$"
    r"|^(user_?|caller_?|acting_?|my_?)?(roles?|permissions?|scopes?|entitlements?)$"
    r"|^(acting_as|on_behalf_of|impersonate|sudo|override|force_admin|as_admin|as_user)$"
    r"|^(user|member|actor|caller|requester)(_id)?$",
    re.IGNORECASE,
)
_KNOWN: Final = frozenset({"tenant_id", "member_id", "request_id"})


def find(reading: Reading) -> Iterator[Fact]:
    """The facts of a module."""
    if not reading.served:
        return
    for node, scope, name in _reads(reading):
        origin = reading.module.origin(node.value, scope)
        if origin in ("os.environ", "builtins.dict") and _TENANT.match(name):
            yield _tenant(reading, node, scope, f"environment variable {name}")
        elif reading.flow.from_input(node.value, scope):
            header = _is_header(node.value)
            if _TENANT.match(name) or (header and _USER.match(name)):
                yield _tenant(reading, node, scope, f"{'header' if header else 'input'} {name}")
    for test, scope in _tests(reading):
        yield from _decided(reading, test, scope)


def _reads(
    reading: Reading,
) -> Iterator[tuple[ast.Attribute | ast.Subscript | ast.keyword, Scope, str]]:
    """What is read by a constant name: attributes, items, `get` and `getattr`."""
    for node, scope in reading.module.of(ast.Attribute):
        if isinstance(node.ctx, ast.Load):
            yield node, scope, node.attr
    for item, scope in reading.module.of(ast.Subscript):
        name = constant(reading.module, item.slice, scope)
        if name and isinstance(item.ctx, ast.Load):
            yield item, scope, name
    for call, scope in reading.module.of(ast.Call):
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr in ("get", "pop", "getlist"):
            name = constant(reading.module, call.args[0], scope) if call.args else None
            if name:
                yield function, scope, name
        elif tail(function) in ("getattr", "getenv") and call.args:
            found = argument(call, 1 if tail(function) == "getattr" else 0)
            name = constant(reading.module, found, scope) if found else None
            if name:
                yield ast.keyword(value=call.args[0], lineno=call.lineno), scope, name


def _is_header(node: ast.AST) -> bool:
    return any(
        isinstance(each, ast.Attribute | ast.Name)
        and tail(each) in ("headers", "cookies", "query_params", "path_params", "environ", "scope")
        for each in ast.walk(node)
    )


def _tenant(reading: Reading, node: ast.AST, scope: Scope, what: str) -> Fact:
    return reading.fact(TENANT, node, scope, what, f"takes who the caller is from the {what}")


def _tests(reading: Reading) -> Iterator[tuple[ast.expr, Scope]]:
    for node, scope in reading.module.of(ast.If, ast.While, ast.IfExp, ast.Assert):
        yield node.test, scope
    for match, scope in reading.module.of(ast.Match):
        yield match.subject, scope
    for loop, scope in reading.module.of(ast.comprehension):
        for each in loop.ifs:
            yield each, scope


def _decided(reading: Reading, test: ast.expr, scope: Scope) -> Iterator[Fact]:
    module, flow = reading.module, reading.flow
    for node in _within(test, scope):
        name = ""
        if isinstance(node, ast.Attribute):
            name, value = node.attr, node.value
        elif isinstance(node, ast.Subscript):
            name, value = constant(module, node.slice, scope) or "", node.value
        elif isinstance(node, ast.Call) and tail(node.func) == "get" and node.args:
            name = constant(module, node.args[0], scope) or ""
            value = node.func
        if name and _AUTHORITY.match(name) and flow.from_input(value, scope):
            says = f"decides by {name} of what the caller sends"
            yield reading.fact(DECIDED, node, scope, f"decides by {name}", says)
        if isinstance(node, ast.Compare):
            yield from _compared(reading, node, scope)
        if isinstance(node, ast.Call) and tail(node.func) in ("startswith", "endswith"):
            known = _known(reading, node.func, scope)
            if known and node.args and constant(module, node.args[0], scope):
                yield _somebody(reading, node, scope, known)


def _within(test: ast.expr, scope: Scope) -> Iterator[ast.AST]:
    """The expressions of a condition, and of the names that it is made of."""
    left: list[ast.AST] = [test]
    seen: set[str] = set()
    count = 0
    while left and count < 500:
        node = left.pop()
        count += 1
        yield node
        if isinstance(node, ast.Name) and node.id not in seen:
            seen.add(node.id)
            where = scope.where(node.id)
            if where is scope:
                left.extend(
                    value
                    for value, exact in where.assigned.get(node.id, ())
                    if exact and isinstance(value, ast.Compare | ast.BoolOp | ast.Attribute)
                )
        left.extend(ast.iter_child_nodes(node))


def _known(reading: Reading, node: ast.AST, scope: Scope) -> str | None:
    for each in ast.walk(node):
        if (
            isinstance(each, ast.Attribute)
            and each.attr in _KNOWN
            and reading.flow.from_action(each.value, scope)
        ):
            return each.attr
    return None


def _compared(reading: Reading, node: ast.Compare, scope: Scope) -> Iterator[Fact]:
    sides = [node.left, *node.comparators]
    known = next((found for each in sides if (found := _known(reading, each, scope))), None)
    if known and any(_is_literal(reading, each, scope) for each in sides):
        yield _somebody(reading, node, scope, known)


def _is_literal(reading: Reading, node: ast.AST, scope: Scope, left: int = 6) -> bool:
    if left <= 0:
        return False
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes) and bool(node.value)
    if isinstance(node, ast.Call):
        whole = bool(node.args) and tail(node.func) in ("UUID", "str", "frozenset", "set", "tuple")
        return whole and _is_literal(reading, node.args[0], scope, left - 1)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return any(_is_literal(reading, each, scope, left - 1) for each in node.elts)
    if isinstance(node, ast.Name) and (where := scope.where(node.id)):
        return any(
            exact and _is_literal(reading, value, where, left - 1)
            for value, exact in where.assigned.get(node.id, ())
        )
    return isinstance(node, ast.expr) and constant(reading.module, node, scope) is not None


def _somebody(reading: Reading, node: ast.AST, scope: Scope, known: str) -> Fact:
    what = f"compares {known} with a constant"
    return reading.fact(BACKDOOR, node, scope, what, f"decides for one {known} that it names")

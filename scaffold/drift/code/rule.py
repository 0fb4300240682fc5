"""How the rules about code are written, and how a fact of a module is made."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from scaffold.drift.code.flow import Flow
from scaffold.drift.code.source import Module, Scope
from scaffold.drift.code.values import shown
from scaffold.drift.facts import Fact, Place
from scaffold.drift.rule import Example, Rule, Severity

HOOKS: Final = "hooks/invoice.py"
_HOOK: Final = '''"""What the actions on invoices do."""

{imports}from invoicing.gate.actions import Action, refuse
from invoicing.resources.invoice.models import InvoiceRow, SettleInvoiceChanges, SettleInvoiceInput


async def settle(
    action: Action, invoice: InvoiceRow, data: SettleInvoiceInput
) -> SettleInvoiceChanges:
    """Marks the invoice as paid."""
{body}    return {{"status": "paid"}}
'''
ASGI: Final = """from invoicing.app import configured

app = configured()
"""
TESTS: Final = """from tests.contract.conftest import database, issuer, service

__all__ = ["database", "issuer", "service"]
"""


def hook(body: str = "", imports: str = "") -> str:
    """A module of hooks for the examples, with lines of its own in its one hook."""
    lines = "".join(f"    {each}\n" if each else "\n" for each in body.splitlines())
    return _HOOK.format(body=lines, imports=f"{imports}\n\n" if imports else "")


def in_hook(change: str, dual: str, imports: str = "", dual_imports: str | None = None) -> Example:
    """An example whose change and dual are lines of a hook."""
    return Example(
        {HOOKS: hook()},
        {HOOKS: hook(change, imports)},
        {HOOKS: hook(dual, imports if dual_imports is None else dual_imports)},
    )


def in_file(path: str, before: str | None, change: str, dual: str) -> Example:
    """An example whose change and dual are another text of one file."""
    return Example({} if before is None else {path: before}, {path: change}, {path: dual})


def hazard(
    id_: str,
    name: str,
    severity: Severity,
    *controls: str,
    what: str,
    why: str,
    remedy: str,
    example: Example,
    waivable: bool = True,
) -> Rule:
    """A rule about something in the developer's code whose appearance permits something."""
    return Rule(
        id=id_,
        name=name,
        severity=severity,
        controls=controls,
        layer="code",
        what=what,
        why=why,
        remedy=remedy,
        example=example,
        waivable=waivable,
    )


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that names something of another module, and its call if it is called there."""

    node: ast.AST
    scope: Scope
    origin: str
    call: ast.Call | None


class Reading:
    """A module with the flow of its values, and what it mentions of other modules."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.flow = Flow(module)
        self.calls: dict[int, ast.Call] = {}
        """Calls by the id of what is called."""
        self.mentions: list[Mention] = []
        for call, _ in module.of(ast.Call):
            self.calls[id(call.func)] = call
        for node, scope in module.of(ast.Name, ast.Attribute, ast.Call, ast.Subscript):
            if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
                continue
            origin = module.origin(node, scope)
            if origin is not None:
                self.mentions.append(Mention(node, scope, origin, self.calls.get(id(node))))
        self.mentions.sort(key=lambda each: getattr(each.node, "lineno", 0))

    @property
    def served(self) -> bool:
        """Does the service run it?"""
        return self.module.role == "served"

    @property
    def test(self) -> bool:
        """Is it part of the tests alone?"""
        return self.module.role == "test"

    def shown(self, node: ast.AST | None, scope: Scope) -> str:
        """A short way to write an expression."""
        return shown(self.module, node, scope)

    def called(self, mention: Mention) -> str:
        """A mention as it is written, with its arguments where it is called."""
        return self.shown(mention.call or mention.node, mention.scope)

    def fact(self, rule: Rule, node: ast.AST, scope: Scope, what: str, says: str) -> Fact:
        """A fact of a place in the module. `what` is part of the key, and `says` continues a
        sentence that begins with the function."""
        where = self.module.path + (f": {scope.name}" if scope.name else "")
        place = Place(self.module.path, getattr(node, "lineno", 1))
        return Fact(rule, f"{where}: {what}", says, place)


Family = Callable[[Reading], Iterator[Fact]]
"""What finds the facts of one family of rules in a module."""


@lru_cache(maxsize=65_536)
def matches(origin: str | None, *names: str) -> bool:
    """Is a dotted name one of these, or within one that ends with a point?"""
    if origin is None:
        return False
    return any(origin == each or (each[-1] == "." and origin.startswith(each)) for each in names)


def argument(call: ast.Call, position: int, *names: str) -> ast.expr | None:
    """An argument of a call, by its place or by one of its names."""
    for each in call.keywords:
        if each.arg in names:
            return each.value
    if 0 <= position < len(call.args):
        found = call.args[position]
        return found.value if isinstance(found, ast.Starred) else found
    return None


def tail(node: ast.AST) -> str:
    """The last name of a call's function, an attribute or a name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""

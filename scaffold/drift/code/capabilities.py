"""What the modules that the service runs are able to do: a census of dangerous means.

It asks what a module imports, calls and writes down, and not where values come from: what the rules
about flows lose sight of is still a means that the module did not have before. Means that most code
needs, such as HTTP, JSON, dates and the environment, are not counted.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.rule import Reading, hook
from scaffold.drift.code.secrets import entropy
from scaffold.drift.code.source import IMPORTERS, Module, Scope, import_base, tells_tenant
from scaffold.drift.database.tokens import Unreadable, statements
from scaffold.drift.facts import Fact, Place
from scaffold.drift.rule import Example, Rule
from scaffold.drift.verdict import Names

_PATH: Final = "hooks/parcel.py"
CAPABLE: Final = Rule(
    id="SCF348",
    name="capability-gained",
    severity="high",
    controls=("API-1", "AZ-1"),
    layer="code",
    what="A dangerous means that a module which the service runs did not have: a driver of a "
    "database, formats and functions that run data as code, programs, sockets, changes of "
    "attributes by name, verification that is switched off, a handler that "
    "swallows every error, statements about the session, the tenant of an input, an id or a random "
    "text that is written down.",
    why="Whatever it is used for now, it is there, and the next line that uses it is not looked "
    "at any more. It is told apart from the rules about what the code does with it.",
    remedy="Do without it: a hook needs what it is given, and what computes.",
    example=Example(
        {_PATH: hook()},
        {_PATH: hook("", "import pickle")},
        {_PATH: hook("", "import json\nfrom datetime import UTC\nfrom decimal import Decimal")},
    ),
    order=Names(),
)
RULES: Final[tuple[Rule, ...]] = (CAPABLE,)

_PACKAGES: Final = {
    "a driver of a database": frozenset(
        {"asyncpg", "psycopg", "psycopg2", "psycopg_pool", "sqlalchemy", "sqlmodel", "aiopg"}
        | {"pg8000", "psqlpy", "databases", "tortoise", "peewee", "records", "sqlite3"}
        | {"adbc_driver_postgresql", "connectorx"}
    ),
    "data as code": frozenset(
        {"pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "joblib"}
        | {"ctypes", "cffi", "code", "codeop", "runpy", "imp"}
    ),
    "programs": frozenset({"subprocess", "pty", "pexpect", "multiprocessing", "sh", "plumbum"}),
    "sockets": frozenset({"socket", "socketserver", "telnetlib", "ftplib", "paramiko", "pwn"}),
    "memory of others": frozenset({"gc", "mmap"}),
}
"""Packages by what they are a means of."""
_CALLED: Final = {
    "data as code": frozenset({"eval", "exec", "compile", "__import__"}),
    "attributes by name": frozenset({"setattr", "delattr", "globals"}),
}
"""Names that are built in, by what they are a means of."""
_ATTRIBUTES: Final = {
    "attributes by name": frozenset({"__setattr__", "__dict__", "__class__", "__globals__"}),
    "programs": frozenset({"popen", "execv", "execve", "execvp", "spawnv", "posix_spawn"}),
}
_VERIFIES: Final = re.compile(
    r"verify|verify_\w+|check_hostname|cert_reqs|validate_cert\w*|ssl_verify|tls_verify"
)
_OFF: Final = frozenset({"CERT_NONE", "False", "None"})
_EVERY: Final = frozenset({"Exception", "BaseException"})
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RANDOM: Final = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9_+/=.-]{24,512}")
RANDOMNESS: Final = 4.0
"""Bits for each character, from which a text counts as random: those of hexadecimal digits are
fewer."""
_MAX_SQL: Final = 20_000
_TENANTS: Final = frozenset({"tenant", "tenant_id", "organization_id", "organisation_id"})


def find(reading: Reading) -> Iterator[Fact]:
    """The one fact of a module that the service runs, if it has any such means."""
    if not reading.served:
        return
    found: dict[str, int] = {}
    for means, line in _means(reading.module):
        found[means] = min(line, found.get(means, line))
    if found:
        place = Place(reading.module.path, min(found.values()))
        value = ", ".join(sorted(found))
        yield Fact(CAPABLE, reading.module.path, value, place, frozenset(found))


def _means(module: Module) -> Iterator[tuple[str, int]]:
    yield from _imports(module)
    yield from _names(module)
    yield from _switches(module)
    yield from _handlers(module)
    yield from _texts(module)
    yield from _tenants(module)


def _imports(module: Module) -> Iterator[tuple[str, int]]:
    named: list[tuple[str, int]] = []
    for node, _ in module.of(ast.Import):
        if id(node) not in module.typing_only:
            named += ((each.name, node.lineno) for each in node.names)
    for taken, _ in module.of(ast.ImportFrom):
        if id(taken) not in module.typing_only:
            named.append((import_base(taken, module.path), taken.lineno))
    for call, scope in module.of(ast.Call):
        if module.origin(call.func, scope) in IMPORTERS:
            named.append((module.origin(call, scope) or "", call.lineno))
    for name, line in named:
        first = name.partition(".")[0]
        for means, packages in _PACKAGES.items():
            if first in packages:
                yield f"{means} ({first})", line


def _names(module: Module) -> Iterator[tuple[str, int]]:
    for name, scope in module.of(ast.Name):
        if scope.where(name.id) is None:
            for means, names in _CALLED.items():
                if name.id in names:
                    yield f"{means} ({name.id})", name.lineno
    for node, _ in module.of(ast.Attribute):
        for means, names in _ATTRIBUTES.items():
            if node.attr in names:
                yield f"{means} ({node.attr})", node.lineno


def _switches(module: Module) -> Iterator[tuple[str, int]]:
    """Verification that is said to be off: by an argument, a key or an attribute."""
    for call, _ in module.of(ast.Call):
        for keyword in call.keywords:
            if keyword.arg and _VERIFIES.fullmatch(keyword.arg) and _is_off(keyword.value):
                yield f"verification off ({keyword.arg})", keyword.value.lineno
    for item, _ in module.of(ast.Dict):
        for key, value in zip(item.keys, item.values, strict=True):
            name = key.value if isinstance(key, ast.Constant) else None
            if isinstance(name, str) and _VERIFIES.fullmatch(name) and _is_off(value):
                yield f"verification off ({name})", value.lineno
    for assigned, _ in module.of(ast.Assign):
        for target in assigned.targets:
            name = target.attr if isinstance(target, ast.Attribute) else ""
            if _VERIFIES.fullmatch(name) and _is_off(assigned.value):
                yield f"verification off ({name})", assigned.lineno


def _is_off(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None or node.value is False or node.value == 0
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in _OFF


def _handlers(module: Module) -> Iterator[tuple[str, int]]:
    """Handlers of every error that let none of them go on."""
    for node, _ in module.of(ast.ExceptHandler):
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        every = any(each is None or _last(each) in _EVERY for each in kinds)
        if every and not any(isinstance(each, ast.Raise) for each in ast.walk(node)):
            yield "swallows every error", node.lineno
    for call, _ in module.of(ast.Call):
        if _last(call.func) == "suppress" and any(_last(each) in _EVERY for each in call.args):
            yield "swallows every error", call.lineno


def _last(node: ast.AST | None) -> str:
    return node.attr if isinstance(node, ast.Attribute) else str(getattr(node, "id", ""))


def _texts(module: Module) -> Iterator[tuple[str, int]]:
    for node, _ in module.of(ast.Constant):
        text = node.value
        if not isinstance(text, str) or len(text) < 8:
            continue
        if _UUID.fullmatch(text):
            yield "an id that is written down", node.lineno
        elif _RANDOM.fullmatch(text) and entropy(text) >= RANDOMNESS:
            yield "a random text that is written down", node.lineno
        elif len(text) <= _MAX_SQL and " " in text:
            for means in _commands(text):
                yield means, node.lineno


def _commands(text: str) -> Iterator[str]:
    """What a text says of the session, if it is SQL from its first word to its last."""
    first = text.lstrip().partition(" ")[0].lower()
    more = ";" in text or "set_config" in text
    if first not in ("set", "grant", "revoke") and not more:
        return
    try:
        found = statements(text)
    except Unreadable:
        return
    for each in found:
        words = each.words
        rest = words[2:] if words[1:2] in (("local",), ("session",)) else words[1:]
        sets = words[0] == "set" and (
            (rest[:1] == ("role",) and len(rest) == 2)
            or rest[:2] == ("session", "authorization")
            or (len(rest) >= 3 and bool({"=", "to"} & {*rest[1:4]}))
        )
        if sets or (words[0] == "select" and "set_config" in words):
            yield "settings of the session"
        elif words[0] in ("grant", "revoke") and {"on", "to", "from"} & {*words}:
            yield "rights of the database"


def _tenants(module: Module) -> Iterator[tuple[str, int]]:
    """Tenants of what a function is given, other than by the service."""
    for node, scope in module.of(ast.Attribute):
        if node.attr in _TENANTS and _is_given(node.value, scope):
            yield "the tenant of an input", node.lineno
    for item, scope in module.of(ast.Subscript):
        key = item.slice
        if isinstance(key, ast.Constant) and key.value in _TENANTS and _is_given(item.value, scope):
            yield "the tenant of an input", item.lineno


def _is_given(node: ast.expr, scope: Scope) -> bool:
    """Is it an argument, or a part of one, that is annotated as no word of the service?"""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    where = scope.where(node.id) if isinstance(node, ast.Name) else None
    if where is None or not isinstance(node, ast.Name) or node.id not in where.parameters:
        return False
    # Read here once more: what is found here is to be found without the flow of values.
    annotation = where.parameters[node.id].annotation
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    said = annotation.value if isinstance(annotation, ast.Constant) else _last(annotation)
    known = str(said).partition("[")[0].rpartition(".")[2]
    ours = node.id in ("self", "cls", "action", "committed") or known.endswith("Row")
    return not ours and not tells_tenant(known)

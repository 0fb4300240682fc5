"""What the developer's code does on the database beside what a hook is given.

A hook is given a reader, which PostgreSQL holds to reading, and the rows that its action touches.
SQL is recognised in constant texts, also where they are put together; not in texts that come from
files, from the environment or from other services.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.rule import Reading, argument, hazard, in_file, in_hook, matches, tail
from scaffold.drift.code.source import Scope
from scaffold.drift.code.values import HOLE, Folded, digest, fold, quoted
from scaffold.drift.database.expression import spelled
from scaffold.drift.database.tokens import (
    NAME,
    TEXT,
    Statement,
    Unreadable,
    statements,
    text_of,
)
from scaffold.drift.facts import Fact, Place
from scaffold.drift.rule import Rule

CONNECTION: Final = hazard(
    "SCF301",
    "own-connection",
    "critical",
    "AZ-3",
    what="A connection, a pool or an engine of a database driver, anywhere but in tests.",
    why="The connection that a hook is given is bound to the tenant and the caller, reads "
    "only, and is part of the action's transaction. Another one is bound to nothing, and "
    "with the owner's address it passes row-level security.",
    remedy="Use action.connection to read, and action.rows to write what the action touches.",
    example=in_hook(
        'own = await asyncpg.connect(os.environ["OWNER_DATABASE_URL"])\nawait own.close()',
        'total = await action.connection.fetchval("select 1")\nassert total is not None',
        "import os\n\nimport asyncpg",
        "",
    ),
)
AUTHORITY: Final = hazard(
    "SCF302",
    "session-authority",
    "critical",
    "AZ-3",
    what="SQL that changes the role, the settings or the transaction of a session, rights, or "
    "row-level security; and SQL that reaches files, programs or other servers.",
    why="The tenant and the caller are settings of the transaction, and policies read them. "
    "Who sets them, or leaves the role of the service, reads and writes the rows of every "
    "tenant.",
    remedy="Read through action.connection as it is. What the tables and their rights are is "
    "said in scaffold.yaml.",
    example=in_hook(
        "await action.connection.fetchval(\"select set_config('app.tenant_id', "
        '$1, true)", data.to)',
        'await action.connection.fetchval("select current_date")',
    ),
)
COMPOSED: Final = hazard(
    "SCF303",
    "composed-sql",
    "critical",
    "AZ-3",
    what="A statement whose text is put together from values that are not constant.",
    why="Whoever chooses a part of the text of a statement chooses what it does: SQL "
    "injection (CWE-89).",
    remedy="Write the statement as a constant, and give values as parameters: $1, $2.",
    example=in_hook(
        'await action.connection.fetch(f"select id from invoicing.payment where tenant_id = $1 and '
        "note = '{data.note}'\", action.tenant_id)",
        'await action.connection.fetch("select id from invoicing.payment where tenant_id = $1 and '
        'note = $2", action.tenant_id, data.note)',
    ),
)
WRITES: Final = hazard(
    "SCF304",
    "writes-past-rows",
    "high",
    "API-4",
    "AZ-6",
    what="SQL that writes rows or changes tables.",
    why="What is written past the functions of the service has no version, no audit event and "
    "no declared bound.",
    remedy="Say in `touches` of the action which rows it writes, and write them with action.rows.",
    example=in_hook(
        'await action.connection.fetch("update invoicing.payment set amount = 0 where tenant_id = '
        '$1", action.tenant_id)',
        'await action.connection.fetch("select amount from invoicing.payment where tenant_id = '
        '$1 for update", action.tenant_id)',
    ),
)
UNBOUND: Final = hazard(
    "SCF305",
    "query-without-tenant",
    "high",
    "AZ-3",
    what="A query of the service's tables that compares no tenant_id, or that has a condition "
    "which is always true.",
    why="Row-level security is then the one thing between the tenants; each query has to "
    "carry the tenant as well.",
    remedy="Compare tenant_id with a parameter, and give it action.tenant_id.",
    example=in_hook(
        'await action.connection.fetchval("select count(*) from invoicing.payment")',
        'await action.connection.fetchval("select count(*) from invoicing.payment where '
        'tenant_id = $1", action.tenant_id)',
    ),
)
FILES: Final = hazard(
    "SCF306",
    "sql-file",
    "high",
    "AZ-3",
    "GEN-2",
    what="A file of SQL beside the migrations that changes roles, rights, policies or settings.",
    why="What is run on the database by hand is in no migration, and nobody compares it with "
    "the spec.",
    remedy="Change scaffold.yaml, and let the tool write the migration.",
    example=in_file(
        "scripts/fix.sql",
        None,
        "alter table invoicing.invoice disable row level security;\n",
        "select count(*) from invoicing.invoice;\n",
    ),
)
RULES: Final[tuple[Rule, ...]] = (CONNECTION, AUTHORITY, COMPOSED, WRITES, UNBOUND, FILES)

DRIVERS: Final = (
    *("asyncpg.connect", "asyncpg.create_pool", "asyncpg.Pool", "asyncpg.Connection"),
    *("asyncpg.connection.", "asyncpg.pool.", "asyncpg.connect_utils."),
    *("psycopg.connect", "psycopg.Connection.connect", "psycopg.AsyncConnection.connect"),
    *("psycopg2.connect", "psycopg2.pool.", "psycopg_pool.", "psycopg2cffi.connect"),
    *("sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine"),
    *("sqlalchemy.ext.asyncio.async_engine_from_config", "sqlalchemy.engine_from_config"),
    *(
        "sqlalchemy.engine.create_engine",
        "sqlalchemy.create_pool_from_url",
        "sqlmodel.create_engine",
    ),
    *("aiopg.connect", "aiopg.create_pool", "aiopg.sa.create_engine", "pg8000.", "psqlpy."),
    *("databases.Database", "tortoise.Tortoise.init", "peewee.PostgresqlDatabase", "edgedb."),
    *("records.Database", "pony.orm.Database", "connectorx.read_sql", "adbc_driver_postgresql."),
)
_CLASSES: Final = ("asyncpg.Connection", "asyncpg.Pool")
"""Names that annotations have as well: they count where they are called or lead on."""
OWNER_VARIABLES: Final = re.compile(
    r"^(OWNER|WORKER|ADMIN|BACKUP|MIGRATION)?_?DATABASE_URL$|^PGPASS"
)

METHODS: Final = frozenset(
    {"fetch", "fetchrow", "fetchval", "fetchmany", "execute", "executemany", "prepare", "cursor"}
    | {"fetch_all", "fetch_one", "fetch_val", "exec_driver_sql", "scalar", "scalars", "text"}
    | {"copy_from_query"}
)
_COMMENT: Final = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_NAME: Final = r'"?[a-z_][\w$]*"?(?:\."?[a-z_][\w$]*"?)?'
_SETTING: Final = (
    r"(?:row_security|session_replication_role|search_path|role|statement_timeout"
    rf"|{_NAME}\.{_NAME})"
)
_AUTHORITY: Final = re.compile(
    r"\bset\s+(?:local\s+|session\s+)?role\s+(?:to\s+)?['\"\w\x00]+\s*(?:;|$)"
    r"|\bset\s+(?:local\s+|session\s+)?session\s+authorization\b"
    r"|\bset_config\s*\("
    rf"|\bset\s+(?:local\s+|session\s+)?{_SETTING}\s*(?:=|\bto\b)"
    rf"|\breset\s+(?:session\s+authorization|{_SETTING})\s*(?:;|$)"
    r"|\breset\s+all\s*(?:;|$)|\bdiscard\s+(?:all|temp|plans|sequences)\s*(?:;|$)"
    r"|\brow_security\b|\bsession_replication_role\b"
    r"|\b(?:disable|no\s+force|enable|force)\s+row\s+level\s+security\b|\bsecurity\s+definer\b"
    r"|\b(?:bypassrls|nobypassrls|superuser|createrole)\b"
    r"|\b(?:enable|disable)\s+(?:always\s+|replica\s+)?(?:trigger|rule)\b"
    r"|\b(?:create|alter|drop)\s+(?:or\s+replace\s+)?(?:role|user|policy|trigger|function|procedure"
    r"|extension|server|publication|subscription|event\s+trigger)\s+[\w\".\x00]+"
    r"|\balter\s+(?:default\s+privileges|system|database)\b|\bowner\s+to\s+\w"
    r"|\b(?:grant|revoke)\s+[\w\s,()\".\x00]+?\s(?:on|to|from)\s+[\w\".\x00]"
    r"|\breassign\s+owned\b"
    r"|\bcopy\b.*\b(?:program|from\s+'|to\s+')"
    r"|\b(?:dblink\w*|lo_import|lo_export|pg_read_(?:binary_)?file|pg_ls_dir|pg_stat_file"
    r"|pg_execute_server_program|query_to_xml|pg_terminate_backend|pg_logical_emit_message)\s*\("
)
_TRANSACTION: Final = re.compile(
    r"(?:^|;)\s*(?:release\b|rollback\b|commit\b|savepoint\b|begin\b|end\b|abort\b"
    r"|start\s+transaction|set\s+transaction|set\s+session\s+characteristics|prepare\s+transaction"
    r"|set\s+constraints|lock\s+table|do\s+\$|do\s+')"
)
_ANY_STATEMENT: Final = re.compile(
    r"(?:^|;)\s*(?:select|with|insert|update|delete|merge|truncate|set|"
    r"reset|alter|create|drop|grant"
    r"|revoke|copy|discard|do|call|release|savepoint|begin|commit|rollback|lock|values|table"
    r"|explain|listen|notify)\s"
)
_WRITES: Final = re.compile(
    rf"\binsert\s+into\s+[\w\".\x00]|\bupdate\s+(?:only\s+)?(?:{_NAME}|"
    r"\x00)(?:\s+(?:as\s+)?\w+)?\s+set\s"
    r"|\bdelete\s+from\s+[\w\".\x00]|\btruncate\s+(?:table\s+)?[\w\".\x00]|\bmerge\s+into\s"
    r"|\b(?:create|alter|drop)\s+(?:unlogged\s+|temp\w*\s+|"
    r"materialized\s+)?(?:table|view|index|schema"
    r"|sequence|type)\s+[\w\".\x00]"
)
_TRUE: Final = re.compile(
    r"\bor\s+(?:true\b|not\s+false\b|1\s*=\s*1|'(\w*)'\s*=\s*'\1'|tenant_id\s+is\s+not\s+null"
    r"|(?:\w+\.)?tenant_id\s*=\s*(?:\w+\.)?tenant_id)"
    r"|\b(?:where|and)\s+\(?\s*(?:\w+\.)?tenant_id\s*(?:<>|!=|"
    r"is\s+not\s+null|=\s*(?:\w+\.)?tenant_id"
    r"\s*(?:$|;|\)|and|or|order|group|limit))"
)
_TENANT: Final = re.compile(
    r"\btenant_id\s*(?:=|in\b)|=\s*(?:\w+\.)?tenant_id\b|\btenant_id\b[^=]*\)\s*(?:=|in\b)"
    r"|\busing\s*\([^)]*tenant_id"
)


def plain(sql: str) -> str:
    """A statement without comments, in lower case, its white space as single spaces."""
    return " ".join(_COMMENT.sub(" ", sql).lower().split())


def find(reading: Reading) -> Iterator[Fact]:
    """The facts of a module."""
    if reading.test:
        return
    yield from _connections(reading)
    yield from _statements(reading)


def _connections(reading: Reading) -> Iterator[Fact]:
    for each in reading.mentions:
        store = f"{reading.module.package}.store.database.Database"
        if not matches(each.origin, *DRIVERS, store, f"{store}."):
            continue
        if each.origin in (*_CLASSES, store) and each.call is None:
            continue
        what = reading.called(each)
        yield reading.fact(
            CONNECTION, each.node, each.scope, what, f"opens a connection of its own: {what}"
        )
    for call, scope in reading.module.of(ast.Call):
        name = tail(call.func)
        key = argument(call, 0, "key")
        if name not in ("get", "getenv", "pop") or not isinstance(key, ast.Constant):
            continue
        yield from _address(reading, key, scope, call)
    for item, scope in reading.module.of(ast.Subscript):
        if reading.module.origin(item.value, scope) in ("os.environ", "os.environb"):
            yield from _address(reading, item.slice, scope, item)


def _address(reading: Reading, key: ast.expr, scope: Scope, node: ast.AST) -> Iterator[Fact]:
    name = fold(reading.module, key, scope).text
    if OWNER_VARIABLES.match(name):
        yield reading.fact(
            CONNECTION,
            node,
            scope,
            f"address {name}",
            f"reads the address of the database, {name}, from the environment",
        )


def _statements(reading: Reading) -> Iterator[Fact]:
    module = reading.module
    given: set[int] = set()
    for call, scope in module.of(ast.Call):
        if tail(call.func) not in METHODS:
            continue
        text = argument(call, 0, "query", "statement", "sql", "command")
        if text is None:
            continue
        found = fold(module, text, scope)
        mark(text, given)
        sql = plain(found.text)
        to_database = bool(_ANY_STATEMENT.search(sql)) or reading.flow.labels(call.func, scope)
        if not to_database:
            continue
        if found.holes and (found.text != HOLE or reading.flow.from_callers(text, scope)):
            yield reading.fact(
                COMPOSED,
                call,
                scope,
                f"composed {quoted(sql)}",
                f"puts a statement together: {quoted(found.text)}",
            )
        yield from _judged(reading, found, call, scope, whole=True)
    for node, scope in module.of(ast.BinOp, ast.Call, ast.JoinedStr, ast.Constant):
        if id(node) in given or not _may_be_sql(node):
            continue
        found = fold(module, node, scope)
        mark(node, given)
        if _ANY_STATEMENT.search(plain(found.text)):
            yield from _judged(reading, found, node, scope, whole=False)


def mark(node: ast.AST, given: set[int]) -> None:
    """Remembers that an expression, and all that it consists of, is judged."""
    if isinstance(node, ast.Constant | ast.Name):
        given.add(id(node))
    else:
        given.update(id(each) for each in ast.walk(node))


def _may_be_sql(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and len(node.value) > 8 and " " in node.value.strip()
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in ("join", "format")
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod)
    )


def _judged(
    reading: Reading, found: Folded, node: ast.AST, scope: Scope, *, whole: bool
) -> Iterator[Fact]:
    sql = plain(found.text)
    told = quoted(sql)
    if not whole and sql.count(" ") < 2 and "(" not in sql:
        return  # two words that no statement is made of here
    if _AUTHORITY.search(sql) or (whole and _TRANSACTION.search(sql)):
        says = f"changes roles, settings, rights or the transaction: {told}"
        yield reading.fact(AUTHORITY, node, scope, f"{told} #{digest(sql)}", says)
    elif _WRITES.search(sql):
        says = f"writes with SQL of its own: {told}"
        yield reading.fact(WRITES, node, scope, f"{told} #{digest(sql)}", says)
    elif whole or reading.served:
        tables = rf"\b(?:from|join)\s+(?:only\s+)?\"?{re.escape(reading.module.package)}\"?\."
        if re.search(tables, sql) and (not _TENANT.search(sql) or _TRUE.search(sql)):
            says = f"reads rows without comparing the tenant: {told}"
            yield reading.fact(UNBOUND, node, scope, f"{told} #{digest(sql)}", says)


def sql_file(path: str, text: str) -> Iterator[Fact]:
    """The facts of a file of SQL that is not generated.

    Texts are data, but for those that PostgreSQL runs: bodies, and what a function is given. A file
    that cannot be read as SQL, such as a script of psql, is judged by its words alone.
    """
    try:
        found = [(each.line, _commanded(each)) for each in statements(text)]
    except Unreadable:
        found = [*_roughly(text)]
    for line, sql in found:
        if sql and _AUTHORITY.search(sql):
            says = f"changes roles, settings, rights or policies: {quoted(sql)}"
            yield Fact(FILES, f"{path}: {quoted(sql)} #{digest(sql)}", says, Place(path, line))


def _commanded(statement: Statement) -> str:
    """A statement on one line, in lower case, without the texts in it that are data."""
    runs = _runs(statement.words)
    called: list[bool] = []
    words: list[str] = []
    for at, (word, kind) in enumerate(zip(statement.words, statement.kinds, strict=True)):
        if word in ("(", "["):
            before = at > 0 and statement.kinds[at - 1] == NAME
            calls = before and statement.words[at - 1] not in _NO_CALLS
            called.append(calls or any(called[-1:]))
        elif word in (")", "]") and called:
            called.pop()
        if kind != TEXT:
            words.append(word)
        else:
            words.append(_body(word) if runs or any(called[-1:]) else "'...'")
    return " ".join(spelled(words).lower().split())


def _runs(words: tuple[str, ...]) -> bool:
    """Is a text in a statement run, or does it name a role or a file?"""
    if words[0] in ("do", "copy", "set", "prepare", "call") or "execute" in words:
        return True
    return words[0] == "create" and bool({"function", "procedure"} & {*words[1:4]})


def _body(word: str) -> str:
    """A text that is run, without the comments in it."""
    try:
        return f"'{' ; '.join(spelled(each.words) for each in statements(text_of(word)))}'"
    except Unreadable:
        return word


_NO_CALLS: Final = frozenset(
    {"values", "in", "and", "or", "not", "where", "when", "then", "else", "case", "check", "on"}
    | {"set", "select", "as", "using", "any", "all", "some", "array", "having", "by", "return"}
)
"""Words in front of parentheses that are no call."""


def _roughly(text: str) -> Iterator[tuple[int, str]]:
    """The statements of a file that is no plain SQL, with their lines."""
    bare = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text).lower()
    line = 1
    for statement in bare.split(";"):
        begins = line + statement[: len(statement) - len(statement.lstrip())].count("\n")
        line += statement.count("\n")
        yield begins, " ".join(statement.split())

"""The one place where values of a schema become SQL text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from scaffold.database.layout import STEP, WIDTH, Group, Sql, flat, lay, listed, parenthesized
from scaffold.database.schema import (
    Check,
    Column,
    Composite,
    ForeignKey,
    Function,
    Grant,
    Index,
    Parameter,
    Policy,
    Table,
    View,
)

SELF = "set search_path from current"
"""A function finds what it names in the schemas of its release, whoever calls it.

Each call saves and restores the setting, which costs as much as a statement. An inner function goes
without: whoever calls it has done so.
"""

PREFER_VARIABLES = "#variable_conflict use_variable"


def comment(text: str) -> str:
    """Lines of a comment."""
    return "\n".join(f"-- {line}" for line in wrap(text, WIDTH - 4))


def table(found: Table) -> str:
    """The statement that creates a table; what refers to other tables comes later."""
    lines = [column(each) for each in found.columns]
    lines += [
        lay(Group((f"constraint {each.name} unique", listed(each.columns)), " "), 2)
        for each in found.unique
    ]
    lines += [check(each) for each in found.checks]
    lines.append(f"primary key ({', '.join(found.primary_key)})")
    body = ",\n  ".join(lines)
    return f"{comment(found.comment)}\ncreate table {found.name} (\n  {body}\n);\n"


def tables(found: Sequence[Table]) -> str:
    """The statements that create tables, each protected, and then what refers to others."""
    parts = [table(each) + (protection(each) if each.tenant else "") for each in found]
    keys = (foreign_key(each.name, key) for each in found for key in each.foreign_keys)
    return "\n".join([*parts, "".join(keys)])


def protection(found: Table) -> str:
    """Row-level security, which binds the owner too: without a policy, nobody sees a row."""
    return (
        f"alter table {found.name} enable row level security;\n"
        f"alter table {found.name} force row level security;\n"
    )


def column(found: Column) -> str:
    """A column as a table is created with it, without its bound."""
    parts = [found.name, found.sql]
    if not found.nullable:
        parts.append("not null")
    if found.default:
        parts.append(f"default {found.default}")
    return " ".join(parts)


def check(found: Check) -> str:
    """The bound of a column, as a constraint; it may be part of a line that is two deep."""
    head = f"constraint {found.name} check"
    line = f"{head} ({flat(found.expression)})"
    if len(line) + 3 <= WIDTH:
        return line
    return f"{head}\n    ({lay(found.expression, 5, 2)})"


def foreign_key(owner: str, found: ForeignKey) -> str:
    """The statement that adds a reference."""
    return (
        f"alter table {owner} add constraint {found.name}\n"
        f"  foreign key ({', '.join(found.columns)})\n"
        f"  references {found.table} ({', '.join(found.targets)});\n"
    )


def index(found: Index) -> str:
    """The statement that creates an index while others write."""
    columns = lay(listed(found.columns), 2, 1)
    return f"create index concurrently if not exists {found.name} on {found.table}\n  {columns};\n"


def policy(found: Policy, role: str) -> str:
    """The statement that creates a policy."""
    mode = "restrictive" if found.restrictive else "permissive"
    head = f"create policy {found.name} on {found.table} as {mode} for {found.command} to {role}"
    lines = [head]
    if found.using:
        lines.append(f"  using {lay(parenthesized(found.using), 8, 1)}")
    if found.check:
        lines.append(f"  with check {lay(parenthesized(found.check), 13, 1)}")
    return "\n".join(lines) + ";\n"


def grant(found: Grant, role: str) -> str:
    """The statement that grants what the service needs of a table, column by column."""
    verbs: list[Sql] = [
        name
        for name, given in (
            ("select", found.select),
            ("insert", found.insert),
            ("delete", found.delete),
        )
        if given
    ]
    if found.update:
        verbs.append(listed(found.update, "update ("))
    return _granted(lay(Group(tuple(verbs), ", "), 6), f"on {found.table} to {role}")


def readable(tables: Iterable[str], role: str) -> str:
    """The statement that lets a role read whole tables."""
    return _granted(f"select on {lay(Group(tuple(tables), ', '), 16)}", f"to {role}")


def _granted(what: str, whom: str) -> str:
    last = what.rpartition("\n")[2]
    return f"grant {what}{' ' if len(last) + len(whom) + 8 < WIDTH else chr(10) + '  '}{whom};\n"


def view(found: View) -> str:
    """The statement that creates a view."""
    return (
        f"{comment(found.comment)}\n"
        f"create or replace view {found.name} with (security_invoker = true) as {found.query};\n"
    )


def composite(found: Composite) -> str:
    """The statement that creates a type; run again, it leaves the one that is there."""
    members = lay(listed(_typed(each) for each in found.members), 18 + len(found.name), 1)
    return (
        f"{comment(found.comment)}\ndo $$\nbegin\n"
        f"  create type {found.name} as {members};\n"
        "exception when duplicate_object then null;\nend $$;\n"
    )


def function(found: Function, *, prefer_variables: bool = False) -> str:
    """The statement that creates a function.

    With `prefer_variables`, some column may be called like a variable of it: columns are written
    with their table, so that a bare name is the variable.
    """
    returns = f"returns {found.returns}" if found.returns else ""
    path = "" if found.inner else SELF
    kind = ("language", found.language, found.volatility, path, "as $$")
    tail = " ".join(filter(None, (returns, *kind)))
    given = [
        *(f"{_declared(each)}," for each in found.parameters),
        *(f"out {_typed(each)}," for each in found.results),
    ]
    opening = f"create or replace function {found.name}("
    if given:
        given[-1] = f"{given[-1][:-1]})"
    else:
        opening += ") "
    head = lay(Group((*given, tail), " ", opening), 0, 0, -STEP)
    source = source_of(found, prefer_variables=prefer_variables)
    return f"{comment(found.comment)}\n{head}{source}$$;\n"


def source_of(found: Function, *, prefer_variables: bool) -> str:
    """The text of a function as PostgreSQL keeps it: what stands between the dollar signs."""
    body = found.body.strip()
    prefers = prefer_variables and found.language == "plpgsql"
    return f"\n{PREFER_VARIABLES}\n{body} " if prefers else f"\n{body} "


def _declared(found: Parameter) -> str:
    return f"{_typed(found)} default {found.default}" if found.default else _typed(found)


def _typed(found: Parameter) -> str:
    return f"{found.name} {found.type}"

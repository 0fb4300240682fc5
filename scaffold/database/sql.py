"""PostgreSQL's lexical rules: identifiers and literals."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

# The reserved key words of PostgreSQL 15 to 18 (appendix C of its manual), plus those that
# may not be a column, table or function name.
KEY_WORDS = """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit
    boolean both case cast char character check coalesce collate collation column concurrently
    constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user dec decimal default deferrable desc distinct do else end except
    exists extract false fetch float for foreign freeze from full grant greatest group grouping
    having ilike in initially inner inout int integer intersect interval into is isnull join
    json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
    json_serialize json_table json_value lateral leading least left like limit localtime
    localtimestamp merge_action national natural nchar none normalize not notnull null nullif
    numeric offset on only or order out outer overlaps overlay placing position precision primary
    real references returning right row select session_user setof similar smallint some substring
    symmetric system_user table tablesample then time timestamp to trailing treat trim true union
    unique user using values varchar variadic verbose when where window with xmlattributes
    xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize
    xmltable
"""
RESERVED = frozenset(KEY_WORDS.split())
SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
"""The columns that every table of PostgreSQL has (section 5.6 of its manual)."""


def identifier(name: str) -> str:
    """A name as an SQL identifier, quoted where PostgreSQL would take it for a key word."""
    return f'"{name}"' if name in RESERVED else name


def literal(value: str | int | bool) -> str:
    """A value as an SQL literal; `standard_conforming_strings` is on since PostgreSQL 9.1.

    A dollar sign is escaped: the literal may stand in a dollar-quoted body, which it must
    not end.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    quoted = value.replace("'", "''")
    if "$" in quoted:
        return "E'" + quoted.replace("\\", "\\\\").replace("$", "\\x24") + "'"
    return f"'{quoted}'"


def array(values: Iterable[str]) -> str:
    """Text values as an array."""
    found = ", ".join(literal(value) for value in values)
    return f"array[{found}]" if found else "array[]::text[]"


def named(*parts: str) -> str:
    """A derived name within PostgreSQL's 63 bytes; a longer one ends in its own digest."""
    name = "_".join(parts)
    return name if len(name) <= 63 else apart(name, name)


def apart(name: str, *what: str) -> str:
    """A name for `what`, where something else would be called `name` too."""
    return f"{name[:54]}_{hashlib.sha256(' '.join(what).encode()).hexdigest()[:8]}"

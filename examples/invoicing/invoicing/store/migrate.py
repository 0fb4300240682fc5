"""Brings a database to this release: the migrations in order, then the stored functions.

Run as `python -m invoicing.store.migrate` with OWNER_DATABASE_URL, the URL of the role that
owns the tables. A migration that was applied is history: its digest is kept, and a change of
its text is refused. Stored functions are named by their content: those of the last release
stay until `--prune`.
"""

import argparse
import asyncio
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg

from invoicing.store.statements import FUNCTIONS

HERE = Path(__file__).parent
LOCK = 0x5CAF01D
LEDGER = """
create table if not exists invoicing.schema_migration (
  name text primary key,
  digest text not null,
  applied_at timestamptz not null default now()
)
"""
STRANGERS = """
select p.oid::regprocedure::text as signature
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where n.nspname = $1 and p.proname ~ '_[0-9a-f]{8}$' and not p.proname = any ($2::text[])
"""


class MigrationError(RuntimeError):
    """The database and the migrations do not fit; the message says which."""


async def migrate(connection: "asyncpg.Connection[Any]") -> list[str]:
    """Applies what is missing, in one transaction each; returns the names of what was applied."""
    applied: list[str] = []
    await connection.execute("select pg_advisory_lock($1)", LOCK)
    try:
        await connection.execute(LEDGER)
        rows = await connection.fetch(
            "select name, digest from invoicing.schema_migration"
        )
        known = {row["name"]: row["digest"] for row in rows}
        chain = ""
        for path in sorted((HERE / "migrations").glob("*.sql")):
            text = path.read_text(encoding="utf-8")
            chain = hashlib.sha256(f"{chain}{text}".encode()).hexdigest()
            if path.name in known:
                if known[path.name] != chain:
                    raise MigrationError(
                        f"{path.name} was changed after it had been applied."
                    )
                continue
            async with connection.transaction():
                await connection.execute(text)
                await connection.execute(
                    "insert into invoicing.schema_migration (name, digest) values ($1, $2)",
                    path.name,
                    chain,
                )
            applied.append(path.name)
        async with connection.transaction():
            for path in sorted((HERE / "functions").glob("*.sql")):
                await connection.execute(path.read_text(encoding="utf-8"))
            await connection.execute(
                "revoke all on all functions in schema invoicing from public;"
                "grant execute on all functions in schema invoicing to invoicing_app"
            )
    finally:
        await connection.execute("select pg_advisory_unlock($1)", LOCK)
    return applied


async def prune(connection: "asyncpg.Connection[Any]") -> list[str]:
    """Drops the stored functions that this release does not call."""
    rows = await connection.fetch(STRANGERS, "invoicing", list(FUNCTIONS))
    for row in rows:
        await connection.execute(f"drop function {row['signature']}")
    return [row["signature"] for row in rows]


async def _main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Bring the database to this release.")
    parser.add_argument(
        "--prune", action="store_true", help="drop functions of older releases"
    )
    options = parser.parse_args(arguments)
    connection = await asyncpg.connect(os.environ["OWNER_DATABASE_URL"])
    try:
        for name in await migrate(connection):
            print(f"applied {name}")
        if options.prune:
            for signature in await prune(connection):
                print(f"dropped {signature}")
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(_main())

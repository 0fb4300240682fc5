"""The names that PostgreSQL keeps for itself, as PostgreSQL says them."""

import asyncio
from typing import Any

import asyncpg

from scaffold.database.sql import RESERVED, SYSTEM_COLUMNS


async def _asked(server: str, question: str) -> list[Any]:
    connection = await asyncpg.connect(server)
    try:
        return [row[0] for row in await connection.fetch(question)]
    finally:
        await connection.close()


def test_the_columns_of_every_table(postgres_server: str) -> None:
    question = (
        "select attname from pg_attribute where attrelid = 'pg_class'::regclass and attnum < 0"
    )
    assert set(asyncio.run(_asked(postgres_server, question))) == SYSTEM_COLUMNS


def test_no_key_word_is_missing(postgres_server: str) -> None:
    """Of those that cannot be a column, or a table, without quotes."""
    question = "select word from pg_get_keywords() where catcode in ('R', 'T')"
    assert set(asyncio.run(_asked(postgres_server, question))) <= RESERVED

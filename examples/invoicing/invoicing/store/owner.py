"""The connection of the role that owns the tables: for migrations and for administration."""

import os
from typing import Any, TypeAlias

import asyncpg

from invoicing.settings import DEVELOPMENT
from invoicing.store.transport import protected

Connection: TypeAlias = "asyncpg.Connection[Any]"


class Unreachable(RuntimeError):
    """There is no connection as the owner; the message says what to change."""


async def as_owner() -> Connection:
    """A connection as the role invoicing_owner, by OWNER_DATABASE_URL.

    Raises:
        Unreachable: it is not set, leads over a network without verified TLS, or nothing is there.
    """
    url = os.environ.get("OWNER_DATABASE_URL")
    if not url:
        raise Unreachable(
            "OWNER_DATABASE_URL is not set. Set it to the URL of the database, as invoicing_owner."
        )
    if os.environ.get("ENVIRONMENT") != DEVELOPMENT and not protected(url):
        raise Unreachable(
            "OWNER_DATABASE_URL leads over a network without verified TLS. Add sslmode=verify-full and "
            "sslrootcert, the file of your authority; or name a Unix socket or a loopback address."
        )
    try:
        return await asyncpg.connect(url)
    except (
        OSError,
        ValueError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
    ) as error:
        raise Unreachable(
            f"The database that OWNER_DATABASE_URL names cannot be reached: {said(error)}. "
            "Check the host, the database, the role and its password."
        ) from error


def said(error: Exception) -> str:
    """What an error says, as a part of a sentence."""
    return " ".join(str(error).split()).rstrip(".")

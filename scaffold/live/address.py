"""The URL of a database, and the connection that it leads to. Neither is ever printed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    import asyncpg

SCHEMES: Final = ("postgresql", "postgres")
LOCAL: Final = re.compile(r"/.*|(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")
"""A Unix socket, or a loopback address and a port, as they stand in the URL of a database."""
CONNECT_SECONDS: Final = 5
"""Until the server answers."""
CLOSE_SECONDS: Final = 2

FORM: Final = (
    "It has the form postgresql://ROLE:PASSWORD@HOST:PORT/DATABASE, where special characters of "
    "the password are percent-encoded; PGPASSWORD or PGPASSFILE can hold the password instead"
)


class LiveError(ValueError):
    """A database cannot be compared; the message says why and what to do."""


def check_url(url: str) -> None:
    """Refuses what is no URL of a PostgreSQL, and one that leads unprotected over a network.

    Raises:
        LiveError: it is refused. The message has no part of the URL, in which a password may be.
    """
    try:
        scheme = urlsplit(url).scheme
        safe = protected(url)
    except ValueError:
        raise LiveError(f"The URL of --database-url cannot be read. {FORM}.") from None
    if scheme not in SCHEMES:
        raise LiveError(f"The URL of --database-url is not one of a PostgreSQL. {FORM}.")
    if not safe:
        raise LiveError(
            "The URL of --database-url leads over a network without verified TLS. Add "
            "sslmode=verify-full and sslrootcert, the file of your authority; or name a Unix "
            "socket or a loopback address."
        )


def protected(url: str) -> bool:
    """Does the URL ask for a connection that nobody on the network can read or change?

    It is what the emitted service demands of its own (`store/transport.py`).
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if options.get("sslmode") == "verify-full":
        return True
    before, at, behind = parts.netloc.partition("@")
    hosts = (behind if at else before) or options.get("host", "")
    return all(LOCAL.fullmatch(unquote(each)) for each in hosts.split(","))


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    """A connection to the database of a URL that was checked.

    Raises:
        LiveError: there is no driver, or the database cannot be reached.
    """
    try:
        import asyncpg
    except ImportError:
        raise LiveError(
            "scaffold check --database-url needs the package asyncpg, which is not installed "
            "beside scaffold: python -m pip install 'asyncpg>=0.32,<0.33'"
        ) from None
    try:
        # No statement is prepared by name, so that a pooler may stand between.
        connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS, statement_cache_size=0)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise LiveError(
            f"The database of --database-url cannot be reached: {_said(error)}. Check the host, "
            "the database, the role and its password."
        ) from None
    try:
        yield connection
    finally:
        try:
            await connection.close(timeout=CLOSE_SECONDS)
        except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
            connection.terminate()


@asynccontextmanager
async def rolled_back(connection: asyncpg.Connection[Any], begin: str) -> AsyncIterator[None]:
    """A transaction that `begin` begins, and of which nothing stays."""
    try:
        await connection.execute(begin)
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("rollback", timeout=CLOSE_SECONDS)


def _said(error: Exception) -> str:
    """What an error says; nothing where it may repeat a part of the URL."""
    match error:
        case TimeoutError():
            return f"it does not answer within {CONNECT_SECONDS} seconds"
        case OSError():
            return error.strerror or "the connection fails"
        case _ if getattr(error, "sqlstate", None):
            return " ".join(str(error).split()).rstrip(".")
    return f"the URL, or a file that it names, cannot be read. {FORM}"

"""The walk: a URL, a connection, what is expected, what is there, the differences."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scaffold.emission import Emission
from scaffold.live.address import LiveError, check_url, connected
from scaffold.live.compare import Comparison, Difference
from scaffold.live.progress import RUN
from scaffold.live.release import Release, release_of
from scaffold.live.state import is_migrated, owner_of, roles_of, state_of
from scaffold.live.twin import expected, prefix_of
from scaffold.tree.check import Finding

if TYPE_CHECKING:
    import asyncpg

ATTEMPTS: Final = 3
"""At reading while another session holds a table."""
SECONDS: Final = 60
"""For all of it; PostgreSQL itself bounds each statement."""


def check_database(project: Path, emission: Emission, url: str) -> list[Finding]:
    """Every difference between the database of a URL and what the spec of a project yields.

    Raises:
        LiveError: it cannot be reached, or be read.
    """
    release = release_of(project, emission.design, emission.files)
    return [Finding("database", title, said) for title, said in differences(release, url)]


def differences(release: Release, url: str) -> list[Difference]:
    """Every difference between the database of a URL and what a release makes.

    Raises:
        LiveError: it cannot be reached, or be read.
    """
    check_url(url)
    return asyncio.run(_bounded(release, url))


async def _bounded(release: Release, url: str) -> list[Difference]:
    try:
        async with asyncio.timeout(SECONDS), connected(url) as connection:
            return await _read(connection, release)
    except TimeoutError:
        raise LiveError(f"The database was not read within {SECONDS} seconds.") from None


async def _read(connection: asyncpg.Connection[Any], release: Release) -> list[Difference]:
    import asyncpg

    for attempt in range(ATTEMPTS):
        try:
            return await _differences(connection, release)
        except asyncpg.LockNotAvailableError:
            if attempt + 1 == ATTEMPTS:
                raise LiveError(
                    "Another session holds a lock on a table of the service: a migration, perhaps. "
                    "Nothing was compared. Run this again when it is done (see pg_locks)."
                ) from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise LiveError(_refused(error)) from None
    raise AssertionError


def _refused(error: Exception) -> str:
    import asyncpg

    said = " ".join(str(error).split()).rstrip(".")
    match error:
        case asyncpg.ReadOnlySQLTransactionError():
            return (
                "This is a standby, or a database that cannot be written: what is expected is made "
                "of temporary tables there. Give the URL of the primary."
            )
        case asyncpg.InsufficientPrivilegeError():
            return (
                f"The role of --database-url may not do this: {said}. Connect as the role whose "
                "name ends in _backup, or as the one in _owner; the database has to let it make "
                "temporary tables (grant temporary on database)."
            )
    return f"The database refused, or was lost: {said}. Nothing was changed. Run this again."


async def _differences(connection: asyncpg.Connection[Any], release: Release) -> list[Difference]:
    owner = await owner_of(connection, release)
    if owner is None:
        where = f"{release.package}/store/roles.sql"
        return [(f"schema {release.package}", f"is missing: have an administrator run {where}")]
    if not owner.endswith("_owner"):
        return [
            (
                f"schema {release.package}",
                f"has owner {owner}, and roles.sql makes a role whose name ends in _owner. Nothing "
                "else is compared",
            )
        ]
    roles = await roles_of(connection, release, owner)
    lost = [each for each in release.beside if each not in roles]
    if lost:
        where = f"have an administrator run {release.package}/store/roles.sql"
        return [(f"role {prefix_of(owner)}_{each}", f"is missing: {where}") for each in lost]
    if not await is_migrated(connection, release):
        return [(f"schema {release.package}", f"was never migrated: {RUN.format(release.package)}")]
    wanted = await expected(connection, release, owner)
    state = await state_of(connection, release, owner, roles)
    return Comparison(release, wanted, state).differences()

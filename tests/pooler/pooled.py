"""A plugin of pytest for an emitted project: its service connects through PgBouncer.

Two connections to PostgreSQL serve all of the service's, so that transactions of several callers
take turns on each.
"""

import asyncio
import importlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit, urlunsplit

import asyncpg
import pytest

PORT: Final = 6432
SECONDS: Final = 10
CONFIGURATION: Final = """
[databases]
* = host={socket} port={port}
[pgbouncer]
listen_addr =
listen_port = {own_port}
unix_socket_dir = {directory}
auth_type = trust
auth_file = {directory}/users
pool_mode = transaction
default_pool_size = 2
max_prepared_statements = 200
"""

_running: list["subprocess.Popen[bytes]"] = []


def _put_in_front() -> None:
    """Puts the pooler where the tests prepare their database, before anything has imported that."""
    module = importlib.import_module(f"{os.environ['PACKAGE']}.development.database")
    prepare = module.prepare

    async def pooled(admin: str, name: str) -> Any:
        database = await prepare(admin, name)
        return database._replace(app=await asyncio.to_thread(_start, database.app))

    module.prepare = pooled  # type: ignore[attr-defined]


def pytest_unconfigure() -> None:
    """Stops it, and says if it never served."""
    if not _running:
        raise pytest.UsageError("no test has connected through the pooler")
    for each in _running:
        each.terminate()
        each.wait(SECONDS)
        shutil.rmtree(str(each.args[-1]).rpartition("/")[0])  # type: ignore[index]


def _start(url: str) -> str:
    """Starts PgBouncer in front of a database; returns the URL through it."""
    parts = urlsplit(url)
    where = parse_qs(parts.query)
    directory = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    text = CONFIGURATION.format(
        socket=where["host"][0], port=where["port"][0], own_port=PORT, directory=directory
    )
    (directory / "users").write_text(f'"{parts.username}" "{unquote(parts.password or "")}"\n')
    (directory / "pgbouncer.ini").write_text(text)
    options: dict[str, Any] = {}
    if os.geteuid() == 0:  # it refuses to run as root
        nobody = pwd.getpwnam("nobody")
        options = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        for each in (directory, *directory.iterdir()):
            os.chown(each, nobody.pw_uid, nobody.pw_gid)
    log = (directory / "log").open("wb")
    process = subprocess.Popen(  # noqa: S603 - the program under test
        [os.environ["PGBOUNCER"], str(directory / "pgbouncer.ini")],
        stdout=log,
        stderr=log,
        **options,
    )
    _running.append(process)
    query = f"host={quote(str(directory))}&port={PORT}"
    pooled = urlunsplit(parts._replace(query=query))
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            asyncio.run(_try(pooled))
        except (OSError, asyncpg.PostgresError):
            said = (directory / "log").read_text()
            assert process.poll() is None and time.monotonic() < deadline, said
            time.sleep(0.1)
        else:
            return pooled


async def _try(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        assert await connection.fetchval("show statement_timeout") == "10s"
    finally:
        await connection.close()


_put_in_front()

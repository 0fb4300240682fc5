"""Runs emitted tests on PostgreSQL 15 to 18: `python -m tests.versions DIRECTORY`.

In the directory npm has installed what `package.json` names; 18 is the one that projects bring.
The exit code is 1 if a test failed anywhere.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from unittest.mock import patch

from tests import emitted

VERSIONS: Final = ("15", "16", "17", "18")
SERVICES: Final = ("invoicing", "recruiting")
SINCE_17: Final = '    "--locale-provider=builtin",\n    "--builtin-locale=C.UTF-8",\n'
"""Options of initdb in the development tools, which are for the version that comes with them."""
SECONDS: Final = 1800
"""For the tests of one service."""


def main() -> int:
    """Tries each service on each version; what fails is printed."""
    parser = argparse.ArgumentParser(prog="tests.versions")
    parser.add_argument("directory", type=Path, help="where npm has installed the servers")
    parser.add_argument("--only", choices=VERSIONS, help="one version")
    parser.add_argument("tests", nargs="*", default=["tests/contract"], help="which of the tests")
    given = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        services = [emitted.project(each, Path(scratch) / each) for each in SERVICES]
        for version in [given.only] if given.only else VERSIONS:
            with server(version, given.directory, Path(scratch) / f"server-{version}") as url:
                for service in services:
                    done = tested(service, url, given.tests)
                    failed |= emitted.told(f"PostgreSQL {version}  {service.name}", done)
    return int(failed)


@contextmanager
def server(version: str, directory: Path, target: Path) -> Iterator[str]:
    """The administrator's URL of a server of this version, which is asked for it."""
    host = emitted.invoicing(target)
    development = host / emitted.PACKAGE / "development"
    if version != VERSIONS[-1]:
        name = f"postgres-{version}-{platform()}"
        program = directory.resolve() / "node_modules" / name / "native" / "bin"
        if not (program / "postgres").exists():
            sys.exit(f"There is no PostgreSQL {version} in {program}. Run make test-postgres.")
        replace(development / "supervisor.py", SINCE_17, "")
        replace(development / "postgres.py", "= binaries()", f"= Path({str(program)!r})")
    with emitted.postgres(host) as url:
        shown = subprocess.run(  # noqa: S603 - this Python
            [sys.executable, "-c", ASKED, url], capture_output=True, text=True, check=True
        ).stdout
        assert shown.partition(".")[0] == version, shown
        yield url


ASKED: Final = """
import asyncio, asyncpg, sys
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    print(await connection.fetchval("show server_version"))
asyncio.run(main())
"""


def replace(file: Path, old: str, new: str) -> None:
    """Another text in place of one that is there."""
    text = file.read_text("utf-8")
    assert old in text, (file, old)
    file.write_text(text.replace(old, new), "utf-8")


def platform() -> str:
    """This machine, as npm calls it."""
    system, machine = os.uname().sysname.lower(), os.uname().machine
    return f"{system}-{'arm64' if machine in ('arm64', 'aarch64') else 'x64'}"


def tested(project: Path, url: str, tests: list[str]) -> subprocess.CompletedProcess[str]:
    """What pytest says of emitted tests on a server."""
    with patch.dict(os.environ, {"DEVELOPMENT_POSTGRES_URL": url, "PYTEST_ADDOPTS": ""}):
        return subprocess.run(  # noqa: S603 - this Python, on a project that was made here
            [sys.executable, "-m", "pytest", "-n", "2", "-rfE", "--tb=short", *tests],
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=SECONDS,
        )


if __name__ == "__main__":
    sys.exit(main())

"""Runs emitted tests behind PgBouncer in transaction mode: `python -m tests.pooler`.

There has to be a `pgbouncer` on the PATH, 1.21 or later: earlier ones do not know the prepared
statements of their clients. The exit code is 1 if a test failed, and 2 if there is none.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests import emitted

SERVICES: Final = ("invoicing", "recruiting")
LEAST: Final = (1, 21)
ELSEWHERE: Final = "test_development.py", "test_startup.py", "test_isolation.py", "test_leases.py"
"""What prepares databases itself, binds connections of its own, or asks which process of
PostgreSQL serves one."""
CROWDED: Final = "not test_slow_hooks_of_a_tenant_leave_room_for_others"
"""It holds more connections at a time than the pooler has."""


def main() -> int:
    """Tries each service; what fails is printed."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        print("There is no pgbouncer on the PATH. Install 1.21 or later.", file=sys.stderr)
        return 2
    version = subprocess.run(  # noqa: S603 - the program under test
        [program, "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"PgBouncer (\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) < LEAST:
        print(f"{program} is {version.partition(chr(10))[0]}: 1.21 is needed.", file=sys.stderr)
        return 2
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        for service in SERVICES:
            project = emitted.project(service, Path(scratch) / service)
            chosen = [f"--ignore=tests/contract/{each}" for each in ELSEWHERE]
            chosen += ["-n", "0", "-rfE", "--tb=short", "-p", "pooled", "-k", CROWDED]
            done = subprocess.run(  # noqa: S603 - this Python, on a project that was made here
                [sys.executable, "-m", "pytest", *chosen, "tests/contract"],
                cwd=project,
                env={
                    **os.environ,
                    "PGBOUNCER": program,
                    "PACKAGE": service,
                    "PYTHONPATH": f"{Path(__file__).parent}:{project}",
                    "PYTEST_ADDOPTS": "",
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            failed |= emitted.told(f"{version.partition(chr(10))[0]}  {service}", done)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

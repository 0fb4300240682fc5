"""Kills migrations at each of their statements; run as a process of its own in its project.

Each line of standard input is the URL of a database and the number of the statement at which the
run dies: that one is sent, and its answer is not waited for. With a 0 nothing dies. Each line is
answered by the exit code, or by the number of the signal with a minus sign.
"""

import asyncio
import os
import signal
import sys
from typing import Any

import asyncpg
from invoicing.store import migrate


def _mortal(number: int) -> None:
    """Makes statement `number` of this process its last one."""
    sent = 0

    def dying(method: Any) -> Any:
        async def statement(connection: Any, *arguments: Any, **options: Any) -> Any:
            nonlocal sent
            sent += 1
            running = asyncio.ensure_future(method(connection, *arguments, **options))
            if sent == number:
                await asyncio.sleep(0.005)
                os.kill(os.getpid(), signal.SIGKILL)
            return await running

        return statement

    for name in ("execute", "fetch", "fetchval"):
        setattr(asyncpg.Connection, name, dying(getattr(asyncpg.Connection, name)))


def main() -> None:
    migrate.PAUSE = 0.02  # type: ignore[misc]
    options = sys.argv[1:]
    for line in sys.stdin:
        os.environ["OWNER_DATABASE_URL"], number = line.split()
        child = os.fork()
        if child == 0:
            os.dup2(2, 1)
            _mortal(int(number))
            os._exit(asyncio.run(migrate._main(options)))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


main()

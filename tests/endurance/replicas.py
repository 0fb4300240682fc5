"""Processes of an emitted service, started by one that has loaded what they import.

This is a script: it runs in a project, and its arguments are the package and the ports. Each
process is a fork that begins where `uvicorn asgi:app` begins, and a new one follows whichever has
ended. A line of standard input is the number of the process to kill, and is answered by a line;
when there are no more, all of them end.
"""

import importlib
import os
import signal
import sys
import time

import asyncpg  # noqa: F401
import uvicorn
import uvloop  # noqa: F401

PAUSE = 0.05
"""Seconds: a process that finds no database ends at once."""


def serve(package: str, port: int) -> None:
    """Serves, as `uvicorn asgi:app --port ...` would; never returns."""
    for each in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)
    try:
        uvicorn.run(
            "asgi:app",
            port=port,
            http=f"{package}.server:Connection",
            access_log=False,
            server_header=False,
            log_level="warning",
        )
    finally:
        os._exit(1)


def main() -> None:
    """Keeps a process at each port."""
    package, *ports = sys.argv[1:]
    sys.path[0] = os.getcwd()
    importlib.import_module(f"{package}.app")
    running: dict[int, int] = {}

    def start(number: int) -> None:
        child = os.fork()
        if child == 0:
            serve(package, int(ports[number]))
        running[child] = number

    def follow(*_: object) -> None:
        while running and (ended := os.waitpid(-1, os.WNOHANG)[0]):
            time.sleep(PAUSE)
            start(running.pop(ended))

    # What the processes print goes to the log, and not between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    signal.signal(signal.SIGCHLD, follow)
    for number in range(len(ports)):
        start(number)
    for line in sys.stdin:
        for child, number in list(running.items()):
            if number == int(line):
                os.kill(child, signal.SIGKILL)
        print("killed", file=answers, flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for child in running:
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()

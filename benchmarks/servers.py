"""The server processes, each on the server core, and the CPU that each has used."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import ROOT
from benchmarks.bed import Bed
from benchmarks.processes import cpu_seconds

STOP_SECONDS: Final = 10
EMITTED: Final = "emitted"
IDIOMATIC: Final = "fastapi_sqlalchemy"
BARE: Final = "starlette_bare"
WEBHOOKS: Final = "webhook_bare"
SIGNING: Final = "whsec_b2YgZGV2ZWxvcG1lbnQsIGFuZCBvZiBub3RoaW5nIGVsc2U="
"""What signs events on a developer's machine, and nowhere else."""
PEERS: Final = (IDIOMATIC, BARE)
NAMES: Final = (EMITTED, *PEERS)


class Server(NamedTuple):
    """A running server."""

    name: str
    port: int
    process: "subprocess.Popen[bytes]"

    def cpu_seconds(self) -> float:
        """The CPU seconds that it has used so far."""
        return cpu_seconds(self.process.pid)

    def begin_profile(self) -> None:
        """Tells a server with a profile to begin to sample."""
        self.process.send_signal(signal.SIGUSR1)


def separate_cores() -> int | None:
    """Leaves one core to the servers and moves this process, and what it starts, to the others.

    Returns the core of the servers; None where there is only one, which all share then.
    """
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        return None
    os.sched_setaffinity(0, others)
    return first


@contextmanager
def server(name: str, bed: Bed, core: int | None, profile: Path | None = None) -> Iterator[Server]:
    """One of the services in a process of its own, for as long as the block lasts."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
        port = listening.getsockname()[1]
        output = stack.enter_context((bed.directory / f"{name}.log").open("wb"))
        process = stack.enter_context(
            subprocess.Popen(  # noqa: S603 - this repository's own module
                [*_command(name, bed, core, profile), "--socket", str(listening.fileno())],
                pass_fds=[listening.fileno()],
                stdout=output,
                env=_environment(name, bed),
            )
        )
        stack.callback(_stop, process)
        listening.close()  # a server that dies refuses connections instead of letting them wait
        yield Server(name, port, process)


def _command(name: str, bed: Bed, core: int | None, profile: Path | None) -> list[str]:
    command = [sys.executable, "-m", "benchmarks.serve"]
    if name == EMITTED:
        command += ["--emitted", "--app", bed.package]
    else:
        command += ["--app", f"benchmarks.peers.{name}"]
    if core is not None:
        command += ["--core", str(core)]
    if profile is not None:
        command += ["--profile", str(profile)]
    return command


def _environment(name: str, bed: Bed) -> dict[str, str]:
    """The peers are not made for row-level security, so they are whom it does not bind."""
    roots = (str(bed.directory), str(ROOT))
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(roots),
        "DATABASE_URL": bed.app if name == EMITTED else bed.peer,
        "KEY_SET": str(bed.key_set),
        "WEBHOOK_SECRET": SIGNING,
    }


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()

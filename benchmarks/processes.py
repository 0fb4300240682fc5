"""The CPU that processes have used: what the scheduler counted, not ticks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

NANOSECONDS: Final = 1_000_000_000
CLIENT: Final = b"[local]"
"""In the title of a PostgreSQL process that serves a connection on a Unix socket, and no other."""


def cpu_seconds(pid: int) -> float:
    """The CPU seconds that all threads of a process have used so far; 0 if it has ended."""
    spent = 0
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            spent += int((task / "schedstat").read_text().split()[0])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return spent / NANOSECONDS


def parent(pid: int) -> int:
    """The process that started this one. Raises FileNotFoundError if it has ended."""
    status = Path(f"/proc/{pid}/stat").read_text()
    return int(status.rpartition(")")[2].split()[1])


class DatabaseCpu(NamedTuple):
    """CPU seconds of a PostgreSQL: of the processes that serve connections, and of the others.

    The others write the log and the pages, and clean up: what they do for a request, they may do
    later.
    """

    backends: float
    background: float

    def since(self, before: "DatabaseCpu") -> "DatabaseCpu":
        """What was used after `before`."""
        return DatabaseCpu(self.backends - before.backends, self.background - before.background)


class DatabaseProcesses:
    """The processes of one PostgreSQL on this machine, which is reached by a Unix socket."""

    def __init__(self, backend: int) -> None:
        """`backend` is the process id of any of its connections."""
        self._postmaster = parent(backend)
        self._clients: dict[int, bool] = {}

    def cpu(self) -> DatabaseCpu:
        """The CPU that they have used so far."""
        backends = background = 0.0
        for pid in self._running():
            if self._serves(pid):
                backends += cpu_seconds(pid)
            else:
                background += cpu_seconds(pid)
        return DatabaseCpu(backends, background)

    def _running(self) -> Iterator[int]:
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    if parent(int(entry.name)) == self._postmaster:
                        yield int(entry.name)
                except (FileNotFoundError, ProcessLookupError):
                    continue

    def _serves(self, pid: int) -> bool:
        if pid not in self._clients:
            self._clients[pid] = CLIENT in Path(f"/proc/{pid}/cmdline").read_bytes()
        return self._clients[pid]

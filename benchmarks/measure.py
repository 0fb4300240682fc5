"""Rounds of slices: every server in turn, for a moment at a time, and the CPU that it takes."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from benchmarks.load import OPERATIONS, Client, Workload
from benchmarks.processes import DatabaseCpu, DatabaseProcesses
from benchmarks.servers import Server

SLICES: Final = 5
"""The parts of a server's time in a round. Machines change their speed within seconds:
what is compared has to happen within less."""
MICROSECONDS: Final = 1_000_000


class Sample(NamedTuple):
    """What one server did with one operation in one round, and the CPU seconds of it.

    `database_seconds` is what the processes of PostgreSQL used that serve connections, and
    `background_seconds` what its others used meanwhile.
    """

    operation: str
    round: int
    server: str
    requests: int
    server_seconds: float
    database_seconds: float
    background_seconds: float

    @property
    def rate(self) -> float:
        """Requests per CPU second of the server process."""
        return self.requests / self.server_seconds

    @property
    def server_cost(self) -> float:
        """Microseconds of CPU a request in the server process."""
        return self.server_seconds / self.requests * MICROSECONDS

    @property
    def database_cost(self) -> float:
        """Microseconds of CPU a request in PostgreSQL's connections."""
        return self.database_seconds / self.requests * MICROSECONDS

    @property
    def background_cost(self) -> float:
        """Microseconds of CPU a request in PostgreSQL's other processes."""
        return self.background_seconds / self.requests * MICROSECONDS

    @property
    def cost(self) -> float:
        """Microseconds of CPU a request in the server process and in PostgreSQL's connections."""
        return self.server_cost + self.database_cost


@dataclass(frozen=True, slots=True)
class Lane:
    """A server and the client that loads it."""

    server: Server
    client: Client


async def warm_up(lanes: Sequence[Lane], workload: Workload, seconds: float) -> None:
    """Lets every server prepare its statements and fill its caches; nothing counts."""
    for operation in OPERATIONS:
        for lane in lanes:
            await lane.client.run(workload.source(operation), seconds)


async def measure_round(
    lanes: Sequence[Lane],
    database: DatabaseProcesses,
    workload: Workload,
    number: int,
    seconds: float,
) -> list[Sample]:
    """Every operation on every server for so many seconds each; `number` rotates the order."""
    return [
        sample
        for operation in OPERATIONS
        for sample in await _operation(lanes, database, workload, operation, number, seconds)
    ]


async def _operation(
    lanes: Sequence[Lane],
    database: DatabaseProcesses,
    workload: Workload,
    operation: str,
    number: int,
    seconds: float,
) -> list[Sample]:
    samples = [Sample(operation, number, each.server.name, 0, 0.0, 0.0, 0.0) for each in lanes]
    source = workload.source(operation)
    for part in range(SLICES):
        for index in _rotated(len(lanes), number + part):
            lane, sample = lanes[index], samples[index]
            before, database_before = lane.server.cpu_seconds(), database.cpu()
            requests = await lane.client.run(source, seconds / SLICES)
            used: DatabaseCpu = database.cpu().since(database_before)
            samples[index] = sample._replace(
                requests=sample.requests + requests,
                server_seconds=sample.server_seconds + lane.server.cpu_seconds() - before,
                database_seconds=sample.database_seconds + used.backends,
                background_seconds=sample.background_seconds + used.background,
            )
    return samples


def _rotated(count: int, by: int) -> Iterator[int]:
    return ((index + by) % count for index in range(count))


class Spread(NamedTuple):
    """The median of some figures, and their extremes."""

    median: float
    low: float
    high: float


def of(samples: Sequence[Sample], operation: str, server: str) -> list[Sample]:
    """The samples of a server in the order of the rounds."""
    return [each for each in samples if (each.operation, each.server) == (operation, server)]


def spread(figures: Sequence[float]) -> Spread:
    """What to say of the figures of several rounds."""
    return Spread(statistics.median(figures), min(figures), max(figures))


def rate_ratio(mine: Sequence[Sample], theirs: Sequence[Sample]) -> Spread:
    """How many times the rate of another server one has, each round for itself."""
    return spread([a.rate / b.rate for a, b in zip(mine, theirs, strict=True)])


def cost_ratio(mine: Sequence[Sample], theirs: Sequence[Sample]) -> Spread:
    """How many times the cost of another server one has, each round for itself."""
    return spread([a.cost / b.cost for a, b in zip(mine, theirs, strict=True)])

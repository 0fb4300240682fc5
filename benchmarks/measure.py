"""Rounds of slices: every server in turn, for a moment at a time, and its CPU while it has it."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from benchmarks.load import OPERATIONS, Client, Workload
from benchmarks.servers import Server

SLICES: Final = 5
"""The parts of a server's time in a round. Machines change their speed within seconds:
what is compared has to happen within less."""


class Sample(NamedTuple):
    """What one server did with one operation in one round."""

    operation: str
    round: int
    server: str
    requests: int
    cpu_seconds: float
    wall_seconds: float

    @property
    def rate(self) -> float:
        """Requests per CPU second of the server process."""
        return self.requests / self.cpu_seconds


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
    lanes: Sequence[Lane], workload: Workload, number: int, seconds: float
) -> list[Sample]:
    """Every operation on every server for so many seconds each; `number` rotates the order."""
    return [
        sample
        for operation in OPERATIONS
        for sample in await _operation(lanes, workload, operation, number, seconds)
    ]


async def _operation(
    lanes: Sequence[Lane], workload: Workload, operation: str, number: int, seconds: float
) -> list[Sample]:
    requests = [0] * len(lanes)
    cpu = [0.0] * len(lanes)
    source = workload.source(operation)
    for part in range(SLICES):
        for index in _rotated(len(lanes), number + part):
            lane = lanes[index]
            before = lane.server.cpu_seconds()
            requests[index] += await lane.client.run(source, seconds / SLICES)
            cpu[index] += lane.server.cpu_seconds() - before
    return [
        Sample(operation, number, lane.server.name, requests[index], cpu[index], seconds)
        for index, lane in enumerate(lanes)
    ]


def _rotated(count: int, by: int) -> Iterator[int]:
    return ((index + by) % count for index in range(count))


class Spread(NamedTuple):
    """The median of some figures, and their extremes."""

    median: float
    low: float
    high: float


def rates(samples: Sequence[Sample], operation: str, server: str) -> list[float]:
    """The rates of a server in the order of the rounds."""
    return [each.rate for each in samples if (each.operation, each.server) == (operation, server)]


def spread(figures: Sequence[float]) -> Spread:
    """What to say of the figures of several rounds."""
    return Spread(statistics.median(figures), min(figures), max(figures))


def ratio(samples: Sequence[Sample], operation: str, server: str, base: str) -> Spread:
    """How many times the rate of `base` a server has, each round for itself."""
    pairs = zip(rates(samples, operation, server), rates(samples, operation, base), strict=True)
    return spread([mine / theirs for mine, theirs in pairs])

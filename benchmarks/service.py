"""The emitted service beside services written by hand: `python -m benchmarks.service`.

What is compared is the CPU of the server process, alone and with PostgreSQL's. README.md says how.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg
import uvloop

from benchmarks import agreement, report, sampling
from benchmarks.bed import Bed, bed
from benchmarks.load import OPERATIONS, Client, Workload
from benchmarks.measure import Lane, Sample, measure_round, warm_up
from benchmarks.processes import DatabaseProcesses
from benchmarks.servers import EMITTED, NAMES, Server, separate_cores, server

CONNECTIONS: Final = 16
PROFILE_SECONDS: Final = 8.0


class Scale(NamedTuple):
    """How much is served, and how long it is measured."""

    tenants: int
    rows: int
    callers: int
    rounds: int
    seconds: float


FULL: Final = Scale(tenants=1000, rows=200, callers=200, rounds=7, seconds=2.0)
QUICK: Final = Scale(tenants=20, rows=30, callers=20, rounds=1, seconds=0.2)


async def load(servers: Sequence[Server], bed: Bed, scale: Scale) -> list[Sample]:
    """The samples of all rounds with all servers."""
    workload = Workload(bed.callers, CONNECTIONS)
    lanes = [Lane(each, await Client.connect(each.port, CONNECTIONS)) for each in servers]
    database = await database_processes(bed)
    samples: list[Sample] = []
    try:
        await warm_up(lanes, workload, scale.seconds / 2)
        for number in range(scale.rounds):
            samples += await measure_round(lanes, database, workload, number, scale.seconds)
            print(f"round {number + 1} of {scale.rounds}", file=sys.stderr, flush=True)
    finally:
        for each in lanes:
            each.client.close()
    return samples


async def database_processes(bed: Bed) -> DatabaseProcesses:
    """The processes of the database that the servers share."""
    connection = await asyncpg.connect(bed.admin)
    try:
        return DatabaseProcesses(connection.get_server_pid())
    finally:
        await connection.close()


async def load_one(target: Server, bed: Bed, operation: str, seconds: float) -> None:
    """Samples a server with a profile while it serves one operation."""
    source = Workload(bed.callers, CONNECTIONS).source(operation)
    client = await Client.connect(target.port, CONNECTIONS)
    try:
        await client.run(source, 1.0)
        target.begin_profile()
        await client.run(source, seconds)
    finally:
        client.close()


def compare(bed: Bed, scale: Scale, core: int | None) -> list[Sample]:
    """Runs all servers side by side."""
    with ExitStack() as stack:
        servers = [stack.enter_context(server(name, bed, core)) for name in NAMES]
        agreement.check(servers, bed.callers)
        return uvloop.run(load(servers, bed, scale))


def profile(bed: Bed, core: int | None, seconds: float) -> None:
    """Prints where the emitted service spends its CPU, for each operation."""
    for operation in OPERATIONS:
        file = bed.directory / f"{operation}.profile"
        with server(EMITTED, bed, core, profile=file) as target:
            uvloop.run(load_one(target, bed, operation, seconds))
        print(report.profile(operation, sampling.read(file)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table, or a profile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round on few rows")
    parser.add_argument("--rounds", type=int, help=f"rounds (default {FULL.rounds})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure here")
    parser.add_argument(
        "--profile", action="store_true", help="profile the emitted service instead"
    )
    options = parser.parse_args(arguments)
    scale = QUICK if options.quick else FULL
    if options.rounds:
        scale = scale._replace(rounds=options.rounds)
    core = separate_cores()
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as directory,
        bed(Path(directory), scale.tenants, scale.rows, scale.callers) as laid,
    ):
        if options.profile:
            profile(laid, core, 1.0 if options.quick else PROFILE_SECONDS)
            return
        samples = compare(laid, scale, core)
    print(report.table(samples))
    if options.json:
        document = report.document(samples, scale._asdict())
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

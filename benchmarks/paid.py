"""What paid surfaces cost: `python -m benchmarks.paid`.

The endpoint of a provider beside a handler that verifies and inserts alone, and requests of a
service with plans beside those of the same service without them. README.md says how.
"""

import argparse
import hashlib
import hmac
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg
import uvloop

from benchmarks.bed import Bed, bed, unchanged, without_plans
from benchmarks.load import Client, Source, Workload, request
from benchmarks.measure import SLICES, Sample, Spread, cost_ratio, of, rate_ratio, spread
from benchmarks.peers import HOST
from benchmarks.processes import DatabaseProcesses
from benchmarks.servers import (
    EMITTED,
    SIGNING,
    WEBHOOKS,
    Server,
    separate_cores,
    server,
)
from benchmarks.service import CONNECTIONS, QUICK, Scale, database_processes

FULL: Final = Scale(tenants=2000, rows=20, callers=200, rounds=7, seconds=2.0)
"""Enough tenants that their subscriptions are looked up by an index, as in production."""
DELIVERY: Final = "delivery"
CHECKED: Final = ("get", "list", "create")
"""The operations that plans are asked about: what has a quota, and what has none."""
AIM: Final = 0.6
"""Times the deliveries per CPU second of the bare handler."""
SHARE: Final = 0.1
"""Of the whole cost of a request, at most, for the entitlement and the quota."""
SUBSCRIBED: Final = """
insert into invoicing.subscription (tenant_id, plan, state)
select id, 'team', 'active' from invoicing.organization
"""
MAPPED: Final = """
insert into invoicing.webhook_account (provider, account, tenant_id)
select 'payments', 'cus_' || slug, id from invoicing.organization
"""
BEFORE: Final = """
insert into invoicing.webhook_event (provider, event_id, type, account, outcome, digest)
select 'payments', 'evt_before_' || n, 'invoice.finalized', 'cus_' || n, 'ignored', repeat('0', 64)
  from generate_series(1, 50000) n
"""
"""Events of before: a table that is empty is read as a whole, until PostgreSQL has counted it."""


class Side(NamedTuple):
    """A server with its client, its database, and what it is asked for each operation."""

    name: str
    server: Server
    client: Client
    database: DatabaseProcesses
    sources: Mapping[str, Source]


class Deliveries:
    """Signed events, each with an id of its own."""

    def __init__(self, tenants: int) -> None:
        self._number = itertools.count(1)
        self._tenants = tenants

    def source(self, _: int) -> bytes:
        """The next event: of a type that has no effect, and of an account that is known."""
        number, at = next(self._number), int(time.time())
        body = json.dumps(
            {
                "id": f"evt_{number:012}",
                "object": "event",
                "created": at,
                "livemode": False,
                "pending_webhooks": 1,
                "type": "invoice.finalized",
                "data": {
                    "object": {
                        "id": f"in_{number:012}",
                        "object": "invoice",
                        "customer": f"cus_tenant-{number % self._tenants + 1}",
                        "amount_due": 12_300,
                        "currency": "eur",
                        "description": "Some things, and others " * 20,
                        "lines": [{"id": f"il_{each}", "amount": 4_100} for each in range(3)],
                    }
                },
            }
        )
        made = hmac.new(SIGNING.encode(), f"{at}.{body}".encode(), hashlib.sha256)
        fields = (
            f"host: {HOST}\r\ncontent-type: application/json\r\n"
            f"stripe-signature: t={at},v1={made.hexdigest()}\r\n"
        )
        return request("POST /webhooks/payments", fields, body)


async def execute(bed: Bed, *statements: str) -> None:
    """Runs statements as whoever fills a database."""
    connection = await asyncpg.connect(bed.admin)
    try:
        for each in statements:
            await connection.execute(each)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


async def measured(sides: Sequence[Side], scale: Scale) -> list[Sample]:
    """The samples of all rounds: the sides take turns for a moment at a time."""
    operations = list(sides[0].sources)
    samples: list[Sample] = []
    for number in range(-1, scale.rounds):  # the first one warms up
        for operation in operations:
            found = [Sample(operation, number, each.name, 0, 0.0, 0.0, 0.0) for each in sides]
            for part in range(SLICES):
                for index in range(len(sides)):
                    place = (index + number + part) % len(sides)
                    found[place] = await _slice(
                        sides[place], found[place], operation, scale.seconds / SLICES
                    )
            samples += found if number >= 0 else []
        print(f"round {number + 1} of {scale.rounds}", file=sys.stderr, flush=True)
    return samples


async def _slice(side: Side, sample: Sample, operation: str, seconds: float) -> Sample:
    before, database_before = side.server.cpu_seconds(), side.database.cpu()
    requests = await side.client.run(side.sources[operation], seconds)
    used = side.database.cpu().since(database_before)
    return sample._replace(
        requests=sample.requests + requests,
        server_seconds=sample.server_seconds + side.server.cpu_seconds() - before,
        database_seconds=sample.database_seconds + used.backends,
        background_seconds=sample.background_seconds + used.background,
    )


async def webhooks(laid: Bed, servers: Sequence[Server], scale: Scale) -> list[Sample]:
    """The same deliveries to both."""
    await execute(laid, MAPPED, BEFORE)
    database = await database_processes(laid)
    deliveries = Deliveries(scale.tenants)
    clients = [await Client.connect(each.port, CONNECTIONS) for each in servers]
    try:
        return await measured(
            [
                Side(each.name, each, client, database, {DELIVERY: deliveries.source})
                for each, client in zip(servers, clients, strict=True)
            ],
            scale,
        )
    finally:
        for each in clients:
            each.close()


async def plans(
    beds: Mapping[str, Bed], servers: Mapping[str, Server], scale: Scale
) -> list[Sample]:
    """The same requests to a service with plans and to one without."""
    sides = []
    await execute(beds[WITH], SUBSCRIBED)
    for name, laid in beds.items():
        workload = Workload(laid.callers, CONNECTIONS)
        client = await Client.connect(servers[name].port, CONNECTIONS)
        database = await database_processes(laid)
        sources = {each: workload.source(each) for each in CHECKED}
        sides.append(Side(name, servers[name], client, database, sources))
    try:
        return await measured(sides, scale)
    finally:
        for each in sides:
            each.client.close()


WITH, WITHOUT = "with plans", "without plans"
CHANGES: Final[Mapping[str, Callable[[str], str]]] = {WITH: unchanged, WITHOUT: without_plans}


def shares(samples: Sequence[Sample], operation: str) -> Spread:
    """Which part of a request's whole cost plans are, each round for itself."""
    pairs = zip(of(samples, operation, WITH), of(samples, operation, WITHOUT), strict=True)
    return spread([1 - without.cost / with_.cost for with_, without in pairs])


def table(samples: Sequence[Sample]) -> str:
    """Two tables in Markdown."""
    mine, bare = (of(samples, DELIVERY, each) for each in (EMITTED, WEBHOOKS))
    rates, costs = rate_ratio(mine, bare), cost_ratio(mine, bare)
    lines = [
        "| deliveries | per CPU second | server, µs | PostgreSQL, µs | sum, µs |",
        "|---|---:|---:|---:|---:|",
        *(_row(name, of(samples, DELIVERY, name), rate=True) for name in (EMITTED, WEBHOOKS)),
        f"| times {WEBHOOKS} | {rates.median:.2f} ({rates.low:.2f}-{rates.high:.2f}), aim {AIM} "
        f"| | | {costs.median:.2f} ({costs.low:.2f}-{costs.high:.2f}) |",
        "",
        "| requests | server, µs | PostgreSQL, µs | sum, µs | share of plans |",
        "|---|---:|---:|---:|---:|",
    ]
    for operation in CHECKED:
        share = shares(samples, operation)
        for name in (WITH, WITHOUT):
            row = _row(f"{operation}, {name}", of(samples, operation, name), rate=False)
            told = f"{share.median:.1%} ({share.low:.1%} to {share.high:.1%})"
            lines.append(f"{row} {told if name == WITH else ''} |")
    return "\n".join(lines)


def _row(name: str, found: Sequence[Sample], *, rate: bool) -> str:
    figures = [f"{statistics.median(each.rate for each in found):,.0f}"] if rate else []
    for values in (
        [each.server_cost for each in found],
        [each.database_cost for each in found],
        [each.cost for each in found],
    ):
        figures.append(f"{statistics.median(values):,.0f}")
    return f"| {name} | {' | '.join(figures)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round on few rows")
    parser.add_argument("--rounds", type=int, help=f"rounds (default {FULL.rounds})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure here")
    options = parser.parse_args(arguments)
    scale = QUICK if options.quick else FULL
    if options.rounds:
        scale = scale._replace(rounds=options.rounds)
    core = separate_cores()
    with ExitStack() as stack:
        beds = {}
        for name, change in CHANGES.items():
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
            beds[name] = stack.enter_context(
                bed(directory, scale.tenants, scale.rows, scale.callers, change)
            )
        servers = {n: stack.enter_context(server(EMITTED, each, core)) for n, each in beds.items()}
        bare = stack.enter_context(server(WEBHOOKS, beds[WITH], core))
        samples = uvloop.run(webhooks(beds[WITH], [servers[WITH], bare], scale))
        samples += uvloop.run(plans(beds, servers, scale))
    print(table(samples))
    if options.json:
        document = {"scale": scale._asdict(), "samples": [each._asdict() for each in samples]}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

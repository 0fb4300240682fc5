"""A load at a constant rate: a request is sent when it is due, whatever became of the others.

So a request that has to wait makes no other one late, and the time that it takes counts from the
moment when it was due.
"""

import asyncio
import itertools
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from benchmarks.changes import CATEGORY, Seen
from benchmarks.load import OPERATIONS, Client, LoadError, head, request

NEAR: Final = 0.001
"""The share of the rows around the place of a backfill that count as near to it."""


class Caller(NamedTuple):
    """A member of a tenant, and a category of that tenant."""

    token: str
    category_id: str


@dataclass(slots=True)
class Row:
    """A row that requests name. Nobody else changes it while it is busy."""

    caller: Caller
    id: str
    version: int
    busy: bool = False


class Rows:
    """Rows of the table in the order in which they lie there.

    `place` says how far a backfill is, from 0 to 1. Every second change is of a row near to it,
    because these are the rows that it holds.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self.place: float | None = None
        self._rows = rows
        self._random = random.Random(1)  # noqa: S311
        self._changes = itertools.count()

    def any(self) -> Row:
        """A random row."""
        return self._random.choice(self._rows)

    def to_change(self) -> Row:
        """A row that nobody is changing."""
        near = self.place if next(self._changes) % 2 else None
        while True:
            row = self.any() if near is None else self._near(near)
            if not row.busy:
                return row
            near = None

    def _near(self, place: float) -> Row:
        first = place * len(self._rows)
        index = int(first + self._random.random() * NEAR * len(self._rows))
        return self._rows[min(index, len(self._rows) - 1)]


class Target(NamedTuple):
    """A release that serves, and how its callers see the table."""

    name: str
    port: int
    seen: Seen


class Answered(NamedTuple):
    """A request: what was asked of which release, the seconds it took, and why it failed."""

    release: str
    operation: str
    seconds: float
    failure: str


class Steady:
    """So many requests a second, to each of the targets in turn."""

    numbers = itertools.count(1)
    """What new keys are made of: no two rows of a run have the same."""

    def __init__(
        self, targets: Sequence[Target], callers: Sequence[Caller], rows: Rows, rate: float
    ) -> None:
        self._targets = targets
        self._callers = callers
        self._rows = rows
        self._rate = rate
        self._random = random.Random(2)  # noqa: S311
        self._idle: dict[int, list[Client]] = {each.port: [] for each in targets}
        self._answered: list[Answered] = []
        self._asks = {
            "get": self._get,
            "list": self._list,
            "create": self._create,
            "patch": self._patch,
        }

    async def once(self) -> None:
        """Asks for each operation once. Raises LoadError for an answer that is no success."""
        for target in self._targets:
            for each in OPERATIONS:
                await self._asks[each](target)

    async def run(self, ended: asyncio.Event) -> list[Answered]:
        """Sends until it is told to end, and waits for the last answers."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        kinds = ((target, each) for each in OPERATIONS for target in self._targets)
        async with asyncio.TaskGroup() as sending:
            for target, operation in itertools.cycle(kinds):
                if ended.is_set():
                    break
                sending.create_task(self._send(target, operation, due))
                due += 1 / self._rate
                await asyncio.sleep(due - loop.time())
        for client in itertools.chain.from_iterable(self._idle.values()):
            client.close()
        return self._answered

    async def _send(self, target: Target, operation: str, due: float) -> None:
        failure = ""
        try:
            await self._asks[operation](target)
        except (LoadError, OSError) as error:
            failure = str(error).partition("\r\n")[0] + str(error).rpartition("\r\n")[2]
        took = asyncio.get_running_loop().time() - due
        self._answered.append(Answered(target.name, operation, took, failure))

    async def _get(self, target: Target) -> None:
        row = self._rows.any()
        await self._ask(target, row.caller, f"GET {target.seen.path}/{row.id}")

    async def _list(self, target: Target) -> None:
        caller = self._random.choice(self._callers)
        await self._ask(target, caller, f"GET {target.seen.path}?limit=20")

    async def _create(self, target: Target) -> None:
        caller, number = self._random.choice(self._callers), next(self.numbers)
        seen = target.seen
        body: dict[str, object] = {seen.text: f"Created {number}", "code": f"N{number}"}
        for name, value in seen.given.items():
            body[name] = caller.category_id if value == CATEGORY else value
        fields = "content-type: application/json\r\n"
        await self._ask(target, caller, f"POST {seen.path}", fields, body)

    async def _patch(self, target: Target) -> None:
        row, seen = self._rows.to_change(), target.seen
        row.busy = True
        fields = f'content-type: application/merge-patch+json\r\nif-match: "{row.version}"\r\n'
        body = {seen.text: f"Changed {next(self.numbers)}"}
        await self._ask(target, row.caller, f"PATCH {seen.path}/{row.id}", fields, body)
        row.version += 1
        row.busy = False  # where it fails, its version is not known any more

    async def _ask(
        self, target: Target, caller: Caller, line: str, fields: str = "", body: object = None
    ) -> None:
        """Sends a request on a connection that is free, or on a new one."""
        idle = self._idle[target.port]
        client = idle.pop() if idle else await Client.connect(target.port, 1)
        text = "" if body is None else json.dumps(body)
        sent = request(line, head(caller.token) + fields, text)
        try:
            await client.run(lambda _: sent, 0.0)
        except LoadError:
            client.close()
            raise
        idle.append(client)

"""Kills an emitted service and its PostgreSQL under load: `python -m tests.endurance.kills`.

Clients create, change, delete and act, and repeat each request with its Idempotency-Key, or with
its If-Match, until it is answered. Meanwhile processes of the service, backends of PostgreSQL and
its postmaster are killed (SIGKILL) and started again. In the end every acknowledged write must be
in the database once, and nothing else: rows, versions, audit events and keys are compared. What
differs is printed, and the exit code is 1.
"""

import argparse
import asyncio
import random
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from tests.emitted import SPEC

from .clients import Client, Unanswered
from .journal import Journal, Row
from .service import REPOSITORY, Caller, Cluster, Emitted, Replicas, connect, project, scratch, tell

HOOKS: Final = REPOSITORY / "examples" / "invoicing" / "hooks"
"""Hooks that do something: they add lines up, and change the status of a row."""
REPLICAS: Final = 2
TENANTS: Final = 2
CLIENTS: Final = 4
"""In each tenant."""
SHARED: Final = 3
"""Rows of each tenant that all its clients change."""
BETWEEN: Final = 60
"""Writes that are acknowledged between two kills, at most."""
REPEATED: Final = 2000
"""Keys that are sent again in the end, when everything has been killed once more."""
STUCK_SECONDS: Final = 120.0
"""Without an acknowledged write: more than a request is repeated for."""
DATABASE: Final = "endurance"


class Run:
    """One run: what is killed, and what was acknowledged."""

    def __init__(self, emitted: Emitted, directory: Path, seed: int) -> None:
        self.journal = Journal()
        self.killed: Counter[str] = Counter()
        self.counted: dict[str, int] = {}
        self._emitted = emitted
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311
        self._directory = directory
        self._cluster = Cluster(emitted, directory)
        self._replicas = Replicas(emitted, REPLICAS)
        self._began = time.monotonic()

    async def go(self, kills: int) -> None:
        """Starts everything, kills it as often as was asked for, and compares."""
        self._cluster.start()
        try:
            urls = await self._emitted.database.prepare(self._cluster.url, DATABASE)
            issuer = self._emitted.issuer(self._directory / "keys")
            clients = await self._clients(issuer, urls.admin)
            log = self._directory / "service.log"
            async with self._replicas.serving(urls.app, issuer.public, log):
                await self._load(clients, kills)
                await self._repeat(clients)
            connection = await connect(urls.admin)
            self.counted = await self.journal.compare(connection, self._emitted.package)
            await connection.close()
        finally:
            self._cluster.stop()

    async def _clients(self, issuer: Any, admin: str) -> list[list[Client]]:
        """The clients of each tenant, each of whom is a member of their own."""
        world = self._emitted.world
        connection = await connect(admin)
        found = []
        for tenant in range(TENANTS):
            tenant_id = await world.add_tenant(connection, f"tenant-{tenant}", region="eu")
            shared: list[Row] = []
            found.append(
                [
                    Client(
                        tenant * CLIENTS + number,
                        Caller(
                            issuer,
                            await world.add_member(
                                connection, tenant_id, f"client-{number}", "accountant"
                            ),
                            world.CATALOG["attributes"],
                        ),
                        self._replicas.ports,
                        self.journal,
                        shared,
                        self._seed,
                    )
                    for number in range(CLIENTS)
                ]
            )
        await connection.close()
        return found

    async def _load(self, clients: list[list[Client]], kills: int) -> None:
        """The clients work while the killing goes on; the last one to die is the postmaster."""
        for first, *_ in clients:
            for _ in range(SHARED):
                await first.share()
        ended = asyncio.Event()
        working = [asyncio.create_task(each.run(ended)) for tenant in clients for each in tenant]
        try:
            for number in range(1, kills + 1):
                if not await self._pause(working):
                    break
                await self._kill("postmaster" if number == kills else None)
                if number % max(1, min(25, kills // 4)) == 0:
                    self._progress(number, kills)
        finally:
            ended.set()
            await asyncio.gather(*working)

    async def _pause(self, working: list["asyncio.Task[None]"]) -> bool:
        """Waits for a few writes, and a moment more. False if there will not be any."""
        wanted = self.journal.acknowledged + self._random.randint(1, BETWEEN)
        deadline = time.monotonic() + STUCK_SECONDS
        while self.journal.acknowledged < wanted:
            if time.monotonic() > deadline or all(each.done() for each in working):
                self.journal.fault("no write was acknowledged any more")
                return False
            await asyncio.sleep(0.005)
        await asyncio.sleep(self._random.uniform(0, 0.02))
        return True

    async def _kill(self, what: str | None) -> None:
        what = what or self._random.choice(("service", "service", "backend", "postmaster"))
        if what == "service":
            await self._replicas.kill(self._random.randrange(REPLICAS))
        elif what == "postmaster":
            await self._cluster.kill()
        else:
            while not await self._cluster.kill_backend(self._emitted.package):
                await asyncio.sleep(0.05)  # the service is on its way up since the kill before
        self.killed[what] += 1

    async def _repeat(self, clients: list[list[Client]]) -> None:
        """Keys of the whole run are sent again, and each is answered as it was."""

        async def again(client: Client) -> None:
            number = min(len(client.kept), REPEATED // (TENANTS * CLIENTS))
            for kept in self._random.sample(client.kept, number):
                await client.repeat(kept)

        await asyncio.gather(*(again(each) for tenant in clients for each in tenant))

    def _progress(self, number: int, kills: int) -> None:
        print(
            f"{number}/{kills} kills  {self.journal.acknowledged} writes acknowledged  "
            f"{len(self.journal.faults)} faults  {time.monotonic() - self._began:.0f} s",
            flush=True,
        )


def run(kills: int, seed: int, given: Path | None, keep: bool) -> int:
    """Makes a project, or takes the one that is given; returns the exit code."""
    directory = scratch()
    try:
        if given is None:
            given = project(SPEC, directory / "project")
            shutil.copytree(HOOKS, given / "hooks", dirs_exist_ok=True)
        done = Run(Emitted(given), directory, seed)
        try:
            asyncio.run(done.go(kills))
        except Unanswered as error:
            done.journal.fault(str(error))
    finally:
        if not keep:
            shutil.rmtree(directory, ignore_errors=True)
    journal = done.journal
    killed = ", ".join(f"{name} {number}" for name, number in sorted(done.killed.items()))
    counted = ", ".join(f"{number:,} {name}" for name, number in done.counted.items())
    print(f"killed: {killed} (seed {seed})")
    print(f"sent: {journal.attempts:,} requests; acknowledged: {journal.acknowledged:,} writes")
    print(f"compared: {counted}")
    return tell(journal.faults, "differences" + (f"; kept: {directory}" if keep else ""))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="tests.endurance.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how often something is killed")
    parser.add_argument("--seed", type=int, default=1, help="another one kills at other moments")
    parser.add_argument("--project", type=Path, help="a project to try, instead of a new one")
    parser.add_argument("--keep", action="store_true", help="keep the database and the log")
    given = parser.parse_args()
    return run(given.kills, given.seed, given.project, given.keep)


if __name__ == "__main__":
    sys.exit(main())

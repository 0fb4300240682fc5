"""What migrations cost those who use the table meanwhile: `python -m benchmarks.migrations`.

One table is changed in every way that docs/migrations.md names, while requests come at a constant
rate: before the deployment to the release that serves, then to both, and in the contract phase to
the new one. README.md says how to read the result.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import uvloop

from benchmarks import stalls
from benchmarks.bed import Development
from benchmarks.changes import CHANGES, PACKAGE, SPEC, Change, Seen, edited
from benchmarks.filled import Size, Table
from benchmarks.generator import scaffold
from benchmarks.servers import EMITTED, server
from benchmarks.stalls import AFTER, BEFORE, BOTH, Phase
from benchmarks.steady import Rows, Steady, Target
from benchmarks.waits import Watch

RATE: Final = 100.0
"""Requests a second, to all releases that serve together."""
RUNS: Final = 5
"""How often a migration is run that says that it has to be run again."""
PLACE: Final = re.compile(rb"(\d+) of (\d+) pages")
"""What a backfill says of how far it is."""
CONTRACT: Final = ("--contract", "--grace", "0", "--allow-destructive")
SCAN: Final = f"select count(*) from {PACKAGE}.item where title <> ''"  # noqa: S608

Work = Callable[[Rows], Awaitable[Sequence[str]]]
"""What is done under load; it answers what went wrong."""


class Scale(NamedTuple):
    """How large the table is, how many changes are made, and seconds of what is no migration.

    `margin` is before and after each migration, and `both` while both releases serve.
    """

    size: Size
    changes: int
    baseline: float
    margin: float
    both: float


FULL: Final = Scale(
    Size(rows=5_000_000, tenants=300), len(CHANGES), baseline=30.0, margin=1.0, both=3.0
)
QUICK: Final = Scale(Size(rows=20_000, tenants=20), 3, baseline=1.0, margin=0.2, both=0.3)


class Releases:
    """The projects of a service whose spec changes."""

    def __init__(self, directory: Path) -> None:
        """Makes the first one."""
        self._directory = directory
        self._spec = SPEC
        self._number = 0
        written = directory / "scaffold.yaml"
        written.write_text(SPEC, encoding="utf-8")
        options = ("--spec", str(written), "--into", str(self.newest), "--defaults")
        scaffold("new", PACKAGE, *options)

    @property
    def newest(self) -> Path:
        """The project of the newest one."""
        return self._directory / f"release-{self._number}"

    def change(self, change: Change) -> None:
        """Makes the next one."""
        before = self.newest
        self._number += 1
        self._spec = edited(self._spec, change)
        shutil.copytree(before, self.newest)
        (self.newest / "scaffold.yaml").write_text(self._spec, encoding="utf-8")
        scaffold("generate", str(self.newest), "--allow-destructive")


class Run:
    """What is done to one table under load, and measured."""

    def __init__(self, table: Table, scale: Scale) -> None:
        self._table = table
        self._scale = scale

    def serve(self, stack: ExitStack, project: Path, seen: Seen) -> Target:
        """Starts a process of a release, and waits until it is used to its work."""
        started = stack.enter_context(server(EMITTED, self._table.bed(project), None))
        target = Target(project.name, started.port, seen)
        uvloop.run(self._used(target))
        return target

    async def _used(self, target: Target) -> None:
        rows = await self._table.rows(target.seen.table)
        steady = Steady([target], self._table.callers, rows, RATE)
        await steady.once()
        ended = asyncio.Event()
        asyncio.get_running_loop().call_later(self._scale.margin, ended.set)
        await steady.run(ended)

    def measure(self, change: str, phase: str, targets: Sequence[Target], work: Work) -> Phase:
        """Loads releases while something is done."""
        return uvloop.run(self._measure(change, phase, targets, work))

    async def _measure(
        self, change: str, phase: str, targets: Sequence[Target], work: Work
    ) -> Phase:
        rows = await self._table.rows(targets[-1].seen.table)
        ended = asyncio.Event()
        steady = Steady(targets, self._table.callers, rows, RATE)
        load = asyncio.create_task(steady.run(ended))
        watch = asyncio.create_task(Watch(self._table.admin).run(ended))
        try:
            await asyncio.sleep(self._scale.margin)
            began = time.monotonic()
            faults = await work(rows)
            seconds = time.monotonic() - began
            await asyncio.sleep(self._scale.margin)
        finally:
            ended.set()
            answered, waits = await load, await watch
        return Phase(change, phase, seconds, answered, waits, faults)

    def baselines(self, target: Target) -> Iterator[Phase]:
        """What requests take where no migration runs."""
        yield self.measure("no change", BEFORE, [target], partial(idle, self._scale.baseline))
        scan = partial(scanned, self._table, self._scale.baseline)
        yield self.measure("no change, but the table is read", BEFORE, [target], scan)

    def phases(self, releases: Releases, stack: ExitStack) -> Iterator[Phase]:
        """Everything that is measured, one after another."""
        running = stack.enter_context(ExitStack())
        serving = self.serve(running, releases.newest, Seen())
        yield from self.baselines(serving)
        for change in CHANGES[: self._scale.changes]:
            releases.change(change)
            migrate = partial(migrated, releases.newest, self._table.owner)
            yield self.measure(change.title, BEFORE, [serving], partial(migrate, ()))
            starting = stack.enter_context(ExitStack())
            following = self.serve(starting, releases.newest, change.seen)
            wait = partial(idle, self._scale.both)
            yield self.measure(change.title, BOTH, [serving, following], wait)
            running.close()
            if change.fill:
                uvloop.run(self._table.do(change.fill))
            yield self.measure(change.title, AFTER, [following], partial(migrate, CONTRACT))
            running, serving = starting, following


async def idle(seconds: float, _: Rows) -> Sequence[str]:
    """Nothing is done."""
    await asyncio.sleep(seconds)
    return ()


async def scanned(table: Table, seconds: float, _: Rows) -> Sequence[str]:
    """The table is read as a whole, again and again: the work of a migration without its locks."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await table.do(SCAN)
    return ()


async def migrated(project: Path, owner: str, options: Sequence[str], rows: Rows) -> Sequence[str]:
    """A migration is run, again if it fails. Raises RuntimeError if it goes on failing."""
    said: list[str] = []
    for _ in range(RUNS):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"{PACKAGE}.store.migrate", *options),
            cwd=project,
            env={**os.environ, "PYTHONPATH": "", "OWNER_DATABASE_URL": owner},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        told = b""
        async for line in process.stderr:
            if found := PLACE.search(line):
                done, pages = map(int, found.groups())
                rows.place = done / max(pages, 1)
            else:
                told += line
        rows.place = None
        if await process.wait() == 0:
            return said
        said.append(told.decode().strip())
    raise RuntimeError(said[-1])


def phases(directory: Path, scale: Scale) -> Iterator[Phase]:
    """Makes and fills the database, and yields what is measured on it."""
    releases = Releases(directory)
    sys.path.insert(0, str(releases.newest))
    development = Development(PACKAGE)
    with development.server() as url, ExitStack() as stack:
        table = Table(development, directory, url, scale.size)
        uvloop.run(table.fill())
        tell(f"{scale.size.rows:,} rows are there")
        yield from Run(table, scale).phases(releases, stack)


def tell(what: str) -> None:
    """Says how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table; exits with 1 if something failed, or a request waited too long for a lock."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows, and a few of the changes")
    parser.add_argument("--rows", type=int, help=f"rows (default {FULL.size.rows:,})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure here")
    options = parser.parse_args(arguments)
    scale = QUICK if options.quick else FULL
    if options.rows:
        scale = scale._replace(size=scale.size._replace(rows=options.rows))
    found = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as directory:
        for each in phases(Path(directory), scale):
            found.append(each)
            tell(stalls.brief(each))
            if options.json:
                text = json.dumps(stalls.document(found), indent=2)
                options.json.write_text(f"{text}\n", encoding="utf-8")
    print(stalls.table(found))
    sys.exit(not stalls.good(found))


if __name__ == "__main__":
    main()

"""What the generator costs: `python -m benchmarks.generator`.

CPU seconds and peak memory of whole commands, from the start of the interpreter to its end,
with the formatter that the generator runs.
"""

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import ROOT, SPEC
from benchmarks.synthetic import spec

SIZES: Final = {10: 1.5, 200: 5.0, 1000: 20.0}
"""Resources, and the CPU seconds that generating them may cost."""
MEMORY: Final = 400.0
"""Megabytes that no command may exceed."""
UNCHANGED: Final = {10: 0.5, 500: 4.0}
"""Resources, and the CPU seconds that a run may cost in which nothing changed."""
HELP: Final = 0.3
CHECK: Final = 1.0
REPEATS: Final = 5


class Cost(NamedTuple):
    """What a command cost: CPU seconds, and the peak of its largest process in megabytes.

    The kernel counts the process that started it too, so the peak is at least that of this one.
    """

    cpu_seconds: float
    megabytes: float


class Line(NamedTuple):
    """A line of the result: what was run, what it cost, and what it may cost."""

    what: str
    cost: Cost
    limit: float

    @property
    def good(self) -> bool:
        """Is it within its limits?"""
        return self.cost.cpu_seconds < self.limit and self.cost.megabytes < MEMORY


def scaffold(*arguments: str, cache: Path | None = None) -> Cost:
    """Runs a command of the generator, which remembers nothing unless it is given a cache.

    Raises:
        CalledProcessError: it fails.
    """
    command = [sys.executable, "-m", "scaffold", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SCAFFOLD_CACHE": "off"}
    if cache:
        environment |= {"SCAFFOLD_CACHE": "", "CI": "", "XDG_CACHE_HOME": str(cache)}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603
            command, stdout=output, stderr=output, env=environment
        )
        # Unlike Popen.wait, it tells what this one process and its own children have used.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise subprocess.CalledProcessError(process.returncode, command, output.read())
    kilobytes = used.ru_maxrss / (1024 if platform.system() == "Darwin" else 1)
    return Cost(used.ru_utime + used.ru_stime, kilobytes / 1024)


def typical(costs: Sequence[Cost]) -> Cost:
    """The median of the CPU, and the largest peak."""
    cpu, megabytes = zip(*costs, strict=True)
    return Cost(statistics.median(cpu), max(megabytes))


def generate(resources: int, repeats: int, directory: Path) -> Line:
    """Generates a project of so many resources from nothing but its spec."""
    costs = []
    for number in range(repeats):
        project = directory / f"{resources}-{number}"
        project.mkdir()
        (project / "scaffold.yaml").write_text(spec(resources), encoding="utf-8")
        costs.append(scaffold("generate", str(project)))
    return Line(f"generate, {resources} resources", typical(costs), SIZES[resources])


def unchanged(resources: int, repeats: int, directory: Path) -> Line:
    """Generates a project in which nothing changed since an earlier run."""
    project = directory / f"{resources}-unchanged"
    project.mkdir()
    (project / "scaffold.yaml").write_text(spec(resources), encoding="utf-8")
    for _ in range(2):  # the first one writes a migration, and is not remembered
        scaffold("generate", str(project), cache=directory / "cache")
    costs = [scaffold("generate", str(project), cache=directory / "cache") for _ in range(repeats)]
    return Line(f"the same, {resources} resources", typical(costs), UNCHANGED[resources])


def check(repeats: int, directory: Path) -> Line:
    """Checks a project of the invoicing spec in which nothing was changed."""
    project = directory / "invoicing"
    scaffold("new", "invoicing", "--spec", str(SPEC), "--into", str(project), "--defaults")
    costs = [scaffold("check", str(project)) for _ in range(repeats)]
    return Line("check, invoicing", typical(costs), CHECK)


def lines(sizes: Sequence[int], repeats: int, directory: Path) -> Iterator[Line]:
    """Everything that is measured, one after another."""
    costs = [scaffold("--help") for _ in range(repeats)]
    yield Line("--help", typical(costs), HELP)
    for size in sizes:
        yield generate(size, repeats if size <= 10 else 1, directory)
    for size in UNCHANGED:
        if size <= max(sizes):
            yield unchanged(size, repeats, directory)
    yield check(repeats, directory)


def growth(found: Sequence[Line]) -> list[str]:
    """The CPU of one more resource, between one size and the next: a constant, if linear."""
    by_name = {line.what: line for line in found}
    names = {size: f"generate, {size} resources" for size in SIZES}
    sizes = [(size, by_name[name]) for size, name in names.items() if name in by_name]
    return [
        f"from {small} to {large} resources: "
        f"{(after.cost.cpu_seconds - before.cost.cpu_seconds) / (large - small) * 1000:.1f}"
        " CPU ms each"
        for (small, before), (large, after) in itertools.pairwise(sizes)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table; exits with 1 if something is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10 resources only, and once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    options = parser.parse_args(arguments)
    sizes = list(SIZES)[:1] if options.quick else list(SIZES)
    found = []
    print("| command | CPU s | limit | peak MB |\n|---|---:|---:|---:|", flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as directory:
        for line in lines(sizes, 1 if options.quick else REPEATS, Path(directory)):
            found.append(line)
            cost = line.cost
            print(
                f"| {line.what} | {cost.cpu_seconds:.2f} | {line.limit:.1f}"
                f" | {cost.megabytes:.0f} |{'' if line.good else ' over the limit'}",
                flush=True,
            )
    print("\n".join(["", *growth(found)]))
    if options.json:
        document = [{**line._asdict(), "cost": line.cost._asdict()} for line in found]
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    sys.exit(not all(line.good for line in found))


if __name__ == "__main__":
    main()

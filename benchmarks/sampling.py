"""A sampling profiler: where a process is each time it has used another bit of CPU."""

import json
import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

INTERVAL: Final = 0.001
"""CPU seconds between two samples; the kernel may round it up to its tick."""


class Share(NamedTuple):
    """A function, and the shares of all samples that were in it, or in it and what it calls."""

    function: str
    own: float
    total: float


@contextmanager
def sampled(file: Path | None) -> Iterator[None]:
    """Samples this process from SIGUSR1 until the end of the block, and writes the counts.

    Time in C counts for the Python function that runs next: for what C calls back
    into Python, such as a protocol, that is the callback.
    """
    if file is None:
        yield
        return
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()

    def sample(_: int, frame: FrameType | None) -> None:
        if frame is None:
            return
        own[_name(frame)] += 1
        seen = set()
        while frame is not None:
            seen.add(_name(frame))
            frame = frame.f_back
        total.update(seen)

    def begin(_: int, __: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)

    signal.signal(signal.SIGPROF, sample)
    signal.signal(signal.SIGUSR1, begin)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        file.write_text(json.dumps({"own": own, "total": total}), encoding="utf-8")


def read(file: Path) -> list[Share]:
    """The shares in a file that `sampled` wrote, the largest own share first."""
    counts: Mapping[str, Mapping[str, int]] = json.loads(file.read_text(encoding="utf-8"))
    own, total = counts["own"], counts["total"]
    samples = sum(own.values())
    shares = [Share(name, own.get(name, 0) / samples, total[name] / samples) for name in total]
    return sorted(shares, key=lambda each: (-each.own, -each.total, each.function))


def _name(frame: FrameType) -> str:
    code = frame.f_code
    path = Path(code.co_filename)
    return f"{path.parent.name}/{path.name}:{code.co_qualname}"

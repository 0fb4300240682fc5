"""The figures as a person reads them, and as a program does."""

import platform
import statistics
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

from benchmarks.load import OPERATIONS
from benchmarks.measure import Sample, Spread, cost_ratio, of, rate_ratio
from benchmarks.sampling import Share
from benchmarks.servers import BARE, EMITTED, IDIOMATIC, NAMES, PEERS

REQUIRED: Final = 5.0
"""Times the rate of the idiomatic service, on each operation."""
ALLOWED: Final[Mapping[str, float]] = {"get": 1.15, "list": 1.2, "create": 1.3, "patch": 1.5}
"""Times the cost of the bare service, with PostgreSQL's."""
PACKAGES: Final = (
    "asyncpg",
    "fastapi",
    "pydantic",
    "pyjwt",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "uvloop",
)
TOP: Final = 30


def table(samples: Sequence[Sample]) -> str:
    """Two tables in Markdown: requests per CPU second of the servers, and the whole cost."""
    return f"{_rates(samples)}\n\n{_costs(samples)}"


def _rates(samples: Sequence[Sample]) -> str:
    lines = [
        f"| requests per CPU second | {' | '.join(NAMES)} | times {IDIOMATIC} | times {BARE} |",
        "|---|" + "---:|" * (len(NAMES) + len(PEERS)),
    ]
    for operation in OPERATIONS:
        found = {name: of(samples, operation, name) for name in NAMES}
        cells = [f"{statistics.median(each.rate for each in found[n]):,.0f}" for n in NAMES]
        cells += [_times(rate_ratio(found[EMITTED], found[peer])) for peer in PEERS]
        lines.append(f"| {operation} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _costs(samples: Sequence[Sample]) -> str:
    lines = [
        "| CPU microseconds a request | server | PostgreSQL | sum | background, apart |"
        f" times {BARE} | allowed | times {IDIOMATIC} |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for operation in OPERATIONS:
        for name in NAMES:
            found = of(samples, operation, name)
            cells = [
                f"{statistics.median(figures):,.0f}"
                for figures in (
                    [each.server_cost for each in found],
                    [each.database_cost for each in found],
                    [each.cost for each in found],
                    [each.background_cost for each in found],
                )
            ]
            cells += [
                "" if name == BARE else _times(cost_ratio(found, of(samples, operation, BARE))),
                str(ALLOWED[operation]) if name == EMITTED else "",
                (
                    ""
                    if name == IDIOMATIC
                    else _times(cost_ratio(found, of(samples, operation, IDIOMATIC)))
                ),
            ]
            lines.append(f"| {operation}, {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _times(found: Spread) -> str:
    return f"{found.median:.2f} ({found.low:.2f}-{found.high:.2f})"


def document(samples: Sequence[Sample], scale: Mapping[str, object]) -> Mapping[str, Any]:
    """Everything that was measured, and with what."""
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "scale": dict(scale),
        "operations": {each: _operation(samples, each) for each in OPERATIONS},
        "samples": [each._asdict() for each in samples],
    }


def _operation(samples: Sequence[Sample], operation: str) -> Mapping[str, Any]:
    found = {name: of(samples, operation, name) for name in NAMES}
    return {
        "rates": {name: [each.rate for each in found[name]] for name in NAMES},
        "times": {p: rate_ratio(found[EMITTED], found[p])._asdict() for p in PEERS},
        "required": REQUIRED,
        "costs": {
            name: {
                "server": [each.server_cost for each in found[name]],
                "database": [each.database_cost for each in found[name]],
                "background": [each.background_cost for each in found[name]],
            }
            for name in NAMES
        },
        "whole_cost_times": {p: cost_ratio(found[EMITTED], found[p])._asdict() for p in PEERS},
        "allowed": ALLOWED[operation],
    }


def profile(operation: str, shares: Sequence[Share]) -> str:
    """The functions with the largest shares of the CPU."""
    lines = [f"\n{operation}\n   own  total  function"]
    lines += [f"{each.own:6.1%} {each.total:6.1%}  {each.function}" for each in shares[:TOP]]
    return "\n".join(lines)

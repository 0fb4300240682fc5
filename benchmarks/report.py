"""The figures as a person reads them, and as a program does."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

from benchmarks.load import OPERATIONS
from benchmarks.measure import Sample, Spread, rates, ratio, spread
from benchmarks.sampling import Share
from benchmarks.servers import EMITTED, NAMES, PEERS

REQUIRED: Final = 5.0
"""Times the rate of the idiomatic service, on each operation."""
AIMED: Final[Mapping[str, float]] = {"get": 8.0, "list": 6.0, "create": 10.0, "patch": 9.0}
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
    """A table in Markdown: a line for each operation."""
    lines = [
        "| requests per CPU second | "
        + " | ".join(NAMES)
        + " | times fastapi_sqlalchemy | times starlette_bare |",
        "|---|" + "---:|" * (len(NAMES) + len(PEERS)),
    ]
    for operation in OPERATIONS:
        cells = [f"{spread(rates(samples, operation, name)).median:,.0f}" for name in NAMES]
        cells += [_times(ratio(samples, operation, EMITTED, peer)) for peer in PEERS]
        lines.append(f"| {operation} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _times(found: Spread) -> str:
    return f"{found.median:.2f} ({found.low:.2f}-{found.high:.2f})"


def document(samples: Sequence[Sample], scale: Mapping[str, object]) -> Mapping[str, Any]:
    """Everything that was measured, and with what."""
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "scale": dict(scale),
        "operations": {
            operation: {
                "rates": {name: rates(samples, operation, name) for name in NAMES},
                "times": {
                    peer: ratio(samples, operation, EMITTED, peer)._asdict() for peer in PEERS
                },
                "required": REQUIRED,
                "aimed": AIMED[operation],
            }
            for operation in OPERATIONS
        },
        "samples": [{**each._asdict(), "rate": each.rate} for each in samples],
    }


def profile(operation: str, shares: Sequence[Share]) -> str:
    """The functions with the largest shares of the CPU."""
    lines = [f"\n{operation}\n   own  total  function"]
    lines += [f"{each.own:6.1%} {each.total:6.1%}  {each.function}" for each in shares[:TOP]]
    return "\n".join(lines)

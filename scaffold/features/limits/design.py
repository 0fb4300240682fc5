"""What limits mean: how often a user, a token, a tenant and a failing address may call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from scaffold.design.model import Design
from scaffold.design.surface import Fact
from scaffold.features.limits.keys import Rates
from scaffold.spec.rates import Rate, Unlimited

Scope = Literal["user", "token", "tenant", "failed_authentication"]
SCOPES: tuple[Scope, ...] = ("user", "token", "tenant", "failed_authentication")
FAILURES: Scope = "failed_authentication"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` requests in `window` seconds for each `scope`."""

    scope: Scope
    count: int
    window: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a service; `unlimited` has the reason for each scope without one."""

    each: tuple[Limit, ...]
    unlimited: Mapping[Scope, str]


def limits(rates: Rates) -> Limits:
    """The limits that a spec declares."""
    declared = {scope: getattr(rates, scope) for scope in SCOPES}
    return Limits(
        tuple(
            Limit(scope, rate.count, rate.seconds)
            for scope, rate in declared.items()
            if isinstance(rate, Rate)
        ),
        {
            scope: rate.unlimited_because
            for scope, rate in declared.items()
            if isinstance(rate, Unlimited)
        },
    )


def limits_of(design: Design) -> Limits:
    """The limits of a service."""
    found = design.trait(Limits)
    assert found is not None
    return found


def facts(design: Design) -> Iterator[tuple[str, Fact]]:
    """Each limit, and each scope without one."""
    found = limits_of(design)
    for each in found.each:
        yield "limits", (each.scope, f"{each.count} in {each.window} s")
    for scope in found.unlimited:
        yield "limits", (scope, "unlimited")

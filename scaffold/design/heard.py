"""Events of a provider that a feature takes itself: what the machinery of signed events is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from scaffold import naming

if TYPE_CHECKING:
    from scaffold.design.model import Design


@dataclass(frozen=True, slots=True)
class Heard:
    """A provider whose events a feature takes, and what is done with them.

    `scheme` is how it signs, `secrets` are environment variables, and `account` and `mode` where an
    event says whose it is and whether it is live. `types` are those that are taken; what has
    another place for its account is in `accounts`. `handler` and `model` are names of the `module`
    of the package: the function that is called, and the model of its body, whose one member is the
    `event`. `effect` says in words what events do, and `keys` where the spec says it.
    """

    name: str
    scheme: Literal["stripe", "standard"]
    tolerance: int
    secrets: tuple[str, ...]
    account: tuple[str, ...]
    mode: tuple[str, ...]
    types: tuple[str, ...]
    module: str
    handler: str
    model: str
    effect: str
    body_max: int
    accounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def path(provider: str) -> str:
    """Where a provider sends its events, whoever takes them: its name is in it, and no key says
    another place, which would be one more thing to set at the provider and to review."""
    return f"/webhooks/{naming.segment(provider)}"


def heard(design: Design) -> Iterator[Heard]:
    """What the features hear."""
    from scaffold.features import FEATURES  # which this is a part of the design of

    for each in FEATURES:
        yield from each.hears(design)

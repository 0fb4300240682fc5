"""What members may spend now, and could not before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from scaffold.drift.spec.witness import Asked
from scaffold.drift.witness import Trial, Tried, Witness

_MOST = re.compile(r"([0-9.]+)( a \w+)?", re.ASCII)


def beyond_cap(most: str, asked: Asked) -> Iterator[Witness]:
    """One more than a role might spend: by one use, as a member, or by all members together."""
    cap, role = asked.match["name"], asked.match["role"]
    old, new = _MOST.fullmatch(asked.old), _MOST.fullmatch(asked.now)
    if old is None or (new and (new[2] != old[2] or Decimal(new[1]) < Decimal(old[1]) + 1)):
        return
    imports = (
        "from decimal import Decimal",
        "from tests.contract.harness import world_of",
        "from tests.contract.test_caps import before, spend",
    )
    view = {"cap": cap, "role": role, "most": most, "old": old[1]}
    trial = Trial(
        f"{role}_spends_beyond_{cap}_{most}",
        "caps/witness_spend.jinja",
        view,
        r"'cap'",
        imports,
    )
    yield Tried(f"{role} spends more than {asked.old} of {cap} ({most}) now", trial)

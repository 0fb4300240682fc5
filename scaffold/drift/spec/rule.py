"""Rules of the spec: which facts of the surface each one judges."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from scaffold.drift.rule import Example, Rule
from scaffold.drift.verdict import Exact, Order
from scaffold.drift.witness import Shows, Untried
from scaffold.tree.paths import SPEC

if TYPE_CHECKING:
    from scaffold.drift.spec.state import State

Point = Callable[["State", re.Match[str], str], Any]
"""The value that is compared, from a state, the match of a key, and the text of the fact."""

_GROUPS: Final = {
    "op": r"[a-z][a-z0-9_]*(?::[a-z0-9_]+)?",
    "permission": r"[a-z][a-z0-9_]*:[a-z0-9_]+",
    "entity": r"[a-z][a-z0-9_]*",
    "column": r"[a-z][a-z0-9_]*",
    "field": r"[a-z][a-z0-9_]*\.[a-z0-9_]+",
    "role": r"[a-z][a-z0-9_]*",
    "plan": r"[a-z][a-z0-9_]*",
    "issuer": r"\S+",
    "webhook": r"[a-z][a-z0-9_]*",
    "event": r"[a-z0-9_]+\.[a-z0-9_]+",
    "name": r".+",
}
"""What the parts of a key look like: in a pattern, `{op}` stands for the name of an operation."""

SECTIONS: Final = {
    "scaffold": "2",
    "service": "{name: shop, title: Shop}",
    "tenancy": "{tenant: company}",
    "identity": (
        "{issuers: [{issuer: https://login.example.com/, audience: shop, algorithms: [ES256]}]}"
    ),
    "roles": "{clerk: {can: [{do: [list, read, create], on: note}]}}",
    "resources": "{note: {owner: owner_id, fields: {body: {type: text, max: 500}}}}",
}
"""The sections of an example that it does not say itself."""


@dataclass(frozen=True)
class Claim:
    """Facts that a rule judges: those of a section whose key has this form.

    Where a key names something that is not there in the other state, such as an operation, only
    the claims that `lead` for it speak: the others are part of it.
    """

    section: str
    key: str
    order: Order = field(default_factory=Exact)
    lead: tuple[str, ...] = ()
    point: Point | None = None
    shows: Shows = field(kw_only=True)
    """How it is shown what becomes possible when they widen."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The form of a key, with a group for each part."""
        parts = re.split(r"\{([a-z]+)\}", self.key)
        text = "".join(
            f"(?P<{each}>{_GROUPS[each]})" if index % 2 else re.escape(each)
            for index, each in enumerate(parts)
        )
        return re.compile(text, re.ASCII)


@dataclass(frozen=True)
class Waiver:
    """Facts that no rule judges, and why: they permit nothing."""

    section: str
    key: str
    reason: str

    @cached_property
    def claim(self) -> Claim:
        """The facts, as a claim."""
        return Claim(self.section, self.key, shows=Untried(self.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecRule(Rule):
    """A rule about facts of the spec. `told` says whether a client can tell a change."""

    claims: tuple[Claim, ...]
    told: bool = True


def whole(sections: str) -> str:
    """The text of a spec with these sections, and sound ones for those that are left out."""
    given = set(re.findall(r"^([a-z]+):", sections, re.MULTILINE))
    missing = [f"{key}: {text}" for key, text in SECTIONS.items() if key not in given]
    return "\n".join([sections.strip("\n"), *missing, ""])


def example(sections: str, change: tuple[str, str], dual: tuple[str, str]) -> Example:
    """An example of a rule of the spec: in its text, each first text becomes the second one."""
    text = whole(sections)
    assert change[0] in text and dual[0] in text, sections
    return Example(
        files={SPEC: text},
        change={SPEC: text.replace(*change, 1)},
        dual={SPEC: text.replace(*dual, 1)},
    )

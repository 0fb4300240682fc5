"""How a difference between two databases is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scaffold.live.facts import CONDITIONS, GRANTED, Fact

MOST = 300
"""Characters of a property that a message has."""
LONG = ("text", "definition")
"""Properties that are too long to be told."""


def missing(fact: Fact) -> str:
    """What the spec yields and the database does not have."""
    if fact.privileges:
        return f"lack {_listed(fact.about)}, which the spec yields"
    return "is missing"


def unexpected(fact: Fact) -> str:
    """What the database has and the spec does not yield."""
    if fact.privileges:
        return f"include {_listed(fact.about)}, which the spec does not yield"
    if fact.kind == "policy":
        return f"is of no release of the spec: {_policy(fact.about)}"
    said = fact.about.get("")
    return f"is not what the spec yields{f': {_short(said)}' if said else ''}"


def changed(found: Fact, wanted: Fact) -> str:
    """What differs between two facts of the same thing; empty where nothing does."""
    if found.privileges:
        return _privileges(found, wanted)
    return "; ".join(_differences(found.about, wanted))


def attributes(found: frozenset[str], wanted: frozenset[str]) -> str:
    """How the attributes of a role differ, each in the word of CREATE ROLE."""
    wrong = ", ".join(sorted(wanted - found))
    opposite = {each[2:] if each.startswith("no") else f"no{each}" for each in wanted - found}
    return f"is {', '.join(sorted(opposite))}, and roles.sql makes it {wrong}"


def _privileges(found: Fact, wanted: Fact) -> str:
    more = {each: GRANTED for each in found.about if each not in wanted.about}
    less = {each: GRANTED for each in wanted.about if each not in found.about}
    return "; ".join(
        [
            *([f"include {_listed(more)}, which the spec does not yield"] if more else []),
            *([f"lack {_listed(less)}, which the spec yields"] if less else []),
        ]
    )


def _differences(found: Mapping[str, str], wanted: Fact) -> Iterator[str]:
    for name in sorted(found.keys() | wanted.about.keys()):
        now, then = found.get(name, "none"), wanted.about.get(name, "none")
        if now in (then, wanted.also.get(name)):
            continue
        if name in LONG:
            yield f"has another {name} than the spec yields"
        elif name in CONDITIONS:
            yield f"is {name} {_short(now)}, and the spec yields {name} {_short(then)}"
        elif name:
            yield f"has {name} {_short(now)}, and the spec yields {_short(then)}"
        else:
            yield f"is {_short(now)}, and the spec yields {_short(then)}"


def _policy(about: Mapping[str, str]) -> str:
    head = f"{about['mode']} for {about['command']} to {about.get('roles', 'nobody')}"
    conditions = (f"{each} {_short(about[each])}" for each in CONDITIONS if each in about)
    return " ".join([head, *conditions])


def _listed(about: Mapping[str, str]) -> str:
    return ", ".join(sorted(about))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= MOST else f"{flat[:MOST]}..."

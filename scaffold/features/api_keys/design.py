"""What API keys mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scaffold.design.model import Design, Operation
from scaffold.design.outcomes import Outcome
from scaffold.design.surface import Fact
from scaffold.spec.built_in import built_in

API_KEY = "api_key"
"""The resource of keys, and their table."""

OUTCOMES = (
    Outcome("key_unknown", 401, "no such key, or another secret"),
    Outcome("key_revoked", 401, "the key is revoked"),
    Outcome("key_expired", 401, "the key has expired"),
    Outcome("key_elsewhere", 401, "the key is used outside of its networks"),
    Outcome("key_scope_missing", 403, "The operations of this key are others."),
    Outcome("key_not_allowed", 403, "No key changes keys, members or the tenant."),
    Outcome("key_ended", 409, "A key that is revoked stays so: create another one."),
)
UNPROVEN = tuple(each.code for each in OUTCOMES if each.status == 401)
"""The outcomes after which nobody has shown a key that is good."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The permissions that keys can have, and how many seconds they work at most."""

    permissions: tuple[str, ...]
    max_lifetime: int


@dataclass(frozen=True, slots=True)
class View:
    """What the templates are told: the operations on keys that somebody is granted, the permissions
    that keys can have, how many seconds they work at most, and the outcomes of bad keys."""

    granted: frozenset[str]
    permissions: tuple[str, ...]
    max_lifetime: int
    unproven: tuple[str, ...]

    def has(self, *names: str) -> bool:
        """Is one of these granted?"""
        return not self.granted.isdisjoint(names)


def used(design: Design) -> bool:
    """Is somebody granted keys?"""
    return API_KEY in design.operated


def permissions(design: Design) -> tuple[str, ...]:
    """The permissions that keys can have."""
    return _bounds(design).permissions


def max_lifetime(design: Design) -> int:
    """How many seconds a key works at most."""
    return _bounds(design).max_lifetime


def _bounds(design: Design) -> Bounds:
    found = design.trait(Bounds)
    assert found is not None
    return found


def withheld(operation: Operation) -> bool:
    """Does no key do this? What the service has built in decides who may do what: a key that wrote
    it would give rights, to others or to itself."""
    return operation.writes and operation.entity in built_in()


def facts(design: Design) -> Iterator[tuple[str, Fact]]:
    """What keys can be good for, and for how long."""
    yield "limits", ("api_key lifetime", f"{max_lifetime(design)} s")
    for each in permissions(design):
        yield "operations", (f"{each} by api_key", "within the rights of its member")


def view(design: Design) -> View:
    """The view of a design."""
    found = [each for each in design.operations if each.entity == API_KEY]
    granted = frozenset(each.action or each.verb for each in found)
    return View(granted, permissions(design), max_lifetime(design), UNPROVEN)

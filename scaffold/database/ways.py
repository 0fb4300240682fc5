"""The ways in which a caller may be let in, as named booleans of a stored function."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scaffold.database.layout import TRUE, Sql
from scaffold.database.predicates import Binding, listed_roles
from scaffold.database.sql import named
from scaffold.design.model import Alternative, Term


@dataclass(frozen=True, slots=True)
class Way:
    """A way in which a caller may be let in: a boolean of a function, and its test of the roles."""

    name: str
    test: Sql


class Ways:
    """The ways that one function asks about, each declared once and named by what it is for.

    `taken` are names that mean something else there. `admitted` are the roles of which the caller
    is known to hold one: what all of them have is not asked again. The claims of the caller are
    members of the variable `caller`.
    """

    def __init__(
        self,
        taken: Iterable[str] = (),
        admitted: Iterable[str] = (),
        *,
        caller: str = "v_caller",
        tenant: str = "p_tenant",
    ) -> None:
        self._taken = set(taken)
        self._admitted = frozenset(admitted)
        self._caller = caller
        self._tenant = tenant
        self._found: dict[tuple[str, ...], Way] = {}

    @property
    def all(self) -> tuple[Way, ...]:
        """Those asked about so far."""
        return tuple(self._found.values())

    def binding(self, do: str, admitted: Iterable[str] | None = None) -> Binding:
        """The function's variables, for an operation that is called `do`."""
        known = self._admitted if admitted is None else frozenset(admitted)
        return Binding(
            member=f"{self._caller}.member",
            claim=self._claim,
            listed=lambda term: f"{self._caller}.{claim_name(term.name)} is not null",
            tenant=self._tenant,
            holds=lambda each: self._holds(do, each, known),
            sees=lambda each: self._holds("see", each, known),
        )

    def _claim(self, term: Term) -> Sql:
        return f"{self._caller}.{claim_name(term.name)}"

    def _holds(self, do: str, each: Alternative, admitted: frozenset[str]) -> Sql:
        if admitted and admitted <= set(each.roles):
            return TRUE
        if each.roles not in self._found:
            test = listed_roles(f"{self._caller}.roles && ", each.roles)
            self._found[each.roles] = Way(self._name(do, each.roles), test)
            self._taken.add(self._found[each.roles].name)
        return self._found[each.roles].name

    def _name(self, do: str, roles: tuple[str, ...]) -> str:
        """What is done, and as whom where that is short."""
        base = named(do, "as", *roles) if len(roles) <= 2 else named(do, "any")
        numbered = (named(base, str(number)) for number in range(2, len(self._taken) + 3))
        return next(name for name in (base, *numbered) if name not in self._taken)


def claim_name(name: str) -> str:
    """The member of a caller that holds an attribute of the user."""
    return named("user", name)

"""Conditions as SQL: the same predicate for a statement and for a row-level security policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scaffold.database.sql import array, identifier, literal
from scaffold.design.model import Alternative, Condition, Design, Term

TRUE = "true"


@dataclass(frozen=True, slots=True)
class Binding:
    """How a place in the SQL reaches the caller: their roles, id, claims and tenant."""

    roles: str
    member: str
    attributes: str
    tenant: str


# In a generated function, whose variables hold what `enter` found.
FUNCTION = Binding(
    roles="v_roles",
    member="v_member",
    attributes="p_caller -> 'attributes'",
    tenant="p_tenant",
)
# In a statement that a generated function builds and runs with these parameters.
DYNAMIC = Binding(roles="$3", member="$2", attributes="$4", tenant="$1")
# In a policy: what `enter` bound to the transaction. Each is an initplan, evaluated once.
POLICY = Binding(
    roles="(select nullif(current_setting('app.roles', true), '')::text[])",
    member="(select nullif(current_setting('app.member_id', true), '')::uuid)",
    attributes="nullif(current_setting('app.attributes', true), '')::jsonb",
    tenant="(select current_setting('app.tenant_id', true)::uuid)",
)


class Predicates:
    """Writes the conditions of one design as SQL."""

    def __init__(self, design: Design) -> None:
        self._schema = identifier(design.name)
        self._tenant = identifier(design.tenant)

    def held(self, roles: Iterable[str], binding: Binding) -> str:
        """Does the caller hold one of `roles`?"""
        return f"{binding.roles} && {array(tuple(sorted(set(roles))))}"

    def reach(self, alternatives: Sequence[Alternative], binding: Binding, row: str) -> str:
        """Does some alternative allow the caller this row, whatever its fields are?"""
        return any_of(self.alternative(each, binding, row) for each in by_row(alternatives))

    def alternative(self, each: Alternative, binding: Binding, row: str) -> str:
        """Does this alternative allow the caller this row?"""
        held = f"(select {self.held(each.roles, binding)})"  # asked once, not for each row
        return all_of([held, *self.conditions(each, binding, row)])

    def conditions(self, each: Alternative, binding: Binding, row: str) -> list[str]:
        """The conjuncts of an alternative, its roles left out."""
        return [self._condition(condition, binding, row) for condition in each.conditions]

    def _condition(self, each: Condition, binding: Binding, row: str) -> str:
        left = self._term(each.left, binding, row)
        if isinstance(each.right, tuple):
            values = [literal(value) for value in each.right]
            if each.operator == "eq":
                return f"{left} = {values[0]}"
            return f"{left} in ({', '.join(values)})"
        right = self._term(each.right, binding, row)
        if each.left.kind.sql == "uuid" and each.right.kind.textual:
            # As text: a claim that is no UUID names no row, and must not be an error.
            left = f"{left}::text"
        if each.operator == "eq":
            return f"{left} = {right}"
        return f"{left} in {right}"

    def _term(self, term: Term, binding: Binding, row: str) -> str:
        match term.source:
            case "field":
                return f"{row}.{identifier(term.name)}"
            case "user" if term.name == "id":
                return binding.member
            case "user" if term.many:
                claim = f"{binding.attributes} -> {literal(term.name)}"
                return f"(select jsonb_array_elements_text({claim}))"
            case "user":
                claim = f"({binding.attributes} ->> {literal(term.name)})"
                return f"(select {claim}{_cast(term)})"
            case "tenant":
                column = identifier(term.name)
                source = f"{self._schema}.{self._tenant}"  # identifiers of the design
                return f"(select o.{column} from {source} o where o.id = {binding.tenant})"  # noqa: S608
            case _:
                return "(select current_setting('app.environment', true))"


def by_row(alternatives: Sequence[Alternative]) -> list[Alternative]:
    """The alternatives by their conditions: roles united, fields left out."""
    roles: dict[tuple[Condition, ...], set[str]] = {}
    for each in alternatives:
        roles.setdefault(each.conditions, set()).update(each.roles)
    free = roles.get((), set())
    return [
        Alternative(tuple(sorted(kept)), conditions, None)
        for conditions, held in roles.items()
        if (kept := held - free if conditions else held)
    ]


def _cast(term: Term) -> str:
    return "" if term.kind.textual else f"::{term.kind.sql}"


def all_of(parts: Sequence[str]) -> str:
    """The conjunction of predicates."""
    return " and ".join(parts) if parts else TRUE


def any_of(parts: Iterable[str]) -> str:
    """The disjunction of predicates; none at all is false."""
    found = list(parts)
    if not found:
        return "false"
    if len(found) == 1:
        return found[0]
    return "(" + " or ".join(f"({part})" for part in found) + ")"

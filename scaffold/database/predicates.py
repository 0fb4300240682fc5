"""Conditions as SQL: the same predicate for a statement and for a row-level security policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from scaffold.database.layout import TRUE, Group, Sql, all_of, any_of, listed, parenthesized
from scaffold.database.sql import identifier, literal
from scaffold.design.model import Alternative, Condition, Design, Term


@dataclass(frozen=True, slots=True)
class Binding:
    """How a place in the SQL reaches the caller: their id, claims and tenant.

    `claim` is the value of an attribute of the caller. `holds` is the test that they hold one of
    the roles of an alternative, `sees` the same where it is about the fields of a row.
    """

    member: str
    claim: Callable[[Term], Sql]
    tenant: str
    holds: Callable[[Alternative], Sql]
    sees: Callable[[Alternative], Sql]

    @property
    def seeing(self) -> Binding:
        """The same, where it is about the fields of a row."""
        return replace(self, holds=self.sees)


TENANT_WRITTEN = "current_setting('app.tenant_id', true)::uuid"
"""The tenant of this transaction. Unset it is '', which is no UUID: an error, no empty answer."""

TENANT_BOUND = f"(select {TENANT_WRITTEN})"
"""The same, where rows are read: PostgreSQL evaluates it once a statement.

In both forms a prover can decide the policy.
"""

ORGANIZATION_BOUND: Sql = all_of(
    (
        "issuer = (select current_setting('app.issuer', true))",
        "organization = (select current_setting('app.organization', true))",
    )
)
"""The organization that a verified token names: its tenant is not known before it is looked up."""


def bound(scope: str, *, written: bool = False) -> Binding:
    """The binding of a policy: what `enter_` bound to the transaction, in settings of `scope`.

    Two releases with different policies have different scopes, so that the policies of one let
    nothing through in a transaction of the other. `written` is for a policy of rows to be written:
    a statement writes a row or two, and to ask once more is cheaper than to prepare a subquery.
    """

    def setting(name: str) -> str:
        return f"nullif(current_setting('{scope}.{name}', true), '')"

    def once(value: str) -> str:
        return value if written else f"(select {value})"

    def holds(each: Alternative) -> Sql:
        # Asked once a statement and not once a row, as a subquery. Do not put it into a function,
        # and do not ask it of each row: the planner would no longer use the index of a list.
        before, after = ("", "") if written else ("(select ", ")")
        return listed_roles(f"{before}{setting('roles')}::text[] && ", each.roles, after)

    def claim(term: Term) -> Sql:
        attributes = f"{setting('attributes')}::jsonb"
        if term.many:
            value = f"{attributes} -> {literal(term.name)})"
            return _query("select jsonb_array_elements_text(", value)
        return _query(f"select ({attributes}", f" ->> {literal(term.name)}){cast(term)}")

    tenant = TENANT_WRITTEN if written else TENANT_BOUND
    return Binding(once(f"{setting('member_id')}::uuid"), claim, tenant, holds, holds)


def listed_roles(before: str, roles: Iterable[str], after: str = "") -> Sql:
    """A test of an array of roles."""
    return listed((literal(each) for each in sorted(set(roles))), f"{before}array[", f"]{after}")


Within = Callable[[Alternative], Sql]
"""What an alternative asks beside its roles and its conditions."""


def _nothing(each: Alternative) -> Sql:
    """It asks nothing besides."""
    del each
    return TRUE


class Predicates:
    """Writes the conditions of one design as SQL."""

    def __init__(self, design: Design) -> None:
        self._tenant = identifier(design.tenant)

    def reach(
        self,
        alternatives: Sequence[Alternative],
        binding: Binding,
        row: str,
        within: Within | None = None,
    ) -> Sql:
        """Does some alternative allow the caller this row?

        `within` is what an alternative asks besides: of what is sent, above all.
        """
        asked = within or _nothing
        if all(asked(each) == TRUE for each in alternatives):
            asked, alternatives = _nothing, by_row(alternatives)
        common, rest = _factored(alternatives)
        shared = [self._condition(each, binding, row) for each in common]
        return all_of([*shared, self._some(rest, binding, row, asked)])

    def _some(
        self, alternatives: Sequence[Alternative], binding: Binding, row: str, asked: Within
    ) -> Sql:
        """One of the alternatives; where one is certain, the others are not asked about."""
        found = []
        for each in sorted(alternatives, key=lambda each: bool(each.conditions)):
            conditions = self.conditions(each, binding, row)
            test = all_of([binding.holds(each), asked(each), *conditions])
            if test == TRUE:
                return TRUE
            found.append(test)
        return any_of(found)

    def conditions(self, each: Alternative, binding: Binding, row: str) -> list[Sql]:
        """The conjuncts of an alternative, its roles left out."""
        return [self._condition(condition, binding, row) for condition in each.conditions]

    def _condition(self, each: Condition, binding: Binding, row: str) -> Sql:
        left = self._term(each.left, binding, row)
        if isinstance(each.right, tuple):
            values = [literal(value) for value in each.right]
            if each.operator == "eq":
                return _compare(left, "=", values[0])
            return _compare(left, "in", listed(values))
        right = self._term(each.right, binding, row)
        if each.left.kind.sql == "uuid" and each.right.kind.textual and isinstance(left, str):
            # As text: a claim that is no UUID names no row, and must not be an error.
            left = f"{left}::text"
        if each.operator == "eq":
            return _compare(left, "=", right)
        return _compare(left, "= any", parenthesized(right))

    def _term(self, term: Term, binding: Binding, row: str) -> Sql:
        match term.source:
            case "field":
                return f"{row}.{identifier(term.name)}"
            case "user" if term.name == "id":
                return binding.member
            case "user":
                return binding.claim(term)
            case "tenant":
                column = identifier(term.name)
                where = f"where o.id = {binding.tenant}"
                return _query(f"select o.{column} ", f"from {self._tenant} o ", where)
            case _:
                return "(select current_setting('app.environment', true))"


def _query(*parts: str) -> Sql:
    """A subquery, which may be broken between its parts."""
    return Group(parts, "", "(", ")")


def _compare(left: Sql, operator: str, right: Sql) -> Sql:
    if isinstance(left, str):
        return Group((f"{left} {operator}", right), " ")
    return Group((left, Group((operator, right), " ")), " ")


def _factored(
    alternatives: Sequence[Alternative],
) -> tuple[list[Condition], list[Alternative]]:
    """The conditions that every alternative has, and the alternatives without them."""
    common = [
        condition
        for condition in (alternatives[0].conditions if alternatives else ())
        if all(condition in each.conditions for each in alternatives)
    ]
    if not common:
        return [], list(alternatives)
    rest = [
        replace(each, conditions=tuple(c for c in each.conditions if c not in common))
        for each in alternatives
    ]
    return common, rest


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


def sent_within(source: str) -> Within | None:
    """Are the names of the JSON object `source` all among the fields of an alternative?"""

    def within(each: Alternative) -> Sql:
        if each.fields is None:
            return TRUE
        names = [literal(name) for name in each.fields or ("",)]
        return listed(names, f"{source} - array[", "] = '{}'")

    return within if source else None


def cast(term: Term) -> str:
    """What makes the text of a claim a value of its type."""
    return "" if term.kind.textual else f"::{term.kind.sql}"

"""Conditions as SQL: the same predicate for a statement and for a row-level security policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from scaffold.database.layout import TRUE, Group, Sql, all_of, any_of, listed, parenthesized
from scaffold.database.sql import identifier, literal
from scaffold.design.model import SIGNS, Alternative, Condition, Design, Entity, Term


@dataclass(frozen=True, slots=True)
class Binding:
    """How a place in the SQL reaches the caller: their id, claims and tenant.

    `claim` is the value of an attribute of the caller, and `listed` the test that there is one,
    where it is a list. `holds` is the test that they hold one of the roles of an alternative,
    `sees` the same where it is about the fields of a row.
    """

    member: str
    claim: Callable[[Term], Sql]
    listed: Callable[[Term], Sql]
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
"""The same, where each row is asked: PostgreSQL evaluates it once a statement.

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

    attributes = f"{setting('attributes')}::jsonb"

    def there(term: Term) -> Sql:
        return _query(f"select {attributes} ? {literal(term.name)}")

    def claim(term: Term) -> Sql:
        if term.many:
            value = f"{attributes} -> {literal(term.name)})"
            return _query("select jsonb_array_elements_text(", value)
        return _query(f"select ({attributes}", f" ->> {literal(term.name)}){cast(term)}")

    tenant = TENANT_WRITTEN if written else TENANT_BOUND
    return Binding(once(f"{setting('member_id')}::uuid"), claim, there, tenant, holds, holds)


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
        shared = [test for each in common for test in self._condition(each, binding, row)]
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
        return [
            test
            for condition in each.conditions
            for test in self._condition(condition, binding, row)
        ]

    def _condition(self, each: Condition, binding: Binding, row: str) -> list[Sql]:
        """The conjuncts of a condition, which is never met for want of a value.

        A negated one is met by a column that is null; what it is compared with has to be there.
        """
        left = self._term(each.left, binding, row)
        if each.operator == "null":
            return [Group((left, f"is {'not ' if each.negated else ''}null"), " ")]
        if each.operator == "contains":
            test = self._contains(each, left, binding, row)
        elif isinstance(each.right, tuple):
            test = _with_literals(each, left, [literal(value) for value in each.right])
        else:
            test = _with_term(each, left, self._term(each.right, binding, row))
        distinct = each.operator == "eq"  # says by itself what it makes of null
        if each.open_to_null and not distinct:
            test = any_of([Group((left, "is null"), " "), test])
        certain = distinct and not each.nullable
        if each.negated and isinstance(each.right, Term) and not certain:
            return [test, self._present(each.right, binding, row)]
        return [test]

    def _contains(self, each: Condition, left: Sql, binding: Binding, row: str) -> Sql:
        """Whether a JSON array has an item: `?` asks for text, `@>` for a number."""
        held = each.left.kind.held
        assert held is not None, "only a list contains"
        number = isinstance(each.right, tuple) and isinstance(each.right[0], int)
        if isinstance(each.right, tuple):
            item: Sql = literal(str(each.right[0]))
        else:
            item = self._term(each.right, binding, row)
            number = not each.right.kind.textual and not each.with_caller
            if number:
                item = Group((item,), "", "to_jsonb(", ")")
            elif each.with_caller:
                item = f"{binding.member}::text"
        test = _compare(left, "@>" if number else "?", item)
        return Group((test,), "", "not (", ")") if each.negated else test

    def _present(self, term: Term, binding: Binding, row: str) -> Sql:
        """Is there a value of a term?"""
        if term.many:
            return binding.listed(term)
        return Group((self._term(term, binding, row), "is not null"), " ")

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


def _with_literals(each: Condition, left: Sql, values: list[str]) -> Sql:
    match each.operator:
        case "eq" if not each.negated:
            return _compare(left, "=", values[0])
        case "eq":
            return _compare(left, "is distinct from" if each.nullable else "<>", values[0])
        case "in":
            return _compare(left, "not in" if each.negated else "in", listed(values))
    assert each.order is not None, "all others have been told apart"
    return _compare(left, SIGNS[each.order], values[0])


def _with_term(each: Condition, left: Sql, right: Sql) -> Sql:
    assert isinstance(each.right, Term), "literals are compared elsewhere"
    if each.left.kind.sql == "uuid" and each.right.kind.textual and isinstance(left, str):
        # As text: a claim that is no UUID names no row, and must not be an error.
        left = f"{left}::text"
    match each.operator:
        case "eq" if not each.negated:
            return _compare(left, "=", right)
        case "eq":
            return _compare(left, "is distinct from" if each.nullable else "<>", right)
        case "in":
            return _compare(left, "<> all" if each.negated else "= any", parenthesized(right))
    assert each.order is not None, "all others have been told apart"
    return _compare(left, SIGNS[each.order], right)


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
    """The alternatives by their conditions: roles united, fields left out.

    What a role may do under fewer conditions is not asked again under more of them.
    """
    roles: dict[tuple[Condition, ...], set[str]] = {}
    for each in alternatives:
        roles.setdefault(each.conditions, set()).update(each.roles)

    def wider(conditions: tuple[Condition, ...]) -> set[str]:
        fewer = (held for other, held in roles.items() if set(other) < set(conditions))
        return {role for held in fewer for role in held}

    return [
        Alternative(tuple(sorted(kept)), conditions, None)
        for conditions, held in roles.items()
        if (kept := held - wider(conditions))
    ]


def of_maker(alternatives: Iterable[Alternative], entity: Entity) -> list[Alternative]:
    """The alternatives as they are asked of a row that the caller makes, which is their own."""
    own = {each.name for each in entity.columns if each.origin == "owner"}
    return [
        replace(
            each,
            conditions=tuple(
                condition
                for condition in each.conditions
                if not (condition.of_caller and condition.left.name in own)
            ),
        )
        for each in alternatives
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

"""Conditions, fields and durations in words that read aloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scaffold.design.model import Condition, Join, Operation, Role, Term, Touch
from scaffold.design.surface import Way, literal_text
from scaffold.features import FEATURES
from scaffold.naming import words
from scaffold.spec.conditions import Order

EVERYTHING = "✓"
_ORDERS: Mapping[Order, str] = {
    "lt": "less than",
    "lte": "at most",
    "gt": "more than",
    "gte": "at least",
}
WITHOUT = "Without a permission"
"""What stands above the operations that no role is granted."""


class Words:
    """Words for a service whose tenants have a name of their own."""

    def __init__(self, tenant: str) -> None:
        self._tenant = words(tenant)

    def allowed(self, ways: Sequence[Way]) -> str:
        """What a cell of the matrix says; nothing where the operation is refused."""
        phrases = [phrase for each in ways if (phrase := self.phrase(each))]
        if len(phrases) < len(ways):
            return EVERYTHING
        return f"{EVERYTHING} {'; or '.join(phrases)}" if phrases else ""

    def phrase(self, way: Way) -> str:
        """The limits of one way: `only title, if status is draft`; nothing without limits."""
        parts = []
        if way.fields is not None:
            parts.append(f"only {joined(way.fields, 'and')}" if way.fields else "without fields")
        if way.gives is not None:
            parts.append(f"only the role{'s' * (len(way.gives) > 1)} {joined(way.gives, 'and')}")
        if way.conditions:
            # The owner last, as one would say it.
            ordered = sorted(way.conditions, key=lambda each: each.with_caller)
            parts.append(f"if {' and '.join(map(self.condition, ordered))}")
        return ", ".join(parts)

    def condition(self, condition: Condition) -> str:
        """One condition: `region is one of your regions`."""
        left, right = self._term(condition.left), condition.right
        no = "not " if condition.negated else ""
        is_ = f"{left} is {no}"
        if condition.operator == "null":
            return f"{is_}empty"
        if condition.operator == "contains":
            verb = "does not contain" if condition.negated else "contains"
            return f"{left} {verb} {self._side(condition)}"
        if order := condition.order:
            return f"{is_}{_ORDERS[order]} {self._side(condition)}"
        if condition.with_caller and condition.left.kind.of_member:
            return f"{is_}you"
        if condition.with_caller:
            return f"you are {no}the owner ({left})"
        if isinstance(right, tuple) and condition.negated and len(right) > 1:
            return f"{left} is none of {joined(map(literal_text, right), 'and')}"
        if isinstance(right, tuple):
            return f"{is_}{joined(map(literal_text, right), 'or')}"
        if condition.operator == "in":
            return f"{left} is {'none' if condition.negated else 'one'} of {self._term(right)}"
        return f"{is_}{self._term(right)}"

    def _side(self, condition: Condition) -> str:
        """The right side, where it is one value."""
        right = condition.right
        if condition.with_caller:
            return "you"
        return self._term(right) if isinstance(right, Term) else literal_text(right[0])

    def _term(self, term: Term) -> str:
        match term.source:
            case "field":
                return term.name
            case "user":
                return f"your {words(term.name)}"
            case "tenant":
                return f"the {self._tenant}'s {words(term.name)}"
            case _:
                return "the environment"


def demands(operation: Operation) -> str:
    """What a caller must bring beyond a role, and what the hook does to other rows, in words;
    nothing where it is nothing."""
    parts = ["If-Match"] if operation.conditional else []
    if operation.searches:
        parts.append(f"POST for {joined(operation.kept, 'and')}" if operation.kept else "POST")
    parts += (need for each in FEATURES for need in each.needs(operation))
    touched = joined(map(_touch, operation.touches), "and")
    return "; ".join(each for each in (", ".join(parts), f"hook {touched}") if each != "hook ")


def exception(join: Join) -> str:
    """An operation that no role is granted: `POST /invitations/accept: whoever has ...`."""
    return f"{join.operation.method} {join.operation.path}: {join.who}"


def _touch(touch: Touch) -> str:
    """`updates invoice_line (locked)`."""
    written = touch.verb in ("create", "update")
    fields = f" ({', '.join(touch.fields) or 'no field'})" if written else ""
    return f"{touch.verb}s {touch.entity}{fields}"


def holder(role: Role) -> str:
    """Who holds a role, and with which second factor; nothing for a person without one."""
    parts = ["service"] if role.kind == "service" else []
    if role.mfa is not None:
        parts.append("phishing-resistant MFA" if role.mfa == "phishing_resistant" else "MFA")
    return ", ".join(parts)


def duration(seconds: int) -> str:
    """Seconds in the largest unit that holds them exactly: `5 min`."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def joined(names: Iterable[str], last: str) -> str:
    """`a, b and c`."""
    found = list(names)
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} {last} {found[-1]}"

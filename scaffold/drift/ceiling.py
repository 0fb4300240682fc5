"""The ceiling: bounds that an organisation sets for what any change may make of a project.

They are read from the base and never from the head, as approvals are. An entry names a rule, the
key of facts, in which `*` stands for any text, and a bound in the order of that rule. What is new
or wider than before has to be within; what the base has already is told, and blocks nothing. The
file is input from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from scaffold.drift.change import ABSENT, Change
from scaffold.drift.facts import Fact, Place, Surface, surface_of
from scaffold.drift.project import documents
from scaffold.drift.rule import Rule
from scaffold.drift.rules import known
from scaffold.drift.rules.ceiling import ABOVE, ALREADY, LOOSENED, PATH
from scaffold.drift.spec.rule import SpecRule
from scaffold.drift.trees import Tree, TreeError
from scaffold.drift.verdict import Order, Verdict, combined
from scaffold.spec.problems import escape, quote

MAX_BYTES: Final = 64 * 1024
MAX_ENTRIES: Final = 500
MAX_TEXT: Final = 500
KEYS: Final = ("rule", "key", "bound", "reason")
NEEDED: Final = ("rule", "key", "bound")
WITHIN: Final = frozenset({"equal", "narrowed"})

Judged = Mapping[tuple[str, str], tuple[Fact, Order]]
"""Facts by the id of their rule and their key, each with the order that its values stand in."""


@dataclass(frozen=True, slots=True)
class Bound:
    """An entry: what the facts of a rule whose keys match may be at most. `line` is its own."""

    rule: Rule
    key: str
    bound: str
    line: int

    @property
    def name(self) -> str:
        """What it is about."""
        return f"{self.rule.id} {self.key}"

    @property
    def most(self) -> str | None:
        """The bound as an order compares it; None is that there may be no such fact."""
        return None if self.bound == ABSENT else self.bound

    @property
    def exact(self) -> bool:
        """Is it about one fact?"""
        return "*" not in self.key

    def matches(self, key: str) -> bool:
        """Is it about the fact of a key?"""
        parts = (re.escape(each) for each in self.key.split("*"))
        return re.fullmatch(".*".join(parts), key, re.DOTALL) is not None


@dataclass(frozen=True)
class Ceiling:
    """The bounds of a file, in its order."""

    bounds: tuple[Bound, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Bound]:
        """The bounds by what they are about."""
        return {each.name: each for each in self.bounds}


def orders(rule: Rule) -> list[Order]:
    """The orders of a rule in which somebody can write down a bound."""
    if isinstance(rule, SpecRule):
        found = [each.order for each in rule.claims]
    else:
        found = [rule.order] if rule.layer in ("code", "project") and rule.id[3] != "7" else []
    return [each for each in found if each.in_words]


def read(tree: Tree) -> Ceiling:
    """The ceiling of a tree; without a file there are no bounds.

    Raises:
        TreeError: the file is not right. The message says where and why.
    """
    entry = tree.entries.get(PATH)
    if entry is None:
        return Ceiling()
    content = tree.read(PATH) if entry.regular and entry.size <= MAX_BYTES else None
    if content is None:
        raise _wrong(tree, 1, f"it is no regular file of at most {MAX_BYTES} bytes")
    try:
        found = documents.entries(content.decode("utf-8"), "bounds", MAX_ENTRIES)
    except UnicodeDecodeError:
        raise _wrong(tree, 1, "it is not UTF-8") from None
    except documents.Unreadable as error:
        raise _wrong(tree, error.line, str(error)) from None
    bounds: dict[str, Bound] = {}
    for line, values in found:
        try:
            made = _bound(values, line)
        except ValueError as error:
            raise _wrong(tree, line, str(error)) from None
        if made.name in bounds:
            raise _wrong(tree, line, f"{quote(made.name)} has a bound already: remove one")
        bounds[made.name] = made
    return Ceiling(tuple(bounds.values()))


def _wrong(tree: Tree, line: int, message: str) -> TreeError:
    return TreeError(f"{PATH}:{line} of {tree.name}: {escape(message)}.")


def _bound(values: Mapping[str, str], line: int) -> Bound:
    """An entry.

    Raises:
        ValueError: it is not right.
    """
    for key in values:
        if key not in KEYS:
            raise ValueError(f"{quote(key)} is no key of a bound: there are {', '.join(KEYS)}")
    for key in NEEDED:
        if not values.get(key, "").strip() or len(values[key]) > MAX_TEXT:
            raise ValueError(f"{key} is to be text of at most {MAX_TEXT} characters")
    rule = known().get(values["rule"])
    if rule is None:
        raise ValueError(f"there is no rule {quote(values['rule'])}: scaffold rules lists them")
    possible = orders(rule)
    if not possible:
        raise ValueError(f"{rule.id} {rule.name} takes no bound: scaffold rules says which do")
    made = Bound(rule, values["key"], values["bound"], line)
    if made.most is not None and all(
        e.compare(made.most, made.most) == "unknown" for e in possible
    ):
        raise ValueError(
            f"{quote(made.bound)} is no value of {rule.id} {rule.name}: write one as reports do, "
            f"or {ABSENT}"
        )
    if isinstance(rule, SpecRule) and not _is_of(rule, made.key):
        forms = ", ".join(f"{each.section} {each.key}" for each in rule.claims)
        raise ValueError(f"{rule.id} {rule.name} has no fact {quote(made.key)}: it has {forms}")
    return made


def _is_of(rule: SpecRule, key: str) -> bool:
    """Can a fact of a rule have this key?"""
    section, _, rest = key.partition(" ")
    if "*" in key:
        return "*" in section or any(each.section == section for each in rule.claims)
    return any(
        each.section == section and each.pattern.fullmatch(rest) is not None for each in rule.claims
    )


def changes(before: Tree, after: Tree, old: Judged, new: Judged) -> Iterator[Change]:
    """What is above the ceiling of the base, and what became of the ceiling itself.

    Raises:
        TreeError: one of the two files is not right.
    """
    base, head = read(before), read(after)
    yield from _loosened(base, head)
    for bound in base.bounds:
        yield from _above(bound, old, new)


def surface(base: Tree) -> Surface:
    """The bounds of a tree as facts, which an approval of another bound begins from.

    Raises:
        TreeError: the file is not right.
    """
    return surface_of(_fact(each) for each in read(base).bounds)


def _fact(bound: Bound) -> Fact:
    return Fact(LOOSENED, bound.name, bound.bound, Place(PATH, bound.line))


def is_there(*trees: Tree | None) -> bool:
    """Has one of some trees a ceiling?"""
    return any(each is not None and PATH in each.entries for each in trees)


def _above(bound: Bound, old: Judged, new: Judged) -> Iterator[Change]:
    found: Iterable[tuple[str, str]] = (
        key for key in new if key[0] == bound.rule.id and bound.matches(key[1])
    )
    for key in sorted(found):
        fact, order = new[key]
        if _verdict(order, bound.most, fact) not in WITHIN:
            before = old.get(key)
            known_ = before is not None and _verdict_of(before, fact, order) in WITHIN
            yield _told(bound, fact.key, fact.value, fact.place, known=known_)
    key = (bound.rule.id, bound.key)
    if not bound.exact or key in new:
        return
    for order in orders(bound.rule):
        # Where nothing is said everything is permitted, such as without a limit.
        if order.absent == "everything" and bound.most is not None:
            place = old[key][0].place if key in old else Place(PATH, bound.line)
            yield _told(bound, bound.key, ABSENT, place, known=key not in old)
            return


def _verdict(order: Order, most: str | None, fact: Fact) -> Verdict:
    """What a value is beside a bound; one that cannot be compared is unknown."""
    if most is None:
        return order.verdict(None, fact.compared)
    if not order.in_words:
        return "unknown"
    compared = fact.compared
    words = isinstance(compared, str | frozenset)
    return "equal" if fact.value == most else order.verdict(most, compared if words else fact.value)


def _verdict_of(before: tuple[Fact, Order], fact: Fact, order: Order) -> Verdict:
    return order.verdict(before[0].compared, fact.compared)


def _told(bound: Bound, key: str, value: str, place: Place, *, known: bool) -> Change:
    rule = ALREADY if known else ABOVE
    name = f"{bound.rule.id} {key}"
    most = Fact(rule, name, f"at most {bound.bound}", Place(PATH, bound.line))
    return Change(rule, name, most, Fact(rule, name, value, place), "widened")


def _loosened(base: Ceiling, head: Ceiling) -> Iterator[Change]:
    for name in sorted(base.by_name.keys() | head.by_name.keys()):
        old, new = base.by_name.get(name), head.by_name.get(name)
        before, after = (_fact(each) if each else None for each in (old, new))
        if old is None:
            yield Change(LOOSENED, name, None, after, "narrowed")
        elif new is None:
            yield Change(LOOSENED, name, before, None, "widened")
        elif old.bound != new.bound:
            found = (each.verdict(old.most, new.most) for each in orders(old.rule))
            yield Change(LOOSENED, name, before, after, combined(found))

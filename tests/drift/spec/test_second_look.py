"""The second look at a spec, by the guards that follow from it, sees what the first one misses, and
says nothing of changes by which nobody gains anything. `test_operators` tries it beside the first
one, on loosenings and on their reverse."""

from __future__ import annotations

from unittest import mock

import pytest

from scaffold.design.reading import read
from scaffold.drift.change import Change
from scaffold.drift.database.yielded import WIDENED, second
from scaffold.drift.spec.compare import Comparison, compare, comparison
from tests.drift.spec.operators import LOOSENINGS, Loosening
from tests.drift.spec.test_benign import BASE, BENIGN, edited
from tests.drift.spec.test_operators import cases

CRITICAL = [each for each in LOOSENINGS if each.critical]


def seen(before: bytes, after: bytes) -> list[Change]:
    """What the second look says by itself."""
    found = comparison(read(before, "base"), read(after, "head"))
    return [*second(found.before.now, found.after.design)]


@pytest.mark.parametrize("loosening", CRITICAL, ids=lambda each: each.id)
def test_it_blocks_where_the_first_look_is_blind(loosening: Loosening) -> None:
    with mock.patch.object(Comparison, "granted", lambda _: iter(())):
        found = (compare(before, after, ("base", "head")) for _, before, after in cases(loosening))
        assert any(each.blocks for changes in found for each in changes)


@pytest.mark.parametrize("what", BENIGN)
def test_it_is_silent_where_nobody_gains_anything(what: str) -> None:
    said = seen(BASE.encode(), edited(*BENIGN[what]).encode())
    assert [(each.key, each.old, each.now) for each in said] == []


def test_values_that_are_all_there_are_no_condition() -> None:
    """Where grants name each value of a field, one without the condition gives nobody more."""
    asked = ", when: {owner_id: $user.id, state: {in: [draft, sent]}}"
    every = BASE.replace(asked, "")
    named = BASE.replace(asked, ", when: {state: {in: [draft, sent]}}")
    assert every != BASE != named
    assert seen(named.encode(), every.encode()) == []
    one = named.replace("{in: [draft, sent]}", "draft")
    assert seen(one.encode(), every.encode()) != []


def test_what_cannot_be_told_is_left_to_the_first_look() -> None:
    fields = "title: {type: string"
    sized = BASE.replace(
        fields, "size: {type: integer, min: 0, max: 9, default: 0}\n      " + fields
    )
    old = sized.replace("when: {state: draft}", "when: {size: {lt: 5}}")
    new = sized.replace("when: {state: draft}", "when: {size: {lt: 7}}")
    assert old != sized != new
    assert seen(old.encode(), new.encode()) == []
    found = compare(old.encode(), new.encode(), ("base", "head"))
    assert any(each.blocks for each in found)


def test_its_rule_has_a_change_that_it_finds_and_a_dual() -> None:
    assert WIDENED.example is not None
    texts = [
        {**WIDENED.example.files, **change}["scaffold.yaml"]
        for change in ({}, WIDENED.example.change, WIDENED.example.dual)
    ]
    before, change, dual = (str(each).encode() for each in texts)
    assert {each.rule.id for each in seen(before, change)} == {WIDENED.id}
    assert seen(before, dual) == []

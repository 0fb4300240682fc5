"""Every rule of the spec finds its example, and lets its dual pass."""

import pytest

from scaffold.drift.change import Change
from scaffold.drift.spec.compare import compare
from scaffold.drift.spec.rule import SpecRule
from scaffold.drift.spec.rules import rules
from scaffold.tree.paths import SPEC

RULES = [each for each in rules().all if each.example is not None]


def changes(rule: SpecRule, which: str) -> list[Change]:
    assert rule.example is not None
    after = getattr(rule.example, which)[SPEC]
    return compare(rule.example.files[SPEC].encode(), after.encode(), ("base", "head"))


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_a_rule_finds_its_example(rule: SpecRule) -> None:
    found = [each for each in changes(rule, "change") if each.blocks]
    assert rule.id in {each.rule.id for each in found}


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_the_dual_of_an_example_does_not_block(rule: SpecRule) -> None:
    assert [each for each in changes(rule, "dual") if each.blocks] == []


def test_the_ids_of_rules_are_their_own() -> None:
    ids = [each.id for each in rules().all]
    assert len(ids) == len({*ids})
    names = [each.name for each in rules().all]
    assert len(names) == len({*names})

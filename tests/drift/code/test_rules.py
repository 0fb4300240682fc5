"""Each rule finds its example, and nothing in its dual."""

import re
from pathlib import Path

import pytest

from scaffold.drift.code import RULES
from scaffold.drift.code.capabilities import CAPABLE
from scaffold.drift.rule import Rule
from tests.drift.code.samples import found

CONTROLS = Path(__file__).parents[3] / "docs" / "controls.md"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_an_example_trips_its_rule_and_no_other(rule: Rule) -> None:
    said = found(rule.example.files, rule.example.change)
    told = {each.rule.id for each in said}
    # What it is done by may be a means that the module did not have.
    assert told - {CAPABLE.id} == {rule.id} - {CAPABLE.id}, [(e.key, e.now) for e in said]
    assert rule.id in told
    assert all(each.verdict == "widened" for each in said)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_dual_does_not_block(rule: Rule) -> None:
    said = found(rule.example.files, rule.example.dual)
    assert not said, [(each.rule.id, each.key, each.now) for each in said]
    assert rule.example.dual != rule.example.change


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_taking_an_example_back_narrows(rule: Rule) -> None:
    after = {**rule.example.files, **rule.example.change}
    assert not found(after, {path: rule.example.files.get(path) for path in after})


def test_ids_are_of_this_layer_and_each_is_there_once() -> None:
    ids = [each.id for each in RULES]
    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"SCF3[0-4][0-9]", each) for each in ids)
    names = [each.name for each in RULES]
    assert len({*names}) == len(names)
    assert {each.layer for each in RULES} == {"code"}

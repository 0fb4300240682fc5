"""Every rule of the configuration finds its example alone, and lets its dual pass."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from scaffold.drift.change import Change, changes
from scaffold.drift.facts import surface_of
from scaffold.drift.project import RULES, read
from scaffold.drift.rule import Rule
from scaffold.drift.trees import Directory

from .states import EXAMPLES, edited, surface

CONTROLS = Path(__file__).parents[3] / "docs" / "controls.md"


def changed(rule: Rule, which: str) -> list[Change]:
    assert rule.example is not None
    before = rule.example.files
    after = edited(before, getattr(rule.example, which))
    return list(changes(surface(before, "app"), surface(after, "app")))


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_a_rule_alone_finds_its_example(rule: Rule) -> None:
    found = [each for each in changed(rule, "change") if each.verdict != "narrowed"]
    assert {each.rule.id for each in found} == {rule.id}
    assert all(each.blocks is not rule.note for each in found)
    assert all(each.place.path and each.place.line >= 1 for each in found)


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_the_dual_of_an_example_does_not_block(rule: Rule) -> None:
    found = changed(rule, "dual")
    assert [each for each in found if each.blocks or (each.rule is rule and rule.note)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_the_reverse_of_an_example_does_not_block(rule: Rule) -> None:
    assert rule.example is not None
    before = edited(rule.example.files, rule.example.change)
    found = changes(surface(before, "app"), surface(rule.example.files, "app"))
    of_rule = [each for each in found if each.rule is rule]
    assert [each for each in of_rule if each.verdict in ("widened", "unknown")] == []


def test_the_ids_are_those_of_the_layer() -> None:
    assert [each.id for each in RULES] == [f"SCF{number}" for number in range(601, 654)]
    assert len({each.name for each in RULES}) == len(RULES)
    assert {each.layer for each in RULES} == {"project"}


def test_the_texts_of_rules_are_sentences() -> None:
    for each in RULES:
        for text in (each.what, each.why, each.remedy):
            assert re.fullmatch(r"(?:[A-Z`]|mypy|ruff|pyproject).*\.", text, re.DOTALL), (
                each.id,
                text,
            )
        assert each.controls and all(re.fullmatch(r"[A-Z]+-[0-9]+", one) for one in each.controls)


@pytest.mark.parametrize("name", ["invoicing", "notes"])
def test_a_fresh_project_has_no_hazard(name: str) -> None:
    found = changes({}, surface_of(read(Directory(EXAMPLES / name), name)))
    assert [(each.rule.id, each.key, each.now) for each in found if each.blocks] == []


def test_it_is_fast_and_the_same_each_time() -> None:
    took, seen = [], set()
    for _ in range(3):
        begun = time.process_time()
        facts = list(read(Directory(EXAMPLES / "invoicing"), "invoicing"))
        took.append(time.process_time() - begun)
        seen.add(tuple((each.rule.id, each.key, each.value, each.place) for each in facts))
    assert len(seen) == 1
    assert min(took) < 0.15

"""Every rule of the layer has a change that it finds, and a dual that does not block."""

from collections.abc import Mapping

import pytest

from scaffold.drift.change import Change, changes
from scaffold.drift.database.read import RULES, read
from scaffold.drift.facts import surface_of
from scaffold.drift.rule import Rule
from scaffold.drift.trees import Files


def applied(files: Mapping[str, str], change: Mapping[str, str | None]) -> Files:
    """A state of a project, with a change made to it."""
    after = {**files, **change}
    return Files({path: text.encode() for path, text in after.items() if text is not None}, "x")


def blocking(files: Mapping[str, str], change: Mapping[str, str | None]) -> list[Change]:
    """What blocks a change of some files."""
    before = surface_of(read(applied(files, {}), "shop"))
    after = surface_of(read(applied(files, change), "shop"))
    return [each for each in changes(before, after) if each.blocks]


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_the_example_is_found_and_its_dual_is_not(rule: Rule) -> None:
    assert rule.example is not None
    found = blocking(rule.example.files, rule.example.change)
    assert rule.id in {each.rule.id for each in found}
    assert blocking(rule.example.files, rule.example.dual) == []


def test_ids_are_of_the_layer_and_unique() -> None:
    assert len({each.id for each in RULES}) == len({each.name for each in RULES}) == len(RULES)
    assert all("SCF501" <= each.id <= "SCF529" and each.layer == "database" for each in RULES)

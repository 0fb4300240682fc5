"""Every rule: it is documented, finds what its example shows, and is silent once it is repaired."""

import re

import pytest

from scaffold.lint.rule import Rule
from scaffold.lint.rules import RULES

from .samples import advice, ids, whole

CONTROLS = re.compile(r"(ID|AZ|PAY|API|DATA|AI|MON|OPS|ROLL|TEST|GEN)-[1-9]")

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.id}-{rule.name}")


@each_rule
def test_a_rule_finds_its_example(rule: Rule) -> None:
    found = [each for each in advice(rule.example) if each.id == rule.id]
    assert found
    for each in found:
        assert (each.name, each.severity, each.controls) == (
            rule.name,
            rule.severity,
            rule.controls,
        )
        assert (each.reason, each.remedy) == (rule.reason, rule.remedy)


@each_rule
def test_a_rule_is_silent_about_the_repaired_example(rule: Rule) -> None:
    assert rule.repaired != rule.example
    assert rule.id not in ids(rule.repaired)


@each_rule
def test_a_repaired_example_has_nothing_else_that_cannot_work(rule: Rule) -> None:
    assert [each for each in advice(rule.repaired) if each.severity == "error"] == []


@each_rule
def test_a_rule_points_at_something_that_is_spelled_out(rule: Rule) -> None:
    lines = whole(rule.example).splitlines()
    for each in advice(rule.example):
        if each.id == rule.id:
            at = lines[each.line - 1][each.column - 1 :]
            assert at.strip(), each
            assert str(each).startswith(f"{each.line}:{each.column}: {rule.severity} {rule.id}")


@each_rule
def test_a_rule_is_documented(rule: Rule) -> None:
    assert re.fullmatch(r"L[1-9][0-9]{2}", rule.id)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.controls
    assert all(CONTROLS.fullmatch(each) for each in rule.controls)
    assert rule.documentation.endswith(".")
    assert rule.reason.endswith(".")
    assert rule.remedy.endswith(".")


@each_rule
def test_a_message_is_a_clause_without_its_full_stop(rule: Rule) -> None:
    for each in advice(rule.example):
        assert not each.message.endswith(".")
        assert "None" not in each.message
        assert "frozenset" not in each.message


def test_ids_and_names_are_used_once_and_in_order() -> None:
    assert [rule.id for rule in RULES] == sorted({rule.id for rule in RULES})
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_advice_is_sorted_by_position() -> None:
    found = [
        (each.line, each.column, each.id)
        for each in advice(RULES[0].example + "limits: {user: 1000000/s, token: 1000000/s}\n")
    ]
    assert len(found) > 2
    assert found == sorted(found)

"""Every rule about the spec or about SQL says how a widening is shown: by a test, by a sentence
alone, or not at all, and why. `test_proofs` runs the tests."""

from collections.abc import Iterable

import pytest

from scaffold.drift.database.read import RULES as SQL_RULES
from scaffold.drift.database.yielded import WIDENED
from scaffold.drift.live import DIFFERS
from scaffold.drift.rule import Rule
from scaffold.drift.spec.rules import rules
from scaffold.drift.verdict import Free
from scaffold.drift.witness import Runs, Says, Shows, Untried

NAMES = {Runs: "runs", Says: "says", Untried: "none"}
SHOWN = {
    "SCF101": "runs",
    "SCF102": "runs",
    "SCF111": "says",
    "SCF112": "runs",
    "SCF113": "runs",
    "SCF114": "runs",
    "SCF115": "runs",
    "SCF116": "says",
    "SCF117": "runs",
    "SCF121": "none runs",
    "SCF122": "runs says",
    "SCF123": "runs says",
    "SCF124": "runs",
    "SCF125": "says",
    "SCF132": "none",
    "SCF133": "none runs says",
    "SCF134": "runs",
    "SCF135": "says",
    "SCF141": "runs says",
    "SCF151": "runs",
    "SCF152": "runs",
    "SCF153": "runs",
    "SCF154": "runs",
    "SCF155": "runs",
    "SCF156": "says",
    "SCF157": "runs says",
    "SCF158": "says",
    "SCF161": "runs says",
    "SCF162": "runs",
    "SCF163": "says",
    "SCF164": "says",
    "SCF165": "says",
    "SCF166": "says",
    "SCF167": "says",
    "SCF168": "runs says",
    "SCF501": "runs",
    "SCF502": "runs",
    "SCF503": "runs",
    "SCF504": "runs",
    "SCF505": "runs",
    "SCF506": "says",
    "SCF507": "runs",
    "SCF508": "runs",
    "SCF509": "runs",
    "SCF510": "runs",
    "SCF511": "says",
    "SCF512": "says",
    "SCF513": "says",
    "SCF514": "says",
    "SCF515": "none",
    "SCF516": "none",
    "SCF517": "none",
    "SCF518": "says",
    "SCF519": "says",
    "SCF520": "none",
    "SCF521": "none",
    "SCF522": "none",
    "SCF523": "says",
    "SCF525": "runs",
    "SCF530": "none",
    "SCF531": "none",
}
"""By rule, how its kinds of facts are shown, sorted; a rule that cannot block is not here."""


def ways() -> Iterable[tuple[Rule, list[Shows]]]:
    for rule in rules().all:
        claims = [e for e in rule.claims if not (isinstance(e.order, Free) and not e.order.absent)]
        if claims and not rule.note:
            yield rule, [each.shows for each in claims]
    for each in (*SQL_RULES, DIFFERS, WIDENED):
        yield each, [each.shows]


def test_each_rule_that_can_block_says_how_it_is_shown() -> None:
    found = {
        rule.id: " ".join(sorted({NAMES[type(each)] for each in shows})) for rule, shows in ways()
    }
    assert found == SHOWN


@pytest.mark.parametrize(("rule", "shows"), [pytest.param(*each, id=each[0].id) for each in ways()])
def test_what_is_not_tried_has_a_reason(rule: Rule, shows: list[Shows]) -> None:
    for each in shows:
        if not isinstance(each, Runs):
            assert each.why.endswith(".") and len(each.why) > 15, rule.id
        if not isinstance(each, Untried):
            assert not each.says.endswith("."), rule.id

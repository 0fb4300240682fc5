"""Every mutant of a whole service is found, critical ones by two rules; no dual blocks."""

from pathlib import Path

import pytest

from scaffold.drift.live import DIFFERS
from tests.drift.mutation import live
from tests.drift.mutation.catalog import MUTANTS
from tests.drift.mutation.matrix import LAYERS, loosened, row
from tests.drift.mutation.mutant import Mutant
from tests.drift.mutation.services import NAMES, NoPlace, found, service
from tests.drift.spec.operators import LOOSENINGS

PAGE = Path(__file__).parents[3] / "docs" / "drift-mutants.md"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.id)
def test_a_mutant_is_found_and_its_page_says_by_whom(mutant: Mutant) -> None:
    told = row(mutant)
    assert told.services, "no service has a place for it"
    assert told.count >= 1
    if mutant.severity == "critical":
        assert told.count >= 2, told.rules
    (line,) = (each for each in _lines() if each[0] == mutant.id)
    shown = [each.removeprefix("SCF") for layer in LAYERS for each in told.rules[layer]]
    assert " ".join(line[3:]).split() == " ".join(shown).split()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.id)
def test_its_dual_blocks_nothing(mutant: Mutant) -> None:
    """In one service, another one for each mutant."""
    first = MUTANTS.index(mutant)
    for number in range(len(NAMES)):
        of = service(NAMES[(first + number) % len(NAMES)])
        try:
            files = mutant.dual(of)
        except NoPlace:
            continue
        said = [(each.rule.id, each.key, each.now) for each in found(of, files) if each.blocks]
        assert not said
        assert files != {}
        return
    raise AssertionError("no service has a place for it")


def test_the_page_lists_exactly_what_there_is() -> None:
    assert [each[0] for each in _lines()] == [each.id for each in (*MUTANTS, *live.MUTANTS)]
    text = PAGE.read_text("utf-8")
    for each in LOOSENINGS:
        assert f"{loosened(each)}\n" in text


@pytest.mark.parametrize("mutant", live.MUTANTS, ids=lambda each: each.id)
def test_what_is_changed_by_hand_is_found_and_the_service_does_not_start(
    mutant: live.ByHand,
) -> None:
    change, dual = live.tried()[mutant.id]
    assert change == live.Seen(frozenset({DIFFERS.id}), starts=False)
    assert dual == live.Seen(frozenset(), starts=True)
    (line,) = (each for each in _lines() if each[0] == mutant.id)
    assert " ".join(line[3:]).split() == f"{DIFFERS.id[3:]} {live.REFUSED}".split()


def _lines() -> list[list[str]]:
    rows = [each for each in PAGE.read_text("utf-8").splitlines() if each.startswith("| ")]
    return [[cell.strip() for cell in each.strip("|").split("|")] for each in rows[1:]]

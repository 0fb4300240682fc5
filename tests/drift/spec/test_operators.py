"""Every loosening of several specs blocks, by a rule that says why; its reverse does not."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaffold.drift.change import Change
from scaffold.drift.database.yielded import WIDENED
from scaffold.drift.spec.compare import compare
from scaffold.spec.document import parse
from scaffold.spec.load import loads
from scaffold.spec.problems import SpecError
from tests.drift.spec.operators import LOOSENINGS, Loosening

SPECS = ("invoicing", "helpdesk", "issue_tracker", "recruiting")
MOST = 2
"""Places of one operator in one spec that are tried."""


@cache
def document(name: str) -> Any:
    return json.loads(json.dumps(parse(Path(f"specs/{name}.yaml").read_bytes(), name).data))


def written(document: Any) -> bytes | None:
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True).encode()
    try:
        loads(text)
    except SpecError:
        return None
    return text


def cases(loosening: Loosening) -> list[tuple[str, bytes, bytes]]:
    """The mutants that the language accepts, spread over their places."""
    found = []
    for name in SPECS:
        tried = list(loosening.operator(document(name)))
        step = max(1, len(tried) // MOST)
        count = 0
        for made in tried[::step]:
            base = made.pop("_base", document(name)) if "_base" in made else document(name)
            before, after = written(base), written(made)
            if before and after and before != after and count < MOST:
                count += 1
                found.append((name, before, after))
    return found


def blocking(before: bytes, after: bytes) -> list[Change]:
    return [each for each in compare(before, after, ("base", "head")) if each.blocks]


@pytest.mark.parametrize("loosening", LOOSENINGS, ids=lambda each: each.id)
def test_a_loosening_blocks_and_its_reverse_does_not(loosening: Loosening) -> None:
    tried = cases(loosening)
    assert tried, "it applies to no spec"
    missed, cried = [], []
    for name, before, after in tried:
        wider = blocking(before, after)
        found = {each.rule.id for each in wider}
        if loosening.critical and wider:
            assert any(each.also == (WIDENED.id,) for each in wider), "seen by one rule alone"
            assert WIDENED.id not in found, "told twice"
        if found.isdisjoint(loosening.rules) and not is_equal(before, after):
            missed.append((name, after.decode()))
        wrong = [] if loosening.symmetric else blocking(after, before)
        cried += [(name, each.rule.id, each.key, each.old, each.now) for each in wrong]
    assert not missed, missed[0]
    assert not cried, cried[:3]


def is_equal(before: bytes, after: bytes) -> bool:
    """Does the mutant mean the same, such as a grant that another one covers?"""
    found = compare(before, after, ("base", "head"))
    return all(each.verdict == "equal" for each in found)

"""Completeness: every fact of the surface and every key of the language is judged, or it is said
why it needs no judgement."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from scaffold.design.reading import read
from scaffold.design.surface import surface
from scaffold.drift.spec.compare import compare
from scaffold.drift.spec.rules import rules
from scaffold.drift.spec.state import State
from tests.random_specs.specs import specs

SPECS = sorted(Path("specs").glob("*.yaml"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda each: each.stem)
def test_every_fact_of_a_spec_is_judged(spec: Path) -> None:
    state = State(read(spec.read_bytes(), spec.name))
    unknown = [key for key, told in state.told.items() if told.fact.rule is rules().unclaimed]
    assert unknown == []
    assert sum(map(len, surface(state.design).values())) > 20


@pytest.mark.parametrize("spec", SPECS, ids=lambda each: each.stem)
def test_a_spec_compared_with_itself_is_the_same(spec: Path) -> None:
    content = spec.read_bytes()
    assert compare(content, content, ("base", "head")) == []


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(specs())
def test_every_fact_of_a_random_spec_is_judged(text: str) -> None:
    content = text.encode()
    state = State(read(content, "random"))
    assert [e.fact.key for e in state.told.values() if e.fact.rule is rules().unclaimed] == []
    assert compare(content, content, ("base", "head")) == []

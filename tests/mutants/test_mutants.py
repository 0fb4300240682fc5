"""Every broken guard is noticed: by a test that was emitted with it, and by `scaffold check`.

Layers mask each other, so that each mutant names the one test that looks at its layer alone.
"""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from scaffold.emission import Emission, emit_project
from scaffold.features import FEATURES
from scaffold.features.mutant import Mutant
from scaffold.tree.check import check
from tests.emitted import PACKAGE, ask, project

from . import connections, database, gate, hooks, identity, leases, statements, wiring

MUTANTS = (
    *statements.MUTANTS,
    *database.MUTANTS,
    *identity.MUTANTS,
    *gate.MUTANTS,
    *wiring.MUTANTS,
    *connections.MUTANTS,
    *leases.MUTANTS,
    *hooks.MUTANTS,
    *(mutant for feature in FEATURES for mutant in feature.mutants()),
)


FUNCTIONS = "store/functions/"
NEEDS_SERVICE = "test_pages.py"
"""Emitted tests of which the first one needs a service that has started."""
COMPARED = Mutant(
    id="the-text-of-functions-is-not-compared",
    control="OPS-1",
    file="store/startup.py",
    old=" and f.digest = e.digest",
    new="",
)
"""At start a service refuses functions with another text, before any test could notice them."""


@pytest.fixture(scope="session")
def projects(
    emitted_project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """The project of a reference spec; it is shared."""
    found = {PACKAGE: emitted_project}

    def of(name: str) -> Path:
        if name not in found:
            found[name] = project(name, tmp_path_factory.mktemp("emitted") / name)
        return found[name]

    return of


@cache
def emission(whole: Path) -> Emission:
    """What the spec of a project yields."""
    return emit_project(whole)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.id)
def test_a_broken_guard_is_noticed(
    mutant: Mutant, projects: Callable[[str], Path], tmp_path: Path, postgres_server: str
) -> None:
    whole = projects(mutant.service)
    broken = Path(shutil.copytree(whole, tmp_path / mutant.service))
    mutant.apply(broken / mutant.service)
    (finding,) = check(broken, emission(whole))
    kind = "history" if mutant.file.startswith("store/migrations/") else "changed"
    assert (finding.kind, finding.path) == (kind, f"{mutant.service}/{mutant.file}")
    if mutant.file.startswith(FUNCTIONS):
        COMPARED.apply(broken / mutant.service)
    outcome = ask(broken, [mutant.noticed_by or NEEDS_SERVICE])
    if mutant.noticed_by:
        assert outcome.failed, f"{mutant.id} survives:\n{outcome.output}"
    else:
        assert outcome.refused_to_start, f"{mutant.id} starts:\n{outcome.output}"


@pytest.mark.parametrize("service", sorted({each.service for each in MUTANTS} - {PACKAGE}))
def test_the_unbroken_service_passes(
    service: str, projects: Callable[[str], Path], postgres_server: str
) -> None:
    """The tests of the invoices pass in `tests/examples/`."""
    whole = projects(service)
    assert check(whole, emission(whole)) == []
    named = {each.noticed_by for each in MUTANTS if each.service == service} - {""}
    outcome = ask(whole, sorted(named))
    assert outcome.passed, outcome.output


def test_every_mutant_has_its_own_id() -> None:
    assert len({each.id for each in MUTANTS}) == len(MUTANTS)

"""Every broken guard is noticed: by a test that was emitted with it, and by `scaffold check`.

Layers mask each other, so that each mutant names the one test that looks at its layer alone.
"""

import shutil
from pathlib import Path

import pytest

from scaffold.emission import Emission, emit_project
from scaffold.features import FEATURES
from scaffold.features.mutant import Mutant
from scaffold.tree.check import check
from tests.emitted import PACKAGE, ask

from . import database, gate, identity, statements, wiring

MUTANTS = (
    *statements.MUTANTS,
    *database.MUTANTS,
    *identity.MUTANTS,
    *gate.MUTANTS,
    *wiring.MUTANTS,
    *(mutant for feature in FEATURES for mutant in feature.mutants()),
)


@pytest.fixture(scope="session")
def emission(emitted_project: Path) -> Emission:
    """What the spec of the project yields."""
    return emit_project(emitted_project)


@pytest.fixture
def broken(emitted_project: Path, tmp_path: Path, mutant: Mutant) -> Path:
    """A copy of the project in which the guard is broken."""
    project = Path(shutil.copytree(emitted_project, tmp_path / PACKAGE))
    mutant.apply(project / PACKAGE)
    return project


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.id)
def test_a_broken_guard_is_noticed(
    mutant: Mutant, broken: Path, emission: Emission, postgres_server: str
) -> None:
    (finding,) = check(broken, emission)
    assert (finding.kind, finding.path) == ("changed", f"{PACKAGE}/{mutant.file}")
    outcome = ask(broken, [mutant.noticed_by or "test_startup.py"])
    if mutant.noticed_by:
        assert outcome.failed, f"{mutant.id} survives:\n{outcome.output}"
    else:
        assert outcome.refused_to_start, f"{mutant.id} starts:\n{outcome.output}"


def test_the_unbroken_service_passes(
    emitted_project: Path, emission: Emission, postgres_server: str
) -> None:
    assert check(emitted_project, emission) == []
    named = {each.noticed_by for each in MUTANTS} - {""}
    outcome = ask(emitted_project, sorted(named))
    assert outcome.passed, outcome.output


def test_every_mutant_has_its_own_id() -> None:
    assert len({each.id for each in MUTANTS}) == len(MUTANTS)

"""Every broken guard is noticed: by a test that was emitted with it, and by `scaffold check`.

Layers mask each other, so that each mutant names the one test that looks at its layer alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from scaffold.emission import Emission, emit_project
from scaffold.features import FEATURES
from scaffold.features.mutant import Mutant
from scaffold.tree.check import check
from tests.emitted import PACKAGE, ask, compiled, project

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
def projects(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The project of a reference spec, compiled; it is shared."""

    @cache
    def of(name: str) -> Path:
        return compiled(project(name, tmp_path_factory.mktemp("whole") / name))

    return of


@cache
def emission(whole: Path) -> Emission:
    """What the spec of a project yields."""
    return emit_project(whole)


@contextmanager
def broken(package: Path, *mutants: Mutant) -> Iterator[None]:
    """Breaks guards of a package while the block runs."""
    whole = {path: path.read_bytes() for path in {package / each.file for each in mutants}}
    try:
        for mutant in mutants:
            mutant.apply(package)
        yield
    finally:
        for path, content in whole.items():
            path.write_bytes(content)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.id)
def test_a_broken_guard_is_noticed(
    mutant: Mutant, projects: Callable[[str], Path], postgres_server: str
) -> None:
    whole = projects(mutant.service)
    package = whole / mutant.service
    with broken(package, mutant):
        (finding,) = check(whole, emission(whole))
    kind = "history" if mutant.file.startswith("store/migrations/") else "changed"
    assert (finding.kind, finding.path) == (kind, f"{mutant.service}/{mutant.file}")
    unseen = (COMPARED,) if mutant.file.startswith(FUNCTIONS) else ()
    with broken(package, mutant, *unseen):
        outcome = ask(whole, [mutant.noticed_by or NEEDS_SERVICE], keeps_code=True)
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
    outcome = ask(whole, sorted(named), keeps_code=True)
    assert outcome.passed, outcome.output


def test_every_mutant_has_its_own_id() -> None:
    assert len({each.id for each in MUTANTS}) == len(MUTANTS)

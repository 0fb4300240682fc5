"""All mutants of files."""

from __future__ import annotations

from typing import Final

from tests.drift.mutation import configured, contract, custom, database, generated
from tests.drift.mutation.mutant import Mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    *generated.MUTANTS,
    *custom.MUTANTS,
    *contract.MUTANTS,
    *database.MUTANTS,
    *configured.MUTANTS,
)

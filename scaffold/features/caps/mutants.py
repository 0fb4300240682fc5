"""What caps promise, broken one guard at a time in the service of invoices."""

from typing import Final

from scaffold.features.mutant import Mutant

MUTANTS: Final[tuple[Mutant, ...]] = ()

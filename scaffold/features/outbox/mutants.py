"""What the worker promises, broken one guard at a time."""

from typing import Final

from scaffold.features.mutant import Mutant

MUTANTS: Final[tuple[Mutant, ...]] = ()

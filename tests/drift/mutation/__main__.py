"""Prints the page of mutants: python -m tests.drift.mutation > docs/drift-mutants.md"""

import sys

from tests.drift.mutation.matrix import page

sys.stdout.write(page())

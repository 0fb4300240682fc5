"""The static layers of a tree: what is read without running anything of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from scaffold.drift.facts import Fact
from scaffold.drift.trees import Tree

Reader = Callable[[Tree, str], Iterator[Fact]]
"""Reads the facts of one layer of a tree, whose service is called by the name given."""

READERS: Final[tuple[Reader, ...]] = ()

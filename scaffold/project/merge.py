"""Three texts in one: what two sides made of a base, line by line.

The usual rule of diff3: between lines that all three share, a side that left the base as it was
gives way to the other. Where both changed it, and not to the same, nobody can tell, and neither
where their changes touch each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Conflict:
    """Lines of `ours`, the first one and the one behind the last, counted from 0."""

    start: int
    end: int

    def __str__(self) -> str:
        """The lines as people count them."""
        if self.start == self.end:
            return f"before {self.start + 1}"
        return str(self.start + 1) if self.end == self.start + 1 else f"{self.start + 1}-{self.end}"


@dataclass(frozen=True, slots=True)
class Merge:
    """The merged text, which has the side of `ours` where there are conflicts."""

    text: str
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class _Shared:
    """As many lines from these places on are the same in all three."""

    base: int
    ours: int
    theirs: int
    count: int


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends; only a line feed ends one."""
    *whole, rest = text.split("\n")
    return [f"{each}\n" for each in whole] + ([rest] if rest else [])


def merge(base: str, ours: str, theirs: str) -> Merge:
    """What `ours` and `theirs` made of `base`."""
    old, left, right = lines_of(base), lines_of(ours), lines_of(theirs)
    merged: list[str] = []
    conflicts = []
    done = _Shared(0, 0, 0, 0)
    for shared in _shared(old, left, right):
        was = old[done.base : shared.base]
        mine, yours = left[done.ours : shared.ours], right[done.theirs : shared.theirs]
        if mine == was:
            merged += yours
        else:
            merged += mine
            if yours not in (was, mine):
                conflicts.append(Conflict(done.ours, shared.ours))
        end = shared.ours + shared.count
        merged += left[shared.ours : end]
        done = _Shared(shared.base + shared.count, end, shared.theirs + shared.count, 0)
    return Merge("".join(merged), tuple(conflicts))


def _shared(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> Iterator[_Shared]:
    """The runs of lines that all three share, in order; an empty one at the end."""
    left = SequenceMatcher(None, base, ours).get_matching_blocks()
    right = SequenceMatcher(None, base, theirs).get_matching_blocks()
    first = second = 0
    while first < len(left) and second < len(right):
        mine, yours = left[first], right[second]
        start = max(mine.a, yours.a)
        end = min(mine.a + mine.size, yours.a + yours.size)
        if start < end:
            yield _Shared(start, mine.b + start - mine.a, yours.b + start - yours.a, end - start)
        if mine.a + mine.size < yours.a + yours.size:
            first += 1
        else:
            second += 1
    yield _Shared(len(base), len(ours), len(theirs), 0)

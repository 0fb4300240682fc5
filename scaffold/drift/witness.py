"""Witnesses: what is possible now and was not before, as a sentence and as a test that tries it.

A rule says of each kind of fact how a widening of it is shown: by a test (`Runs`), by a sentence
alone (`Says`), or not at all (`Untried`), with the reason.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Trial:
    """The body of a test: a template with what it prints, and what it imports beside the harness.

    The test passes now. Before, it failed by an assertion with `before` in its message, which is
    a regular expression.
    """

    name: str
    template: str
    view: Mapping[str, Any]
    before: str
    imports: tuple[str, ...] = ()


class Witness(ABC):
    """One thing that is possible now and was not before."""

    @abstractmethod
    def __str__(self) -> str:
        """One line for people."""

    def test(self) -> Trial | None:
        """What tries it, where it can be tried."""
        return None


@dataclass(frozen=True, slots=True)
class Sentence(Witness):
    """A witness in words alone."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Tried(Witness):
    """A witness that is no single request: a sentence, and its test."""

    text: str
    tried: Trial

    def __str__(self) -> str:
        return self.text

    def test(self) -> Trial | None:
        return self.tried


Find = Callable[[Any], Iterator[Witness]]
"""Finds witnesses of a change, the best one first; what it is given depends on the layer."""


@dataclass(frozen=True, slots=True)
class Runs:
    """A widening is shown by tests, where one is found. `says` is the sentence where none is."""

    find: Find
    says: str = ""


@dataclass(frozen=True, slots=True)
class Says:
    """A widening is shown by a sentence alone, and `why` there is no test.

    In `says`, names in braces stand for parts of the key of a fact, and for the values `old` and
    `now`.
    """

    says: str
    why: str


@dataclass(frozen=True, slots=True)
class Untried:
    """A widening has no witness, and why."""

    why: str


Shows = Runs | Says | Untried

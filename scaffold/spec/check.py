"""The rules that need more than one node of the spec. Each module of rules yields findings."""

import heapq
from collections.abc import Iterator
from itertools import islice

from scaffold.features import FEATURES

from .check_cards import check_cards
from .check_identity import check_identity, check_tenancy
from .check_names import check_names
from .check_resources import check_resources
from .check_roles import check_roles
from .findings import Finding, Scope
from .positions import Positions
from .problems import MAX_PROBLEMS, Problem
from .salvage import Sound

_MAX_FINDINGS = 2_000
"""Bounds the work on a spec that breaks the same rule everywhere."""


def check_all(sound: Sound, positions: Positions) -> list[Problem]:
    """The first problems, by position, of the rules about several nodes."""
    findings = islice(_findings(Scope(sound)), _MAX_FINDINGS)
    first = heapq.nsmallest(MAX_PROBLEMS, findings, key=lambda each: each.place(positions))
    return [finding.problem(positions) for finding in first]


def _findings(scope: Scope) -> Iterator[Finding]:
    yield from check_identity(scope)
    yield from check_tenancy(scope)
    yield from check_resources(scope)
    yield from check_cards(scope)
    yield from check_names(scope)
    yield from check_roles(scope)
    for each in FEATURES:
        yield from each.findings(scope)

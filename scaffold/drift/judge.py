"""From two states of a project to a report: what changed, what is approved, what was not looked
at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scaffold.design.model import Design
from scaffold.drift.approvals import approved
from scaffold.drift.change import Change
from scaffold.drift.diff import Diff, diff, is_spec
from scaffold.drift.facts import Layer
from scaffold.drift.report import Looked, Report
from scaffold.drift.spec.compare import Comparison
from scaffold.drift.trees import Tree
from scaffold.repository import git

STATIC: tuple[Layer, ...] = ("spec", "code", "contract", "database", "project")
"""The layers that are read without running anything of a project."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A report, the two specs if there are two, and the design of the head if it is known."""

    report: Report
    compared: Comparison | None
    design: Design | None = None


def judge(base: Tree, head: Tree, project: Path, today: date) -> Judged:
    """What became of a project between two states.

    Raises:
        TreeError: a state cannot be read, or has no spec.
        SpecError: a spec is refused.
    """
    found = diff(base, head)
    alone = is_spec(base) or is_spec(head)
    looked = [Looked("spec")]
    if not alone:
        looked = [Looked(each) for each in STATIC]
    marked = approvals_applied(found, base, head, [each.layer for each in looked], today)
    report = Report(
        base=base.name,
        head=head.name,
        layers=looked,
        changes=marked,
        paths=[*head.entries],
        prefix=prefix(project),
    )
    return Judged(report, found.compared)


def approvals_applied(
    found: Diff, base: Tree, head: Tree, looked: Sequence[Layer], today: date
) -> list[Change]:
    """The changes with the approvals of the base."""
    return approved(found.changes, base, head, found.surface, looked, today)


def prefix(project: Path) -> str:
    """Where a project lies in its repository, such as `services/shop/`; else nothing."""
    said = git(project, "rev-parse", "--show-prefix")
    return said.decode("utf-8", "replace").strip() if said else ""

"""Did the generated files of a project come from a version with a known weakness?

The lock alone is read, and what it says is believed: that it is true, `scaffold check` finds out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scaffold.releases.data import SEVERITIES, Release, Weakness
from scaffold.releases.version import Version, version
from scaffold.tree import lock as locks
from scaffold.tree.lock import LockError
from scaffold.tree.paths import LOCK

Verdict = Literal["none", "found", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A weakness that concerns the project, and the release that mends it."""

    weakness: Weakness
    mended_in: Version


@dataclass(frozen=True, slots=True)
class Audit:
    """The findings, the worst first. `generator` is the version of the lock, where it has one.

    `reason` says why nothing can be said, where that is so.
    """

    verdict: Verdict
    generator: str | None
    reason: str | None
    findings: tuple[Finding, ...]

    @property
    def needed(self) -> Version | None:
        """The oldest release that mends all that was found."""
        return max((each.mended_in for each in self.findings), default=None)


def audit(project: Path, releases: Sequence[Release]) -> Audit:
    """What is known of the version that a project's generated files come from."""
    try:
        origin = locks.origin(project)
    except LockError as error:
        return _unknown(None, f"{error}. Take it back from version control")
    if origin is None:
        return _unknown(
            None,
            f"There is no {LOCK} in {project.resolve()}. Give the directory of a project, or "
            "take the file back from version control",
        )
    try:
        written_by = version(origin.generator)
    except ValueError as error:
        return _unknown(None, f"{LOCK} does not say which version wrote it: {error}")
    if all(each.version != written_by for each in releases):
        return _unknown(str(written_by), _unlisted(written_by, releases))
    findings = [
        Finding(entry, release.version)
        for release in releases
        for entry in release.entries
        if isinstance(entry, Weakness) and entry.concerns(written_by, origin.surface)
    ]
    findings.sort(key=lambda each: (SEVERITIES.index(each.weakness.severity), each.weakness.id))
    return Audit("found" if findings else "none", str(written_by), None, tuple(findings))


def _unlisted(written_by: Version, releases: Sequence[Release]) -> str:
    newest = max((each.version for each in releases), default=None)
    if newest is None or written_by > newest:
        return (
            f"{LOCK} is of scaffold {written_by}, which this scaffold does not know: it knows "
            f"releases up to {newest}. Run the audit with scaffold {written_by} or later"
        )
    return f"{LOCK} is of scaffold {written_by}, and no such release is known"


def _unknown(generator: str | None, reason: str) -> Audit:
    return Audit("unknown", generator, reason, ())


def report(found: Audit) -> dict[str, object]:
    """The audit as data."""
    return {
        "verdict": found.verdict,
        "generator": found.generator,
        "reason": found.reason,
        "needed": None if found.needed is None else str(found.needed),
        "findings": [
            {
                "id": each.weakness.id,
                "severity": each.weakness.severity,
                "affected": str(each.weakness.affected),
                "mended_in": str(each.mended_in),
                "weakness": each.weakness.text,
                "remedy": each.weakness.remedy,
                "controls": list(each.weakness.controls),
            }
            for each in found.findings
        ],
    }

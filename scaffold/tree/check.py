"""Is the tree exactly what the spec yields, and does the lock say so?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from scaffold.emission import Emission
from scaffold.tree import history
from scaffold.tree import lock as locks
from scaffold.tree.lay import digest_of, extra
from scaffold.tree.lock import Lock, LockError
from scaffold.tree.paths import LOCK
from scaffold.tree.transaction import JOURNAL, interrupted

Kind = Literal["changed", "missing", "extra", "stale", "migration", "lock", "interrupted"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a project is not what its spec yields."""

    kind: Kind
    path: str
    message: str


def check(project: Path, emission: Emission) -> list[Finding]:
    """Every difference between a project and what its spec yields; none when it is sound."""
    found = []
    if interrupted(project):
        message = "a write was interrupted; scaffold generate puts the tree right"
        found.append(Finding("interrupted", JOURNAL, message))
    lock, findings = _lock(project, emission)
    return [*found, *_tree(project, emission, lock), *findings]


def report(findings: list[Finding]) -> dict[str, object]:
    """The findings as data."""
    return {"ok": not findings, "findings": [asdict(each) for each in findings]}


def _tree(project: Path, emission: Emission, lock: Lock | None) -> Iterator[Finding]:
    """What differs on disk. What is as the lock has it has not been edited: it is stale.

    The lock is believed there only when it admits that it is of another spec or generator; one
    that claims to be of this spec cannot excuse a file.
    """
    older = lock is not None and _is_older(lock, emission.lock)
    known = lock.files if lock and older else {}
    tables = history.differences(project, emission)
    for path, wanted in emission.lock.files.items():
        lying = digest_of(project, path)
        if lying == wanted:
            continue
        if older and lying == known.get(path):
            if tables and path in history.paths(emission):
                yield Finding("migration", path, _needed(tables))
            else:
                yield Finding("stale", path, "is of an earlier spec or generator")
        elif lying is None:
            yield Finding("missing", path, "is generated from the spec and is not there")
        else:
            yield Finding("changed", path, "is not what the spec yields: it was edited")
    for path in extra(project, emission):
        if path in known and known[path] == digest_of(project, path):
            yield Finding("stale", path, "is no longer generated")
        else:
            yield Finding("extra", path, "lies among the generated files and is not one of them")


def _needed(tables: tuple[str, ...]) -> str:
    more = f", and {len(tables) - 1} more" if len(tables) > 1 else ""
    return f"is of other tables than those of the spec: {tables[0]}{more}"


def _lock(project: Path, emission: Emission) -> tuple[Lock | None, list[Finding]]:
    """The lock, and what is wrong with it."""
    try:
        known = locks.read(project)
    except LockError as error:
        return None, [Finding("lock", LOCK, str(error))]
    if known is None:
        return None, [Finding("missing", LOCK, "is generated from the spec and is not there")]
    lock, content = known
    wanted = emission.lock
    if content == locks.write(wanted):
        return lock, []
    if _is_older(lock, wanted):
        return lock, [Finding("stale", LOCK, _age(lock, wanted))]
    wrong = list(_wrong(lock, wanted)) or ["is not as scaffold writes it"]
    return lock, [Finding("lock", LOCK, each) for each in wrong]


def _is_older(lock: Lock, wanted: Lock) -> bool:
    """Does the lock say that it is of another spec or another generator?"""
    return (lock.language, lock.generator, lock.spec) != (
        wanted.language,
        wanted.generator,
        wanted.spec,
    )


def _age(lock: Lock, wanted: Lock) -> str:
    if lock.generator != wanted.generator:
        return f"was written by scaffold {lock.generator:.40}, and this is {wanted.generator}"
    return "is of another state of the spec"


def _wrong(lock: Lock, wanted: Lock) -> Iterator[str]:
    """What a lock that claims to be of this spec and generator says wrongly."""
    for path in sorted(lock.files.keys() | wanted.files.keys()):
        if path not in wanted.files:
            yield f"lists {path:.200}, which is not generated"
        elif path not in lock.files:
            yield f"does not list {path}"
        elif lock.files[path] != wanted.files[path]:
            yield f"has a wrong digest of {path}"
    if lock.surface != wanted.surface:
        yield "records another surface than the spec yields: who may do what is wrong in it"

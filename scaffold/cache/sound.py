"""Projects that an earlier run has found, or made, to be what their spec yields.

A run with the same spec, the same history and the same generator would find the same digests, so
that it is enough to compare the tree with these. What the tree holds is never believed.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from scaffold.cache.code import code
from scaffold.cache.store import MAX_ENTRY, Store
from scaffold.tree import lock as locks
from scaffold.tree.digest import digest
from scaffold.tree.lay import holds
from scaffold.tree.paths import LOCK, SPEC, roots
from scaffold.tree.transaction import TRANSACTION

if TYPE_CHECKING:
    from scaffold.emission import Emission

NAME = "sound"


def is_sound(project: Path, kept: Store) -> bool:
    """Is the project known to be sound, and has nothing of it changed since?

    A project that is not known may be sound all the same.
    """
    return bool(sound_package(project, kept))


def sound_package(project: Path, kept: Store) -> str:
    """The package of a project that is known to be sound, and of any other one nothing."""
    entry = kept.read(NAME)
    if not entry or entry["key"] != _key(project):
        return ""
    sound = (
        not os.path.lexists(project / TRANSACTION)
        and all((project / each).exists() for each in entry["hooks"])
        and holds(project, entry["files"], roots(entry["package"]))
    )
    return str(entry["package"]) if sound else ""


def keep_sound(project: Path, emission: Emission, kept: Store) -> None:
    """Remembers that the tree is what the spec yields.

    The emission has to be of the history that lies in the tree: one that has written a migration
    is not.
    """
    if kept.directory is None:
        return
    files = {**emission.lock.files, LOCK: digest(locks.write(emission.lock))}
    design = emission.design
    entry = {
        "key": _key_of(emission.lock.spec),
        "package": design.name,
        "files": files,
        "hooks": [*design.hook_modules],
    }
    kept.write(NAME, entry)


def _key(project: Path) -> str | None:
    if not (project / SPEC).is_file():  # a pipe would be waited for
        return None
    try:
        with (project / SPEC).open("rb") as file:
            return _key_of(digest(file.read(MAX_ENTRY)))
    except OSError:
        return None


def _key_of(spec: str) -> str:
    return hashlib.sha256(f"{code()} {spec}".encode()).hexdigest()

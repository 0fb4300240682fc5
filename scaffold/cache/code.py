"""Which generator this is: its code, its templates, its packages and its Python."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from scaffold.places import PACKAGE as _HOME
from scaffold.places import TEMPLATES as _TEMPLATES


@cache
def code() -> str:
    """The digest of all that a run depends on beside its input.

    A checkout of scaffold changes without a new version: every byte counts. A package is known by
    its version, as its installer has recorded it.
    """
    found = hashlib.sha256(sys.version.encode())
    roots = [_HOME]
    if not _TEMPLATES.is_relative_to(_HOME):
        roots.append(_TEMPLATES)
    for root in roots:
        for path in sorted(_files(root)):
            with open(path, "rb", buffering=0) as file:
                content = file.read()
            found.update(f"\n{path} {len(content)}\n".encode())
            found.update(content)
    for name in sorted(_packages()):
        found.update(f"\n{name}".encode())
    return found.hexdigest()


def _files(root: Path) -> Iterator[str]:
    for directory, directories, names in os.walk(root):
        directories[:] = [each for each in directories if each != "__pycache__"]
        for name in names:
            yield os.path.join(directory, name)


def _packages() -> Iterator[str]:
    """Every package that can be imported, with its version, and where it is."""
    for place in sys.path:
        try:
            names = os.listdir(place or ".")
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                yield os.path.join(place, name)

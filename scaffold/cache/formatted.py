"""What the formatter has made of texts that templates printed, by digests.

Formatting looks at one file alone, so that the digest of its text, with its path, its package and
the generator, says what comes out. Kept is the digest of that; the text is the one in the project,
if it has that digest. So nothing is taken that this generator would not write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from scaffold.cache.code import code
from scaffold.cache.store import Store
from scaffold.plan.format import Format, format_python
from scaffold.tree.digest import digest
from scaffold.tree.lay import content_of

NAME = "formatted"


def formatter(project: Path, kept: Store) -> Format:
    """A formatter that runs for those files alone that an earlier run of it has not seen so.

    It remembers the files of the last run, and no others.
    """

    def formatted(files: Mapping[str, str], package: str) -> dict[str, str]:
        known = kept.read(NAME)
        keys = {path: _key(path, text, package) for path, text in files.items()}
        found = {
            path: text
            for path, key in keys.items()
            if (text := _text(project, path, known.get(key))) is not None
        }
        if len(found) < len(files):
            found |= format_python(files, package, [*(files.keys() - found.keys())])
            made = {keys[path]: digest(text.encode()) for path, text in found.items()}
            kept.write(NAME, made)
        return found

    return formatted if kept.directory else format_python


def _key(path: str, text: str, package: str) -> str:
    said = f"{code()}\n{package}\n{path}\n{text}"
    return hashlib.sha256(said.encode()).hexdigest()


def _text(project: Path, path: str, known: object) -> str | None:
    """The text in the project, if it is the one that is known."""
    content = content_of(project, path) if isinstance(known, str) else None
    return content.decode() if content is not None and digest(content) == known else None

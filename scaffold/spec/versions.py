"""The versions of the language: what each calls differently than the one before.

The model knows the newest version alone. A spec of an older one is brought there before it is
validated (`upgrade`), and what is said of it is said in the words of its author (`written`).
A new version is a new `since` in `RENAMES`.
"""

from dataclasses import dataclass

from .problems import Path

EACH = "*"
"""Stands for any name or index in the path of a rename."""


def fits(wanted: str, key: str | int) -> bool:
    """Whether a part of the path of a rename stands for a name or an index."""
    return wanted in (EACH, key)


@dataclass(frozen=True, slots=True)
class Rename:
    """In the mappings at `where`, what was called `old` is called `new` since a version.

    `where` is in the words of that version. A name that was given up is not used again there.
    """

    since: int
    where: tuple[str, ...]
    old: str
    new: str

    def holds(self, path: Path) -> bool:
        """Whether `path` leads to a key of one of the mappings."""
        return (
            len(path) == len(self.where) + 1
            and isinstance(path[-1], str)
            and all(map(fits, self.where, path))
        )

    def other(self, key: str) -> str:
        """The key with the two names exchanged, so that a version knows only its own of them."""
        return {self.old: self.new, self.new: self.old}.get(key, key)

    def exchanged(self, path: Path) -> Path:
        """A path of the version before as one of this version, and the other way around."""
        depth = len(self.where)
        if not self.holds(path[: depth + 1]):
            return path
        return (*path[:depth], self.other(str(path[depth])), *path[depth + 1 :])


_ISSUER = ("identity", "issuers", EACH)

RENAMES = (
    Rename(2, _ISSUER, "url", "issuer"),
    Rename(2, _ISSUER, "jwks_url", "jwks_uri"),
)
"""All renames, the oldest first."""

NEWEST = RENAMES[-1].since


def since(version: int) -> tuple[Rename, ...]:
    """The renames that a spec of `version` has not seen, the oldest first."""
    return tuple(each for each in RENAMES if each.since > version)


def written(path: Path, version: int) -> Path:
    """A path of the newest version as a spec of `version` writes it."""
    for rename in reversed(since(version)):
        path = rename.exchanged(path)
    return path


def own_name(path: Path, version: int) -> str | None:
    """What a spec of `version` calls the unknown key at `path`, if another version has that key.

    The path is one of the newest version, such as an upgraded document has it.
    """
    for index in reversed(range(len(RENAMES))):
        rename = RENAMES[index]
        if rename.holds(path) and path[-1] == rename.old:
            known = rename.exchanged(path)
            for later in RENAMES[index + 1 :]:
                known = later.exchanged(known)
            return str(written(known, version)[-1])
        path = rename.exchanged(path)
    return None

"""States of projects for the tests of the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from scaffold.drift.change import Change, changes
from scaffold.drift.facts import Surface, surface_of
from scaffold.drift.project import read
from scaffold.drift.trees import Directory, Files

EXAMPLES = Path(__file__).parents[3] / "examples"
PACKAGE = "notes"
CI = ".github/workflows/ci.yml"

Edit = Mapping[str, str | None] | Callable[[str], str]


@cache
def fresh(name: str = PACKAGE) -> Mapping[str, str]:
    """The texts of a project as `scaffold new` makes it, generated ones aside."""
    tree = Directory(EXAMPLES / name)
    inside = (f"{name}/", "tests/contract/", "identity/")
    return {path: tree.text(path) or "" for path in tree.under("") if not path.startswith(inside)}


def surface(files: Mapping[str, str | bytes], package: str = PACKAGE) -> Surface:
    """The facts of some files."""
    content = {k: v.encode() if isinstance(v, str) else v for k, v in files.items()}
    return surface_of(read(Files(content, "files"), package))


def edited(files: Mapping[str, str], edit: Mapping[str, str | None]) -> dict[str, str]:
    """Files with some replaced, added or taken away."""
    found = {**files}
    for path, text in edit.items():
        if text is None:
            found.pop(path, None)
        else:
            found[path] = text
    return found


def replaced(path: str, *pairs: tuple[str, str]) -> dict[str, str | None]:
    """A file of the fresh project with texts replaced, each of which is there."""
    text = fresh()[path]
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return {path: text}


def found(edit: Mapping[str, str | None], base: Mapping[str, str] | None = None) -> list[Change]:
    """What an edit of the fresh project, or of other files, changes."""
    before = fresh() if base is None else base
    return list(changes(surface(before), surface(edited(before, edit))))


def blocking(edit: Mapping[str, str | None], base: Mapping[str, str] | None = None) -> set[str]:
    """The ids of the rules by which an edit blocks."""
    return {each.rule.id for each in found(edit, base) if each.blocks}

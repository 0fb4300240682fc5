"""What a spec yields: the generated files and the lock. The walk that every command shares."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scaffold import __version__
from scaffold.database.tables import tables
from scaffold.design.model import Design
from scaffold.design.reading import Reading, read
from scaffold.design.surface import surface
from scaffold.history.intent import intent
from scaffold.history.parts import Change
from scaffold.history.past import MIGRATIONS, Past
from scaffold.history.plan import history
from scaffold.plan.files import plan
from scaffold.plan.format import Format, format_python
from scaffold.spec.document import MAX_BYTES
from scaffold.spec.schema import json_schema
from scaffold.tree.digest import digest
from scaffold.tree.history import past_of
from scaffold.tree.lock import Lock
from scaffold.tree.paths import SCHEMA, SPEC, Roots, roots


class ProjectError(ValueError):
    """This is not the directory of a project."""


@dataclass(frozen=True, slots=True)
class Emission:
    """The generated files by their paths, and the lock that belongs to them.

    `kept` are the digests of the migrations that were written before, which nobody writes again;
    `changes` is what the migration that is written now changes, and `migration_hooks` are the
    functions that some migration calls to fill in a column.
    """

    reading: Reading
    files: Mapping[str, bytes]
    kept: Mapping[str, str]
    changes: tuple[Change, ...]
    lock: Lock
    migration_hooks: frozenset[str] = frozenset()

    @property
    def design(self) -> Design:
        """What the spec means."""
        return self.reading.design

    @property
    def destroys(self) -> tuple[str, ...]:
        """What the migration that is written now may lose, or be refused for."""
        return tuple(each.destroys for each in self.changes if each.destroys)

    @property
    def migrates(self) -> bool:
        """Is a migration written now?"""
        home = f"{self.design.name}/{MIGRATIONS}/"
        return any(path.startswith(home) and path.endswith(".sql") for path in self.files)

    @property
    def roots(self) -> Roots:
        """Where the generated files lie."""
        return roots(self.design.name)


def emit(
    content: bytes, source: str, past: Past | None = None, added: Iterable[str] = ()
) -> Emission:
    """What the spec in `content` yields; `source` names it in messages.

    `past` is the history of the tables so far; without one it begins here. `added` are the tables,
    and columns as `table.column`, that are new although they look like others that are gone.

    Raises:
        SpecError: the content is not a spec.
        HistoryError: no migration leads to the tables of the spec.
    """
    return _emit(read(content, source), content, past, added)


def _emit(
    reading: Reading,
    content: bytes,
    past: Past | None,
    added: Iterable[str],
    form: Format = format_python,
) -> Emission:
    design = reading.design
    found = history(design.name, tables(design), past, intent(design, added))
    package = design.name
    texts = {
        **plan(design, fills=bool(found.hooks), form=form),
        **{f"{package}/{path}": text for path, text in found.files.items()},
        SCHEMA: schema(),
    }
    files = {path: texts[path].encode() for path in sorted(texts)}
    kept = {f"{package}/{path}": each for path, each in found.kept.items()}
    digests = {path: digest(each) for path, each in files.items()} | kept
    lock = Lock(
        language=reading.positions.version,
        generator=__version__,
        spec=digest(content),
        files=dict(sorted(digests.items())),
        surface=surface(design),
    )
    return Emission(reading, files, kept, found.changes, lock, found.hooks)


def emit_project(
    project: Path,
    *,
    added: Iterable[str] = (),
    replace_initial: bool = False,
    past: Past | None = None,
    form: Format = format_python,
) -> Emission:
    """What the spec of a project yields after its history; `replace_initial` begins it anew.

    The history is the one in its tree, or `past` if that is given. `form` formats what is Python.

    Raises:
        ProjectError: there is no spec.
        SpecError: it is refused.
        HistoryError: the history is damaged, or no migration leads to the tables of the spec.
    """
    place = spec_of(project)
    content = read_spec(place)
    reading = read(content, str(place))
    if past is None and not replace_initial:
        past = past_of(project, reading.design.name)
    return _emit(reading, content, past, added, form)


def spec_of(project: Path) -> Path:
    """The place of a project's spec.

    Raises:
        ProjectError: there is none.
    """
    place = project / SPEC
    if not place.is_file():
        raise ProjectError(
            f"There is no {SPEC} in {project.resolve()}. "
            "Give the directory of a project, or make a project with: scaffold new NAME"
        )
    return place


def read_spec(place: Path) -> bytes:
    """The content of a spec file; never much more than the language allows.

    Raises:
        OSError: it cannot be read.
    """
    with place.open("rb") as file:
        return file.read(MAX_BYTES + 1)


@cache
def schema() -> str:
    """The JSON Schema of the language, as editors are given it."""
    return json.dumps(json_schema(), indent=2) + "\n"

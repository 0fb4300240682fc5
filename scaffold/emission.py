"""What a spec yields: the generated files and the lock. The walk that every command shares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scaffold import __version__
from scaffold.design.model import Design
from scaffold.design.resolve import resolve
from scaffold.design.surface import surface
from scaffold.plan.files import plan
from scaffold.spec.document import MAX_BYTES
from scaffold.spec.load import loads
from scaffold.spec.schema import json_schema
from scaffold.tree.lock import Lock, digest
from scaffold.tree.paths import SCHEMA, SPEC, Roots, roots


class ProjectError(ValueError):
    """This is not the directory of a project."""


@dataclass(frozen=True, slots=True)
class Emission:
    """The generated files by their paths, and the lock that belongs to them."""

    design: Design
    files: Mapping[str, bytes]
    lock: Lock

    @property
    def roots(self) -> Roots:
        """Where the generated files lie."""
        return roots(self.design.name)


def emit(content: bytes, source: str) -> Emission:
    """What the spec in `content` yields; `source` names it in messages.

    Raises:
        SpecError: the content is not a spec.
    """
    spec = loads(content, source)
    design = resolve(spec)
    texts = {**plan(design), SCHEMA: schema()}
    files = {path: texts[path].encode() for path in sorted(texts)}
    lock = Lock(
        language=spec.scaffold,
        generator=__version__,
        spec=digest(content),
        files={path: digest(each) for path, each in files.items()},
        surface=surface(design),
    )
    return Emission(design, files, lock)


def emit_project(project: Path) -> Emission:
    """What the spec of a project yields.

    Raises:
        ProjectError: there is no spec.
        SpecError: it is refused.
    """
    place = spec_of(project)
    return emit(read_spec(place), str(place))


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


def schema() -> str:
    """The JSON Schema of the language, as editors are given it."""
    return json.dumps(json_schema(), indent=2) + "\n"

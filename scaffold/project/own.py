"""The base of a project: what scaffold wrote last of the files that are the developer's.

`.scaffold/own.json` keeps their texts, line by line so that its diffs can be read, and the answers
that nobody can derive again. It is input from outside: it names files of a closed list alone.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from scaffold.project.provenance import Pin
from scaffold.releases.news import require_not_newer
from scaffold.releases.version import version
from scaffold.tree.paths import HOME, UnsafePath, confine

BASE: Final = f"{HOME}/own.json"
FORM: Final = 1

OWNED: Final = frozenset(
    {
        ".dockerignore",
        ".env.example",
        ".gitattributes",
        ".github/CODEOWNERS",
        ".github/workflows/ci.yml",
        ".gitignore",
        ".gitlab-ci.yml",
        ".gitlab/CODEOWNERS",
        ".pre-commit-config.yaml",
        "AGENTS.md",
        "Dockerfile",
        "Makefile",
        "README.md",
        "SECURITY.md",
        "asgi.py",
        "compose.identity.yaml",
        "compose.yaml",
        "identity/Dockerfile",
        "identity/package-lock.json",
        "identity/package.json",
        "identity/provider.json",
        "identity/provider.mjs",
        "pyproject.toml",
        "requirements-dev.txt",
        "requirements-scaffold-packages.txt",
        "requirements-scaffold.txt",
        "requirements.txt",
        "tests/__init__.py",
        "tests/conftest.py",
        "tests/test_service.py",
    }
)
"""Every file of templates/project that `scaffold update` may offer, in this version or an earlier
one. The spec and the hooks are none of them: only their author knows what they should say."""

Forge = Literal["github", "gitlab"]
"""Whose CI a project has files for."""
FORGES: Final[tuple[Forge, ...]] = ("github", "gitlab")

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_FILE: Final = 1024 * 1024
"""Bytes of a file that is merged."""
MAX_LINES: Final = 20_000
"""Lines of such a file: comparing takes longer than reading."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
MAX_NAME: Final = 60
_MAX_NOTES: Final = 50
_MAX_NOTE: Final = 2000


class BaseError(ValueError):
    """The base cannot be read, or is not one."""


@dataclass(frozen=True, slots=True)
class Base:
    """What scaffold wrote last, by the paths of the files, with the answers that it was told.

    `pin` is what the file of the generator's pin began with. Raising the pin is the developer's:
    what is offered keeps this one, so that theirs is their edit.
    """

    generator: str
    project: str
    pin: Pin
    files: Mapping[str, str]

    @property
    def ci(self) -> Forge:
        """Whose CI the project has files for."""
        return "gitlab" if ".gitlab-ci.yml" in self.files else "github"


def is_project_name(name: str) -> bool:
    """Can a project be called so?"""
    return len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


def write(base: Base) -> bytes:
    """The base as it is committed."""
    content = {
        "form": FORM,
        "generator": base.generator,
        "project": base.project,
        "pin": {"lines": list(base.pin.lines), "notes": list(base.pin.notes)},
        "files": {path: base.files[path].split("\n") for path in sorted(base.files)},
    }
    return (json.dumps(content, indent=1) + "\n").encode("ascii")


def read(project: Path, now: str) -> Base | None:
    """The base of a project, or None where there is none; `now` is the version that runs.

    Raises:
        NewerGenerator: a newer version wrote it, perhaps in another form.
        BaseError: it is not a base.
    """
    try:
        place = confine(project, BASE)
        if not stat.S_ISREG(place.lstat().st_mode):
            raise _refused(project, "is not a regular file")
        with place.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnsafePath as error:
        raise BaseError(str(error)) from None
    except OSError as error:
        raise _refused(project, f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise _refused(project, "is too large")
    try:
        found = json.loads(content)
        generator = str(found["generator"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _refused(project, "is not as scaffold writes it") from None
    require_not_newer(generator, now)
    try:
        return _parse(found)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _refused(project, "is not as scaffold writes it") from None


def _refused(project: Path, reason: str) -> BaseError:
    return BaseError(
        f"{project / BASE} {reason}. Take it back from version control, or delete it and run "
        "scaffold update, which says how to go on without it"
    )


def _parse(content: Mapping[str, Any]) -> Base:
    """The base that parsed JSON says; any error says that it is none."""
    pin, files = content["pin"], content["files"]
    if content["form"] != FORM or not is_project_name(content["project"]):
        raise ValueError
    return Base(
        generator=str(version(content["generator"])),
        project=content["project"],
        pin=Pin(_notes(pin["lines"]), _notes(pin["notes"])),
        files={_owned(path): _text(lines) for path, lines in files.items()},
    )


def _owned(path: str) -> str:
    if path not in OWNED:
        raise ValueError
    return path


def _notes(value: object) -> tuple[str, ...]:
    """Lines of the pin: each stays on its line, and there are a few."""
    if not isinstance(value, list) or len(value) > _MAX_NOTES:
        raise ValueError
    if not all(isinstance(each, str) and len(each) <= _MAX_NOTE for each in value):
        raise ValueError
    if not all(each.isprintable() for each in value):
        raise ValueError
    return tuple(value)


def _text(lines: object) -> str:
    if not isinstance(lines, list) or not 0 < len(lines) <= MAX_LINES:
        raise ValueError
    if not all(isinstance(each, str) and "\n" not in each for each in lines):
        raise ValueError
    return "\n".join(lines)

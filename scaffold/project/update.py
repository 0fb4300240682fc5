"""What newer templates, or a changed spec, would write of the developer's own files: an offer.

Nothing is overwritten. A file is compared in three ways: what scaffold wrote last (the base), what
it would write now, and what lies there.
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from scaffold import __version__
from scaffold.design.resolve import resolve
from scaffold.emission import read_spec, spec_of
from scaffold.project import own
from scaffold.project.create import own_files
from scaffold.project.merge import Conflict, lines_of, merge
from scaffold.project.own import BASE, MAX_FILE, MAX_LINES, OWNED, Base, is_project_name
from scaffold.project.provenance import pin as installed_pin
from scaffold.releases.news import require_not_newer
from scaffold.releases.version import version
from scaffold.spec.load import loads
from scaffold.tree.lock import known_origin
from scaffold.tree.paths import Roots, UnsafePath, confine
from scaffold.tree.transaction import change, interrupted, recover

PIN: Final = "requirements-scaffold.txt"
ALLOWED: Final = Roots(directories=(), files=(BASE, *sorted(OWNED)))
"""What an update may write, and what its journal may name."""

_PINNED = re.compile(r"^scaffold==(\S+)", re.MULTILINE)
_MAX_PYPROJECT: Final = 256 * 1024

State = Literal[
    "replaced", "merged", "conflict", "new", "deleted", "left", "gone", "differs", "taken"
]


class UpdateError(ValueError):
    """There is no offer, or it cannot be taken; nothing was written."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to say of one file.

    - replaced, merged, new: `after` is what would lie there; they are clean;
    - conflict: `before` and `after` are the templates of before and of now, or the file and the
      template where there is no base; `content`, if there is a base, has what is clean;
    - deleted, left, gone: nothing is offered, for the `reason`;
    - differs: there is no base, `after` is the template;
    - taken: the file has the change already, and only the base has to follow.

    `conflicts` are lines of the developer's file. Texts have line feeds; `content` are the bytes
    to write, with the line ends of the file that they replace.
    """

    path: str
    state: State
    before: str = ""
    after: str = ""
    conflicts: tuple[Conflict, ...] = ()
    reason: str = ""
    content: bytes = b""

    @property
    def is_clean(self) -> bool:
        """Does taking it lose nothing of the developer's?"""
        return self.state in ("replaced", "merged", "new")


@dataclass(frozen=True, slots=True)
class Update:
    """The offers for a project, in the order of their paths; `theirs` are the texts of now."""

    former: Base | None
    theirs: Base
    offers: tuple[Offer, ...]
    pinned: str | None
    """The version that the project pins, where that is a number and another than the one here."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A file of the developer's, with line feeds; `crlf` where every line ended with both."""

    text: str
    crlf: bool

    def encoded(self, text: str) -> bytes:
        """Another text in the same form."""
        return (text.replace("\n", "\r\n") if self.crlf else text).encode("utf-8")


@dataclass(frozen=True, slots=True)
class _Other:
    """Something that is not merged, and why."""

    reason: str


def update(project: Path, only: Collection[str] = ()) -> Update:
    """What is offered for a project; `only` limits it to some files.

    Raises:
        ProjectError, SpecError: there is no project, or its spec is refused.
        NewerGenerator: a newer scaffold wrote it.
        BaseError: its base is damaged.
        UpdateError: a file of `only` is none that scaffold offers, or a write was interrupted.
    """
    if unknown := sorted(set(only) - OWNED):
        raise UpdateError(
            f"{unknown[0]!r:.200} is none of the files that scaffold offers changes of. "
            f"They are: {', '.join(sorted(OWNED))}"
        )
    if interrupted(project):
        raise UpdateError(
            "A write of this project was interrupted. Run again what was interrupted: "
            "scaffold generate, or scaffold update --write"
        )
    if origin := known_origin(project):
        require_not_newer(origin.generator, __version__)
    place = spec_of(project)
    design = resolve(loads(read_spec(place), str(place)))
    base = own.read(project, __version__)
    name = base.project if base else _name(project, design.name)
    pin = base.pin if base else installed_pin()
    ci = base.ci if base else "github"
    theirs = Base(__version__, name, pin, own_files(name, design, pin, ci))
    found = offers(project, base, theirs, only or OWNED)
    return Update(base, theirs, tuple(found), _other_pin(project))


def take(project: Path, found: Update) -> None:
    """Writes the clean offers, and the base for them and for what was taken before: all or nothing.

    Raises:
        UpdateError: there is no base, so nothing is clean.
        TransactionError, UnsafePath, OSError: it cannot be done; the project is as it was.
    """
    if found.former is None:
        raise UpdateError(
            f"There is no {BASE}, so nobody can tell your edits from older templates. Nothing was "
            "written. Take by hand what you want of the difference that scaffold update shows, "
            "then run scaffold update --adopt"
        )
    files = {each.path: each.content for each in found.offers if each.is_clean}
    settled = [each for each in found.offers if each.is_clean or each.state in ("taken", "gone")]
    if settled:
        _change(project, files, _with(found, found.former, [each.path for each in settled]))


def adopt(project: Path, found: Update, only: Collection[str] = ()) -> None:
    """Records what scaffold would write now as the base, of some files or of all.

    What differs from it is the developer's edit from then on, and is not offered again.

    Raises:
        TransactionError, UnsafePath, OSError: it cannot be done; the project is as it was.
    """
    former = found.former or replace(found.theirs, files={})
    _change(project, {}, _with(found, former, only or OWNED))


def undo(project: Path) -> bool:
    """Undoes an update that was interrupted; False where there is none.

    Raises:
        TransactionError: it was another change that was interrupted.
        UnsafePath, OSError: it cannot be done.
    """
    return recover(project, ALLOWED)


def _change(project: Path, files: Mapping[str, bytes], base: Base) -> None:
    change(project, {**files, BASE: own.write(base)}, (), ALLOWED)


def _with(found: Update, former: Base, paths: Collection[str]) -> Base:
    """The base with the texts of now for some files."""
    kept = {path: text for path, text in former.files.items() if path not in paths}
    new = {path: text for path, text in found.theirs.files.items() if path in paths}
    return replace(former, generator=found.theirs.generator, files=kept | new)


def offers(
    project: Path, base: Base | None, theirs: Base, only: Collection[str] = OWNED
) -> Iterator[Offer]:
    """What there is to say of each file whose text is another one in `theirs` than in the base."""
    known = theirs.files.keys() | (base.files.keys() if base else ())
    for path in sorted(known & set(only)):
        lying = _lying(project, path)
        text = theirs.files.get(path)
        if base is None:
            found = _difference(path, lying, text or "")
        else:
            found = _offer(path, base.files.get(path), lying, text)
        if found is not None:
            yield found


def _difference(path: str, lying: _Text | _Other | None, theirs: str) -> Offer | None:
    """What there is to say of a file without a base."""
    match lying:
        case _Other(reason):
            return Offer(path, "left", reason=reason)
        case None:
            return Offer(path, "differs", after=theirs, reason="it is not there")
    if lying.text == theirs:
        return None
    return Offer(path, "differs", lying.text, theirs)


def _offer(
    path: str, base: str | None, lying: _Text | _Other | None, theirs: str | None
) -> Offer | None:
    """What there is to say of a file, if anything."""
    if base == theirs:
        return None
    if theirs is None:
        return Offer(path, "gone")
    match lying:
        case _Other(reason):
            return Offer(path, "left", reason=reason)
        case None if base is None:
            return Offer(path, "new", after=theirs, content=theirs.encode("utf-8"))
        case None:
            return Offer(path, "deleted")
    ours = lying.text
    if ours == theirs:
        return Offer(path, "taken")
    if base is None:
        whole = Conflict(0, len(lines_of(ours)))
        return Offer(path, "conflict", ours, theirs, (whole,), "scaffold did not write it")
    if ours == base:
        return Offer(path, "replaced", ours, theirs, content=lying.encoded(theirs))
    merged = merge(base, ours, theirs)
    if merged.conflicts:
        content = lying.encoded(merged.text)
        return Offer(path, "conflict", base, theirs, merged.conflicts, content=content)
    if merged.text == ours:
        return Offer(path, "taken")
    return Offer(path, "merged", ours, merged.text, content=lying.encoded(merged.text))


def _lying(project: Path, path: str) -> _Text | _Other | None:
    """What lies at the path of a file of the developer's; it is not followed out of the project."""
    try:
        place = confine(project, path)
        if not stat.S_ISREG(place.lstat().st_mode):
            return _Other("it is not a regular file")
        with place.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnsafePath:
        return _Other("it is behind a symbolic link")
    except OSError as error:
        return _Other(f"it cannot be read: {error.strerror}")
    if len(content) > MAX_FILE:
        return _Other(f"it has more than {MAX_FILE // 1024} KiB")
    if content.count(b"\n") >= MAX_LINES:
        return _Other(f"it has more than {MAX_LINES} lines")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return _Other("it is not text in UTF-8")
    crlf = 0 < text.count("\n") == text.count("\r\n")
    return _Text(text.replace("\r\n", "\n") if crlf else text, crlf)


def _name(project: Path, package: str) -> str:
    """What a project without a base is called: as its pyproject.toml says, if that is a name."""
    try:
        with confine(project, "pyproject.toml").open("rb") as file:
            name = tomllib.loads(file.read(_MAX_PYPROJECT).decode("utf-8"))["project"]["name"]
    except (OSError, UnsafePath, ValueError, KeyError, TypeError, RecursionError):
        return package
    return name if isinstance(name, str) and is_project_name(name) else package


def _other_pin(project: Path) -> str | None:
    """The version that the project pins, where it is another one than the one that runs."""
    lying = _lying(project, PIN)
    if not isinstance(lying, _Text) or (found := _PINNED.search(lying.text)) is None:
        return None
    try:
        pinned = version(found[1].rstrip("\\"))
    except ValueError:
        return None
    return None if str(pinned) == __version__ else str(pinned)


def counted(offers: Sequence[Offer], *states: State) -> str:
    """How many offers there are of each state, as it stands in a sentence."""
    numbers = {state: sum(each.state == state for each in offers) for state in states}
    return ", ".join(f"{number} {state}" for state, number in numbers.items() if number)

"""How another machine installs the scaffold that runs here: the pin that a new project is given.

Installers leave a record of what was not taken from a package index: PEP 610, `direct_url.json`.
The record and the configuration of a repository are input from outside. What a project is given
of them has passed a closed grammar: no credentials, no paths of this machine, nothing that pip
would read as an option.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from scaffold import __version__
from scaffold.repository import git

NAME: Final = "scaffold"
RECORD: Final = "direct_url.json"
VENDOR: Final = "vendor"
"""The directory of a project in which pip looks for a file that no index has."""

HASHED: Final = "--require-hashes"
"""The option by which pip installs nothing without its digest; it knows none of a git commit."""

_WRAPPER: Final = textwrap.TextWrapper(96, break_long_words=False, break_on_hyphens=False)

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DIGESTS: Final = {"sha256": 64, "sha384": 96, "sha512": 128}
"""The algorithms that pip accepts, with the length of their digests in hexadecimal digits."""
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~%+-]+)+/?")
_SUBDIRECTORY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_SSH_SHORT = re.compile(r"git@([A-Za-z0-9.-]+):/?([^:]+)")
"""`git@host:path`, the short form of an ssh address."""
_ADD_DIGEST: Final = (
    "Write it behind the requirement: --hash=sha256:DIGEST. Until then make generator fails, and "
    "pip prints the digest of the file that it found. Compare it with the one that the release "
    "states: on another index the same name can belong to somebody else."
)


@dataclass(frozen=True, slots=True)
class Pin:
    """What a project's file of requirements says of its generator.

    `lines` are for pip; there are none where no other machine could install this scaffold.
    `notes` are for the reader: sentences, or an example if it begins with a space.
    """

    lines: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def comment(self) -> list[str]:
        """The notes in lines that fit behind the sign of a comment; examples stay whole."""
        lines: list[str] = []
        for note in self.notes:
            lines += [note] if note.startswith(" ") else _WRAPPER.wrap(note)
        return lines


def pin() -> Pin:
    """The pin of the scaffold that runs here."""
    package = Path(__file__).resolve().parent.parent
    try:
        installed = Distribution.from_name(NAME)
    except PackageNotFoundError:
        return of_checkout(package.parent)
    if Path(str(installed.locate_file(NAME))).resolve() != package:
        return of_checkout(package.parent)  # an editable installation, or none of this copy
    try:
        return of_record(installed.read_text(RECORD))
    except UnicodeDecodeError:
        return _unreadable()


def of_record(record: str | None) -> Pin:
    """The pin of an installed scaffold; `record` is its `direct_url.json`, if there is one."""
    if record is None:
        return _of_index()
    try:
        content = json.loads(record)
    except (ValueError, RecursionError):
        return _unreadable()
    match content:
        case {"url": str(url), "vcs_info": {"vcs": "git", "commit_id": str(commit)}}:
            return _of_repository(url, commit, content.get("subdirectory", ""))
        case {"url": str(url), "archive_info": dict(archive)}:
            return _of_archive(url, archive, content.get("subdirectory", ""))
        case {"url": str(url), "dir_info": dict()} if directory := _local(url):
            return of_checkout(directory)
    return _unreadable()


def of_checkout(directory: Path) -> Pin:
    """The pin of a scaffold whose source lies in a directory."""
    commit = _git(directory, "rev-parse", "--verify", "HEAD")
    # A directory can lie in a repository and not be part of it, such as an unpacked archive.
    if commit is None or _git(directory, "rev-parse", f"HEAD:./{NAME}/__init__.py") is None:
        return _unpinned("git knows no commit of the directory that it ran from")
    changes = _git(directory, "status", "--porcelain", "--", NAME, "templates", "pyproject.toml")
    if changes != "":
        return _unpinned("it ran from a checkout with changes that are not committed")
    prefix = _git(directory, "rev-parse", "--show-prefix") or ""
    return _of_clone(directory, commit, prefix.rstrip("/"))


def _of_clone(directory: Path, commit: str, subdirectory: object) -> Pin:
    """The pin of a commit that was taken from a repository on this machine."""
    remote = _git(directory, "config", "--get", "remote.origin.url") or ""
    line = _git_line(_public(_unabridged(remote)), commit, subdirectory)
    if line is None:
        return _unpinned("the repository that it came from has no origin with a public address")
    note = "It came from a clone of this repository. If its commit is not pushed yet, push it."
    return Pin((line,), (note,))


def _of_index() -> Pin:
    return Pin(
        (HASHED, f"{NAME}=={__version__}"),
        (f"It came from a package index, and installers keep no digest from there. {_ADD_DIGEST}",),
    )


def _of_repository(url: str, commit: str, subdirectory: object) -> Pin:
    if directory := _local(url):
        return _of_clone(directory, commit, subdirectory)
    line = _git_line(_public(url), commit, subdirectory)
    if line is None:
        return _unreadable()
    return Pin((line,), ("It came from this repository. The commit is what pins it.",))


def _of_archive(url: str, archive: Mapping[str, Any], subdirectory: object) -> Pin:
    digests = [f"--hash={each}" for each in _digests(archive)][:1]
    address, fragment = _public(url), _fragment(subdirectory)
    if fragment is None:
        return _unreadable()
    if address and address.startswith("https:") and not urlsplit(url).query:
        notes = ["It came from this address."]
        lines = [HASHED, " ".join((f"{NAME} @ {address}{fragment}", *digests))]
    else:
        notes = [
            f"It came from {_file_name(url)}. Publish that on the package index that CI uses, or "
            f"commit it into the directory {VENDOR} of this project."
        ]
        lines = [HASHED, f"--find-links {VENDOR}", " ".join((f"{NAME}=={__version__}", *digests))]
    if not digests:
        notes.append(f"The installer kept no digest. {_ADD_DIGEST}")
    return Pin(tuple(lines), tuple(notes))


def _unreadable() -> Pin:
    return _unpinned(f"how it was installed ({RECORD}) is not said in a way that can be repeated")


def _unpinned(reason: str) -> Pin:
    return Pin(
        (),
        (
            f"It is not pinned yet: {reason}, so other machines cannot install it. make check "
            "fails until something like one of these lines stands here:",
            f"  {NAME}==VERSION --hash=sha256:DIGEST",
            f"  {NAME} @ git+https://HOST/PATH@COMMIT",
            "Until then, to check with the one that is on your PATH:",
            f"  make check SCAFFOLD={NAME}",
        ),
    )


def _git_line(address: str | None, commit: str, subdirectory: object) -> str | None:
    """The requirement that names a commit of a repository, if all of its parts can be written."""
    fragment = _fragment(subdirectory)
    if address is None or fragment is None or not _COMMIT.fullmatch(commit):
        return None
    return f"{NAME} @ git+{address}@{commit}{fragment}"


def _fragment(subdirectory: object) -> str | None:
    """What names a directory in a repository or archive; nothing for its top."""
    if subdirectory == "":
        return ""
    if not isinstance(subdirectory, str) or not _SUBDIRECTORY.fullmatch(subdirectory):
        return None
    return f"#subdirectory={subdirectory}"


def _public(url: str) -> str | None:
    """The https or ssh address of a URL, without credentials, query and fragment, or None."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not url.isprintable() or parts.scheme not in ("https", "ssh"):
        return None
    if not _HOST.fullmatch(host) or not _PATH.fullmatch(parts.path):
        return None
    # The common user of forges is part of the address. Any other name is somebody's.
    user = "git@" if parts.scheme == "ssh" and parts.username == "git" else ""
    return f"{parts.scheme}://{user}{host}{f':{port}' if port else ''}{parts.path}"


def _unabridged(remote: str) -> str:
    """The URL of a remote that may be written in the short form of ssh."""
    short = _SSH_SHORT.fullmatch(remote)
    return f"ssh://git@{short[1]}/{short[2]}" if short else remote


def _local(url: str) -> Path | None:
    """The directory of this machine that a URL leads to, if it is one of a file."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    return Path(url2pathname(parts.path))


def _file_name(url: str) -> str:
    """How to call the file at a URL: by its name, if that is one that can be printed."""
    try:
        name = PurePosixPath(unquote(urlsplit(url).path)).name
    except ValueError:
        name = ""
    return f"the file {name}" if _FILE.fullmatch(name) else "a file"


def _digests(archive: Mapping[str, Any]) -> Iterator[str]:
    """The digests of an archive as pip takes them, `sha256:<hex>`, the usual algorithm first."""
    recorded = archive.get("hashes")
    digests = dict(recorded) if isinstance(recorded, dict) else {}
    if isinstance(former := archive.get("hash"), str):  # as installers wrote it before `hashes`
        algorithm, _, digest = former.partition("=")
        digests.setdefault(algorithm, digest)
    for algorithm, length in _DIGESTS.items():
        found = digests.get(algorithm)
        if isinstance(found, str) and re.fullmatch(f"[0-9a-f]{{{length}}}", found):
            yield f"{algorithm}:{found}"


def _git(directory: Path, *arguments: str) -> str | None:
    """A line that git says of a directory, or None where it does not know."""
    said = git(directory, *arguments)
    return None if said is None else said.decode("utf-8", "replace").strip()

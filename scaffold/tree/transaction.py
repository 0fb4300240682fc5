"""Changes several files of a project as a whole, or not at all.

A change is prepared in `.scaffold/transaction`: the new files are written to `new/`, hard links to
the files that they replace are kept in `old/`, and `journal.json`, which appears by one rename,
says what is about to happen. Only then the new files are renamed into place. The change is final
when the journal is gone.

Whatever ends a change before that (an error, a full disk, Ctrl-C) puts the old files back. A
process that is killed cannot do so: the journal stays, `scaffold check` says so, and the next
change begins by putting the old files back. Until then the tree may be half new. Nothing is synced
to the disk: a loss of power is what version control is for.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scaffold.tree.paths import HOME, LOCK, Roots, confine

TRANSACTION = f"{HOME}/transaction"
JOURNAL = f"{TRANSACTION}/journal.json"


class TransactionError(RuntimeError):
    """A change cannot be made; the tree is as it was."""


def interrupted(project: Path) -> bool:
    """Has a change of this project neither been finished nor been undone?"""
    return os.path.lexists(project / JOURNAL)


def change(
    project: Path, write: Mapping[str, bytes], remove: Collection[str], allowed: Roots
) -> None:
    """Writes and removes files of a project. The paths lie in `allowed`, or are the lock.

    Raises:
        TransactionError: another process changes this project, or a journal is not to be trusted.
        UnsafePath: a path leads out of the project.
        OSError: a file cannot be written.
    """
    with _exclusive(project):
        _recover(project, allowed)
        places = {path: confine(project, path) for path in (*write, *remove)}
        try:
            _stage(project, write, places)
            _begin(project, places, set(remove))
            for path in write:
                places[path].parent.mkdir(parents=True, exist_ok=True)
                os.replace(project / TRANSACTION / "new" / path, places[path])
            for path in remove:
                places[path].unlink(missing_ok=True)
            (project / JOURNAL).unlink()
        except BaseException:
            _recover(project, allowed)
            raise
        # From here on it has happened; what cannot be cleared away now, the next change clears.
        shutil.rmtree(project / TRANSACTION, ignore_errors=True)
        _prune(project, remove)


def replace(project: Path, path: str, content: bytes) -> None:
    """Replaces one file of a project. One rename does it, so that there is nothing to undo.

    Raises:
        TransactionError: another process changes this project, or a change was interrupted.
        UnsafePath: the path leads out of the project.
        OSError: the file cannot be written.
    """
    with _exclusive(project):
        _recover(project, Roots(directories=(), files=()))
        place = confine(project, path)
        try:
            _stage(project, {path: content}, {path: place})
            os.replace(project / TRANSACTION / "new" / path, place)
        finally:
            shutil.rmtree(project / TRANSACTION, ignore_errors=True)


def recover(project: Path, allowed: Roots) -> bool:
    """Undoes an interrupted change of files in `allowed`; False where there is none.

    Raises:
        TransactionError: another process changes this project, or a journal is not to be trusted.
        UnsafePath: a path leads out of the project.
        OSError: a file cannot be written.
    """
    if not interrupted(project):
        return False
    with _exclusive(project):
        _recover(project, allowed)
    return True


@contextmanager
def _exclusive(project: Path) -> Iterator[None]:
    """Holds the project against other processes that change it."""
    home = confine(project, TRANSACTION).parent
    home.mkdir(exist_ok=True)
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TransactionError(
                f"Another process is changing {project}. Run this again when it has ended"
            ) from None
        yield
    finally:
        os.close(descriptor)


def _stage(project: Path, write: Mapping[str, bytes], places: Mapping[str, Path]) -> None:
    """Writes the new files; one that replaces a file has its permissions."""
    for path, content in write.items():
        place = project / TRANSACTION / "new" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        if places[path].is_file() and not places[path].is_symlink():
            shutil.copymode(places[path], place)


def _begin(project: Path, places: Mapping[str, Path], remove: set[str]) -> None:
    """Keeps the old files and writes the journal: from here on the change can be undone."""
    created = []
    for path, place in places.items():
        if os.path.lexists(place):
            _keep(place, project / TRANSACTION / "old" / path)
        elif path not in remove:
            created.append(path)
    journal = project / JOURNAL
    journal.parent.mkdir(exist_ok=True)
    draft = journal.with_suffix(".new")
    kept = sorted(set(places) - set(created))
    draft.write_text(json.dumps({"created": created, "kept": kept}), encoding="utf-8")
    os.replace(draft, journal)


def _keep(place: Path, backup: Path) -> None:
    backup.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(place, backup, follow_symlinks=False)
    except OSError:  # not every file system has hard links
        shutil.copy2(place, backup, follow_symlinks=False)


def _recover(project: Path, allowed: Roots) -> None:
    """Undoes a change that did not end."""
    transaction = confine(project, TRANSACTION)
    if transaction.is_symlink():
        raise TransactionError(f"{transaction} is a symbolic link; remove it")
    if interrupted(project):
        created, kept = _journal(project, allowed)
        for path in created:
            confine(project, path).unlink(missing_ok=True)
        for path in kept:
            place, backup = confine(project, path), confine(project, f"{TRANSACTION}/old/{path}")
            if os.path.lexists(backup):
                place.parent.mkdir(parents=True, exist_ok=True)
                os.replace(backup, place)
        (project / JOURNAL).unlink()
        _prune(project, created)
    if transaction.exists():
        shutil.rmtree(transaction)


def _journal(project: Path, allowed: Roots) -> tuple[list[str], list[str]]:
    """The paths that the interrupted change created, and those whose old files were kept."""
    try:
        content = json.loads((project / JOURNAL).read_bytes())
        created, kept = content["created"], content["kept"]
        sound = all(path == LOCK or allowed.hold(path) for path in (*created, *kept))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise TransactionError(
            f"{project / JOURNAL} was not written by this command. If another one was "
            "interrupted (scaffold generate, scaffold update --write or scaffold eject --write), "
            "run that one again, and it "
            f"puts the old files back; otherwise remove {project / TRANSACTION}"
        )
    return created, kept


def _prune(project: Path, paths: Iterable[str]) -> None:
    """Removes the directories that are empty now that these files are gone."""
    for path in paths:
        place = confine(project, path).parent
        while place != project and _is_bare(place):
            shutil.rmtree(place, ignore_errors=True)
            place = place.parent


def _is_bare(directory: Path) -> bool:
    """Does a directory hold nothing, or nothing but compiled modules?"""
    return directory.is_dir() and {each.name for each in directory.iterdir()} <= {"__pycache__"}

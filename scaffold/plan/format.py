"""Formatting of the emitted Python: ruff twice, for the whole tree at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path, PurePath

CONFIGURATION = """\
line-length = 88
target-version = "py311"
[lint]
select = ["F401", "I"]
[lint.isort]
known-first-party = ["{package}", "hooks", "tests"]
"""


MEMORY = Path("/dev/shm")  # noqa: S108 - the directory in it is the user's own
ROOM = 16 * 1024 * 1024
"""Bytes that are left to others there."""
PAGE = 4096
"""Bytes that a file takes beside its own, at most."""

Format = Callable[[Mapping[str, str], str], dict[str, str]]
"""What formats the Python files of a package."""


class FormatterError(RuntimeError):
    """The formatter refused what the templates printed: a bug of the generator."""


class FormatterMissing(RuntimeError):
    """There is no formatter: the generator was not installed with all that it needs."""


def format_python(
    files: Mapping[str, str], package: str, some: Collection[str] | None = None
) -> dict[str, str]:
    """The files with their lines laid out and their imports sorted, without those of no use.

    What a module needs to import depends on the spec in many places. With `some`, only those are
    formatted, and what comes out of each is the same.
    """
    wanted = files.keys() if some is None else some
    if not wanted:
        return {}
    size = sum(len(files[path]) + PAGE for path in wanted)
    with tempfile.TemporaryDirectory(prefix="scaffold-", dir=_memory(2 * size)) as scratch:
        root = Path(scratch)
        (root / "ruff.toml").write_text(CONFIGURATION.format(package=package), encoding="utf-8")
        # Which imports are those of the package itself is told by the packages around a file.
        around = {f"{each}/__init__.py" for path in wanted for each in PurePath(path).parents}
        for path in {*wanted, *(around & files.keys())}:
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(files[path], encoding="utf-8")
        for arguments in (["check", "--fix"], ["format"]):
            _run([*arguments, "--quiet", "--no-cache", "."], root)
        return {path: (root / path).read_text(encoding="utf-8") for path in wanted}


def _memory(size: int) -> Path | None:
    """Where so many bytes can lie in memory for a moment; nothing where TMPDIR says where.

    Thousands of small files are a third of the time of a large project on some disks.
    """
    try:
        room = shutil.disk_usage(MEMORY).free > size + ROOM
    except OSError:
        return None
    usable = room and os.access(MEMORY, os.W_OK | os.X_OK)
    return MEMORY if usable and "TMPDIR" not in os.environ else None


def _run(arguments: list[str], root: Path) -> None:
    done = subprocess.run(  # noqa: S603 - a fixed program with fixed arguments
        [_ruff(), *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.defpath},
    )
    if done.returncode != 0:
        raise FormatterError((done.stdout + done.stderr).strip()[:4000])


def _ruff() -> str:
    """The ruff of this environment, which the generator pins: its style is in every byte."""
    beside = Path(sysconfig.get_path("scripts")) / ("ruff.exe" if os.name == "nt" else "ruff")
    found = (
        str(beside)
        if beside.exists()
        else shutil.which("ruff", path=str(Path(sys.executable).parent))
    )
    if found is None:
        raise FormatterMissing(
            "ruff is not installed beside scaffold. Install scaffold again with the packages that "
            "it needs"
        )
    return found

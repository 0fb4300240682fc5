"""Where the files of scaffold itself are. Importing this costs nothing."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def _templates() -> Path:
    """The templates: inside the package where it came as a wheel, beside it in a checkout."""
    installed = PACKAGE / "_templates"
    return installed if installed.is_dir() else PACKAGE.parent / "templates"


TEMPLATES = _templates()

"""An emitted project to try things on, and the PostgreSQL that it brings."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scaffold.emit.project import create

SPEC: Final = Path(__file__).parent.parent / "specs" / "invoicing.yaml"
PACKAGE: Final = "invoicing"


def invoicing(target: Path) -> Path:
    """A new project of the invoicing spec, as `scaffold new` makes it."""
    create(PACKAGE, target, SPEC.read_bytes(), SPEC.name)
    return target


@contextmanager
def postgres(project: Path) -> Iterator[str]:
    """The administrator's URL of a PostgreSQL that runs while the block does.

    It is started by the development tools of the project, which are loaded under another name:
    a test may have its own idea of what the package of the service is.
    """
    name, directory = "emitted_development", project / PACKAGE / "development"
    found = importlib.util.spec_from_file_location(name, directory / "__init__.py")
    assert found is not None and found.loader is not None
    package = importlib.util.module_from_spec(found)
    sys.modules[name] = package
    found.loader.exec_module(package)
    with importlib.import_module(f"{name}.postgres").server() as url:
        yield url

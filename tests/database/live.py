"""What `scaffold check --database-url` says of a database."""

from functools import cache
from pathlib import Path

from scaffold.emission import Emission, emit_project
from scaffold.live.check import check_database

from .releases import Release


def findings(release: Release, url: str) -> list[tuple[str, str]]:
    """The differences between a database and what a release makes: what, and how."""
    found = check_database(release.project, _emission(release.project), url)
    assert all(each.kind == "database" for each in found)
    return [(each.path, each.message) for each in found]


@cache
def _emission(project: Path) -> Emission:
    return emit_project(project)

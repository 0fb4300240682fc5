"""A small service whose spec changes, and what is done to its database.

It is called as the roles of the shared databases are.
"""

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from scaffold.cli import app
from tests.database.catalog import catalog
from tests.database.releases import Databases, Release, Urls, on
from tests.emitted import PACKAGE, Outcome, ask, made

SPEC: Final = """\
scaffold: 2
service: {name: invoicing, title: Shop}
tenancy:
  tenant: company
  attributes: {tier: {type: enum, values: [small, large]}}
identity:
  issuers:
    - {issuer: https://login.example.com/, audience: shop, algorithms: [ES256], tenants: mapped}
roles:
  viewer:
    can:
      - {do: [list, read], on: [category, product, review]}
  clerk:
    extends: viewer
    can:
      - {do: [create, update, delete], on: [category, product, review]}
      - {do: [publish], on: product, when: {status: draft, $tenant.tier: small}}
resources:
  category:
    fields:
      name: {type: string, min: 1, max: 60, filter: [eq]}
    unique: [[name]]
  product:
    fields:
      title: {type: string, min: 1, max: 80, filter: [prefix], sort: true}
      code: {type: string, max: 12}
      label: {type: string, max: 20, optional: true}
      price: {type: money, min: 0, max: 100000}
      stock: {type: integer, min: 0, max: 1000}
      status: {type: enum, values: [draft, live], default: draft, set_by: [publish], filter: [eq]}
      home: {type: reference, to: category}
      made_on: {type: date, optional: true}
    unique: [[code]]
    actions:
      publish: {on: item}
  review:
    parent: product
    fields:
      stars: {type: integer, min: 1, max: 5, sort: true}
      words: {type: text, max: 500, optional: true}
"""
Edit = tuple[str, str]

CONTRACT: Final = ("--contract", "--grace", "0", "--allow-destructive")
"""Everything at once, whatever it loses."""

GIVEN: Final = Path(__file__).with_name("given_database.py")
"""A plugin for emitted tests: the database is the one of the environment."""
TESTS: Final = (
    "test_access.py",
    "test_conflicts.py",
    "test_fields.py",
    "test_preconditions.py",
    "test_records.py",
)
"""The emitted tests that a change of the tables could break."""


def project(target: Path, spec: str = SPEC) -> Release:
    """A new project of a spec, whose hooks do nothing."""
    made(PACKAGE, target, spec.encode())
    return Release(target)


def edited(release: Release, target: Path, edits: Iterable[Edit]) -> Release:
    """A copy of a project whose spec is another one; it is not generated yet."""
    shutil.copytree(release.project, target)
    edit(target, edits)
    return Release(target)


def edit(project: Path, edits: Iterable[Edit]) -> None:
    """Changes the spec of a project in places that it has once each."""
    place = project / "scaffold.yaml"
    text = place.read_text("utf-8")
    for old, new in edits:
        assert text.count(old) == 1, (old, text.count(old))
        text = text.replace(old, new)
    place.write_text(text, "utf-8")


def new_of(release: Release, databases: Databases, *options: str) -> Urls:
    """A new database of a release."""
    found = databases.new()
    done = release.migrate(found, *options)
    assert done.returncode == 0, done.stderr
    return found


def generate(release: Release, *options: str) -> Result:
    """Runs `scaffold generate` in a project."""
    return CliRunner().invoke(app, ["generate", str(release.project), *options])


def migrations(release: Release) -> list[str]:
    """The names of its migrations."""
    found = (release.project / PACKAGE / "store" / "migrations").glob("*.sql")
    return sorted(each.name for each in found)


def outcome_of(release: Release, urls: Urls, tests: Sequence[str] = TESTS) -> Outcome:
    """Runs emitted tests of a release on a database as it is."""
    place = release.project / "tests" / "contract"
    there = [each for each in tests if (place / each.partition("::")[0]).exists()]
    assert there, tests
    shutil.copy(GIVEN, release.project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIVEN_DATABASE", json.dumps(urls._asdict()))
        return ask(release.project, there, "-p", GIVEN.stem)


def facts(urls: Urls) -> set[str]:
    """What a database is, but for the names of the migrations that made it."""
    found = on(urls.admin, catalog)
    return {each for each in found if not each.startswith("schema_migration: ")}

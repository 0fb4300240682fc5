"""The life of a project: its spec changes again and again, with data in every table.

After every change the release before serves on the expanded tables, the next one serves in the
end, and what the developer wrote by hand is as it was.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from scaffold.design.model import Design
from scaffold.design.resolve import resolve
from scaffold.project.hooks import hooks, missing_stubs
from scaffold.spec.load import load
from scaffold.tree.merge import prepare
from tests.database.live import findings
from tests.database.releases import Databases, Release, Urls, execute, on
from tests.emitted import PACKAGE, write_hooks
from tests.repositories import begin, commit, git

from .shop import (
    CONTRACT,
    Edit,
    edit,
    edited,
    facts,
    generate,
    migrations,
    new_of,
    outcome_of,
    project,
)

HOOK: Final = "hooks/product.py"
HOOKED: Final = "test_hooks.py::test_a_declared_hook_is_written"
SERVES: Final = ("test_records.py", HOOKED)
"""The emitted tests that are run after each change: they create, read, change and delete rows."""
LABEL: Final = "      label: {type: string, max: 20, optional: true}\n"
NOTE: Final = "      note: {type: string, max: 40, optional: true}\n"
REVIEW: Final = "  review:\n    parent: product\n"
SHELF: Final = "  shelf:\n    fields:\n      name: {type: string, max: 30}\n"
BIN: Final = "  bin:\n    parent: shelf\n    fields:\n      size: {type: integer, min: 1, max: 9}\n"
READS: Final = "on: [category, product, review]}\n  clerk"


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the spec.

    One that is `destructive` is refused until consent is given. Where `refused` is said by the
    contract phase, after `spoil` was done to the rows, `repair` is. Where it adds an action, the
    developer writes its `hook`.
    """

    title: str
    edits: tuple[Edit, ...]
    destructive: bool = False
    spoil: str = ""
    refused: str = ""
    repair: str = ""
    hook: str = ""
    migrates: bool = True


LIFE: Final = (
    Step("an optional field", ((LABEL, LABEL + NOTE),)),
    Step(
        "a required field with a value for what is there",
        ((NOTE, f"{NOTE}      weight: {{type: integer, min: 1, max: 50, backfill: 7}}\n"),),
    ),
    Step(
        "a field with a default",
        ((NOTE, f"{NOTE}      unit: {{type: enum, values: [piece, kilo], default: piece}}\n"),),
    ),
    Step(
        "a field with the value of another",
        (
            (
                NOTE,
                f"{NOTE}      list_price: "
                "{type: money, min: 0, max: 100000, backfill_from: price}\n",
            ),
        ),
    ),
    Step(
        "a field by another name",
        (
            ("code: {type: string, max: 12}", "sku: {type: string, max: 12, renamed_from: code}"),
            ("unique: [[code]]", "unique: [[sku]]"),
        ),
    ),
    Step("wider bounds", (("min: 1, max: 80, filter", "min: 1, max: 120, filter"),)),
    Step(
        "narrower bounds",
        (("max: 1000}", "max: 900}"),),
        destructive=True,
        spoil="update invoicing.product set stock = 950",
        refused="rows of product whose stock is out of its new bounds",
        repair="update invoicing.product set stock = 5 where stock > 900",
    ),
    Step("a value more", (("[draft, live]", "[draft, live, gone]"),)),
    Step("a value less", (("[draft, live, gone]", "[draft, live]"),), destructive=True),
    Step(
        "a field is required",
        (("made_on: {type: date, optional: true}", "made_on: {type: date, backfill: 2020-01-01}"),),
    ),
    Step("a field is optional", (("max: 50, backfill: 7}", "max: 50, optional: true}"),)),
    Step("a key less", (("    unique: [[name]]\n", ""),)),
    Step(
        "a key more",
        (
            (
                "max: 60, filter: [eq]}\n",
                "max: 60, filter: [eq]}\n    unique: [[name]]\n",
            ),
        ),
        destructive=True,
        spoil="update invoicing.category set name = 'twice'; insert into invoicing.category"
        " (id, tenant_id, name) select gen_random_uuid(), tenant_id, name"
        " from invoicing.category limit 1",
        refused="values that are there twice",
        repair="update invoicing.category set name = left(name, 20) || id::text",
    ),
    Step(
        "a filter and a sort",
        (("max: 5, sort: true}", "max: 5, sort: true, filter: [eq]}"),),
        migrates=False,
    ),
    Step("a class", (("max: 500, optional", "max: 500, class: pii, optional"),), migrates=False),
    Step(
        "a role",
        (("roles:\n", "roles:\n  guest:\n    can:\n      - {do: [list, read], on: category}\n"),),
        migrates=False,
    ),
    Step(
        "an attribute of the tenant",
        (("[small, large]}}", "[small, large]}, motto: {type: string, max: 9}}"),),
    ),
    Step(
        "a resource",
        ((READS, READS.replace("review", "review, shelf")), (REVIEW, SHELF + REVIEW)),
    ),
    Step(
        "a resource below it",
        ((", shelf]}", ", shelf, bin]}"), (REVIEW, BIN + REVIEW)),
    ),
    Step(
        "a reference",
        (
            (
                NOTE,
                f"{NOTE}      second: {{type: reference, to: category, optional: true}}\n",
            ),
        ),
    ),
    Step(
        "an owner",
        ((REVIEW, f"{REVIEW}    owner: author_id\n"),),
        destructive=True,
        refused="rows of review without author_id",
        repair="update invoicing.review r set author_id = (select id from invoicing.member m"
        " where m.tenant_id = r.tenant_id limit 1) where author_id is null",
    ),
    Step(
        "an action",
        (
            (
                "      publish: {on: item}\n",
                "      publish: {on: item}\n      tally: {on: collection}\n",
            ),
            (
                "{do: [publish], on: product,",
                "{do: tally, on: product}\n      - {do: [publish], on: product,",
            ),
        ),
        hook="tally",
        migrates=False,
    ),
    Step(
        "keys of idempotency",
        (("publish: {on: item}", "publish: {on: item, idempotent: required}"),),
        migrates=False,
    ),
    Step("another default", (("default: piece", "default: kilo"),)),
    Step("a field less", ((LABEL, ""),), destructive=True),
    Step(
        "a resource less",
        ((", shelf, bin]}", ", shelf]}"), (BIN, "")),
        destructive=True,
    ),
)


@dataclass(slots=True)
class Life:
    """A project that is deployed on a database, and goes from release to release."""

    release: Release
    database: Urls
    directory: Path
    number: int = 0

    def change(self, step: Step) -> None:
        """One step, from the spec to the end of its contract phase."""
        self.number += 1
        following = edited(self.release, self.directory / str(self.number), step.edits)
        before = by_hand(following)
        if step.destructive:
            refused = generate(following)
            assert refused.exit_code == 2 and "--allow-destructive" in refused.stderr, step.title
        written = generate(following, *(["--allow-destructive"] if step.destructive else []))
        assert written.exit_code == 0, (step.title, written.output)
        assert by_hand(following) == before, step.title
        new = {*migrations(following)} - {*migrations(self.release)}
        assert bool(new) is step.migrates, (step.title, new)
        assert (f"{HOOK}: {step.hook} is not there" in written.output) is bool(step.hook)
        self.deploy(following, step)

    def write_hook(self, following: Release, hook: str) -> None:
        """What the developer does after the spec has a new action."""
        for missing in (True, False):
            outcome = outcome_of(following, self.database, (HOOKED,))
            assert outcome.failed and f"write {hook} in {HOOK}" in outcome.output, outcome.output
            if missing:
                design = design_of(following)
                found = hooks(following.project, design)
                stub = missing_stubs(following.project, design, found)[HOOK]
                module = following.project / HOOK
                module.write_text(f"{module.read_text('utf-8')}\n\n{stub}", "utf-8")
        write_hooks(following.project)

    def deploy(self, following: Release, step: Step) -> None:
        """Brings the database to the next release while this one serves."""
        done = following.migrate(self.database)
        assert done.returncode == 0, (step.title, done.stderr)
        self.serves(self.release, f"{step.title}: the release before")
        for release in (self.release, following):
            found = findings(release, self.database.backup)
            assert all(path.startswith("migration ") for path, _ in found), (step.title, found)
        if step.spoil:
            execute(self.database.admin, step.spoil)
        done = following.migrate(self.database, *CONTRACT)
        if step.refused:
            assert done.returncode == 1, step.title
            assert step.refused in done.stderr, (step.title, done.stderr)
            execute(self.database.admin, step.repair)
            done = following.migrate(self.database, *CONTRACT)
        assert done.returncode == 0, (step.title, done.stderr)
        if step.hook:
            self.write_hook(following, step.hook)
        self.release = following
        assert findings(following, self.database.backup) == [], step.title
        self.serves(following, step.title)

    def serves(self, release: Release, about: str) -> None:
        outcome = outcome_of(release, self.database, SERVES)
        assert outcome.passed, (about, outcome.output)


def by_hand(release: Release) -> dict[str, bytes]:
    """What is the developer's."""
    found = {}
    for path in sorted(release.project.rglob("*")):
        name = path.relative_to(release.project).as_posix()
        generated = name.startswith((f"{PACKAGE}/", "tests/contract/", ".scaffold/", ".git/"))
        if path.is_file() and not generated and "__pycache__" not in name:
            found[name] = path.read_bytes()
    found.pop("scaffold.lock")
    return found


def design_of(release: Release) -> Design:
    """What the spec of a release means."""
    return resolve(load(release.project / "scaffold.yaml"))


def rows(database: Urls) -> dict[str, int]:
    """How many rows the tables have."""
    names = "category", "product", "review"
    return {name: on(database.admin, partial(_count, name)) for name in names}


async def _count(table: str, connection: "asyncpg.Connection[Any]") -> int:
    return int(await connection.fetchval(f"select count(*) from {PACKAGE}.{table}"))  # noqa: S608


@pytest.fixture
def life(shop: Release, database: Urls, tmp_path: Path) -> Iterator[Life]:
    """A project in its first release."""
    first = Release(Path(shutil.copytree(shop.project, tmp_path / "first")))
    hook = first.project / HOOK
    hook.write_text(f"{hook.read_text('utf-8')}\n\n# Written by hand.\n", "utf-8")
    yield Life(first, database, tmp_path)


def test_a_project_lives(
    life: Life, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(life.database)
    assert all(before.values())
    for step in LIFE:
        life.change(step)
    assert all(now >= before[name] for name, now in rows(life.database).items())
    assert len(LIFE) >= 25

    merge_branches(life)
    raise_generator(life, monkeypatch)

    spec = (life.release.project / "scaffold.yaml").read_text("utf-8")
    fresh = project(tmp_path / "fresh", spec)
    assert facts(new_of(fresh, databases)) == facts(life.database)


def merge_branches(life: Life) -> None:
    """Two branches change the spec, and both were deployed by nobody yet."""
    repository = begin(Path(shutil.copytree(life.release.project, life.directory / "merged")))
    edits = {
        "prices": ("max: 100000, backfill_from: price}", "max: 200000}"),
        "words": ("max: 500, class", "max: 600, class"),
    }
    for name, change in edits.items():
        git(repository, "switch", "-qc", name, "main")
        edit(repository, [change])
        assert generate(Release(repository)).exit_code == 0
        commit(repository, name)
    git(repository, "merge", "-q", "prices")
    merge = prepare(repository)
    assert not merge.emission.changes
    before = by_hand(Release(repository))
    merged = Release(repository).run("-m", "scaffold", "merge", url=None)
    assert merged.returncode == 0, merged.stderr
    assert by_hand(Release(repository)) == before
    commit(repository, "merge")
    shutil.rmtree(repository / ".git")
    life.deploy(Release(repository), Step("two branches", ()))


def raise_generator(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version of the generator makes the same project."""
    monkeypatch.setattr("scaffold.emission.__version__", "9.9.9")
    life.change(Step("another version", (), migrates=False))
    assert '"generator": "9.9.9"' in (life.release.project / "scaffold.lock").read_text("utf-8")

"""Random lives of a database: a random spec that changes again and again, at random.

After each change the database is migrated, and is compared with one that was made from the last
spec alone: whatever path it took, it is the same. Rows are there from the beginning on.
"""

import copy
import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from scaffold.database.tables import tables
from scaffold.design.resolve import resolve
from scaffold.history.intent import intent
from scaffold.history.past import SNAPSHOT, HistoryError, Past, read
from scaffold.history.plan import History, history
from scaffold.live.check import differences
from scaffold.live.release import release_of
from scaffold.plan.files import unformatted
from scaffold.spec.field_base import BACKFILLS
from scaffold.spec.load import loads
from tests.database.releases import Databases, Release, Urls, execute
from tests.emitted import PACKAGE
from tests.random_specs.specs import accepted, gather

from .shop import CONTRACT, facts

Spec = dict[str, Any]
Operation = Callable[[random.Random, Spec], None]

ATTEMPTS: Final = 300
"""At a change that the language takes and that has a migration."""
POPULATE: Final = f"""
import asyncio, os, asyncpg
from {PACKAGE}.development.world import populate
async def run():
    connection = await asyncpg.connect(os.environ["OWNER_DATABASE_URL"])
    await populate(connection)
asyncio.run(run())
"""
EMPTY: Final = f"""
do $$ declare t text; begin
  for t in select tablename from pg_tables where schemaname = '{PACKAGE}'
     and tablename !~ '(_$|^schema_migration$|^member_role$)'
  loop execute format('truncate {PACKAGE}.%I cascade', t); end loop;
end $$
"""  # noqa: S608
NEW: Final[tuple[Spec, ...]] = (
    {"type": "string", "max": 40, "optional": True},
    {"type": "integer", "min": 1, "max": 9, "backfill": 3},
    {"type": "enum", "values": ["one", "two"], "default": "one"},
    {"type": "boolean", "default": False},
    {"type": "boolean", "backfill_hook": True},
    {"type": "date", "optional": True},
    {"type": "decimal", "digits": 8, "places": 2, "backfill": "1.50"},
    {"type": "text", "max": 900, "backfill": "'; drop\n"},
)


def _field(rng: random.Random, spec: Spec) -> tuple[Spec, str]:
    resource = spec["resources"][rng.choice([*spec["resources"]])]
    return resource, rng.choice([*resource["fields"]])


def add_field(rng: random.Random, spec: Spec) -> None:
    """A new field."""
    resource, _ = _field(rng, spec)
    resource["fields"][f"added_{rng.randrange(1000)}"] = dict(rng.choice(NEW))


def refer(rng: random.Random, spec: Spec) -> None:
    """A new reference."""
    resource, _ = _field(rng, spec)
    to = rng.choice([*spec["resources"]])
    field = {"type": "reference", "to": to, "optional": True, "unseen_because": "it is a trial"}
    resource["fields"][f"ref_{rng.randrange(1000)}"] = field


def drop_field(rng: random.Random, spec: Spec) -> None:
    """A field less."""
    resource, field = _field(rng, spec)
    del resource["fields"][field]


def rename_field(rng: random.Random, spec: Spec) -> None:
    """A field by another name, wherever it is named."""
    resource, field = _field(rng, spec)
    new = f"named_{rng.randrange(1000)}"
    resource["fields"] = {
        (new if name == field else name): each for name, each in resource["fields"].items()
    }
    resource["fields"][new]["renamed_from"] = field
    resource["unique"] = [
        [new if name == field else name for name in group] for group in resource.get("unique", [])
    ]


def rename_resource(rng: random.Random, spec: Spec) -> None:
    """A resource by another name, wherever it is named."""
    name = rng.choice([*spec["resources"]])
    new = f"kind_{rng.randrange(1000)}"
    spec["resources"] = {
        (new if each == name else each): about for each, about in spec["resources"].items()
    }
    spec["resources"][new]["renamed_from"] = name
    for about in spec["resources"].values():
        if about.get("parent") == name:
            about["parent"] = new
            about["unique"] = [
                [new if each == name else each for each in group]
                for group in about.get("unique", [])
            ]
        for field in about["fields"].values():
            if field.get("to") == name:
                field["to"] = new
        for action in about.get("actions", {}).values():
            for touch in action.get("touches", []):
                touch["on"] = new if touch["on"] == name else touch["on"]
    for role in spec["roles"].values():
        for grant in role.get("can", []):
            on_ = grant["on"]
            grant["on"] = (
                [new if each == name else each for each in on_]
                if (isinstance(on_, list))
                else (new if on_ == name else on_)
            )


def bounds(rng: random.Random, spec: Spec) -> None:
    """Other bounds, values or pattern."""
    resource, name = _field(rng, spec)
    field = resource["fields"][name]
    key = rng.choice(["min", "max", "values", "pattern"])
    if key == "values" and field["type"] == "enum":
        field["values"] = rng.choice([[*field["values"], "more"], field["values"][:-1] or ["x"]])
    elif key == "pattern":
        field.pop("pattern", None)
    elif isinstance(field.get(key), int) and not isinstance(field.get(key), bool):
        field[key] = max(0, field[key] + rng.choice([-1, 1, 5]))


def optional(rng: random.Random, spec: Spec) -> None:
    """A field becomes optional, or required."""
    resource, name = _field(rng, spec)
    field = resource["fields"][name]
    if field.pop("optional", False):
        field["backfill"] = {"string": "x", "text": "x", "integer": 1, "boolean": True}.get(
            field["type"], "2020-01-01"
        )
    else:
        field["optional"] = True


def unique(rng: random.Random, spec: Spec) -> None:
    """A unique key more, or less."""
    resource, name = _field(rng, spec)
    keys = resource.setdefault("unique", [])
    if keys and rng.random() < 0.5:
        keys.pop()
    else:
        keys.append([name])


def owner(rng: random.Random, spec: Spec) -> None:
    """An owner more, or less."""
    resource, _ = _field(rng, spec)
    if resource.pop("owner", None) is None:
        resource["owner"] = "owner_id"


def add_resource(rng: random.Random, spec: Spec) -> None:
    """A resource like another one."""
    name = rng.choice([*spec["resources"]])
    about = copy.deepcopy(spec["resources"][name])
    about.pop("plural", None)
    spec["resources"][f"more_{rng.randrange(1000)}"] = about


def drop_resource(rng: random.Random, spec: Spec) -> None:
    """A resource less."""
    del spec["resources"][rng.choice([*spec["resources"]])]


def attribute(rng: random.Random, spec: Spec) -> None:
    """An attribute of the tenant more, or less."""
    found = spec["tenancy"].setdefault("attributes", {})
    if found and rng.random() < 0.5:
        found.popitem()
    else:
        found[f"attribute_{rng.randrange(100)}"] = {"type": "string", "max": 9}


def rename_tenant(rng: random.Random, spec: Spec) -> None:
    """Tenants by another name, in a spec that says which claim names them."""
    former, new = spec["tenancy"]["tenant"], f"tenant_{rng.randrange(100)}"
    spec["identity"].setdefault("tenant_claim", f"{former}_id")
    spec["tenancy"] |= {"tenant": new, "renamed_from": former}
    text = re.sub(rf'(?<="){former}(?=")', new, json.dumps([spec["roles"], spec["resources"]]))
    spec["roles"], spec["resources"] = json.loads(text)


def rename_attribute(rng: random.Random, spec: Spec) -> None:
    """An attribute of the tenant by another name, wherever it is named."""
    found = spec["tenancy"].get("attributes", {})
    if not found:
        return
    former, new = rng.choice([*found]), f"fact_{rng.randrange(100)}"
    found = {new if name == former else name: dict(each) for name, each in found.items()}
    found[new]["renamed_from"] = former
    text = re.sub(rf"[$]tenant[.]{former}\b", f"$tenant.{new}", json.dumps(spec))
    spec |= json.loads(text)
    spec["tenancy"]["attributes"] = found
    named = spec["tenancy"].get("sign_up", {}).get("attributes", [])
    named[:] = [new if name == former else name for name in named]


OPERATIONS: Final[tuple[Operation, ...]] = (
    *(add_field, refer, drop_field, rename_field, rename_resource, bounds, optional, unique),
    *(owner, add_resource, drop_resource, attribute, rename_tenant, rename_attribute),
)


def changed(rng: random.Random, spec: Spec, past: Past) -> tuple[Spec, History, str]:
    """A spec with one to three changes that has a migration; it, and what was done."""
    for _ in range(ATTEMPTS):
        tried, done = copy.deepcopy(spec), []
        tenancy = tried["tenancy"]
        for each in (
            tenancy,
            *tenancy.get("attributes", {}).values(),
            *tried["resources"].values(),
        ):
            each.pop("renamed_from", None)
        for resource in tried["resources"].values():
            for field in resource["fields"].values():
                for key in ("renamed_from", *BACKFILLS):
                    field.pop(key, None)
        for operation in rng.sample(OPERATIONS, rng.choice((1, 1, 2, 3))):
            if not all(each["fields"] for each in tried["resources"].values()):
                break
            if not tried["resources"]:
                break
            operation(rng, tried)
            done.append(operation.__name__)
        text = json.dumps(tried)
        if not tried["resources"] or not accepted(text):
            continue
        design = resolve(loads(text))
        added = {"*"} | {
            each
            for entity in design.declared
            for name in (entity.name, f'"{entity.name}"')
            for each in (name, *(f"{name}.{column.name}" for column in entity.columns))
        }
        try:
            found = history(design.name, tables(design), past, intent(design, added))
        except HistoryError:
            continue
        if found.changes:
            return tried, found, " ".join(done)
    raise LookupError("no change has a migration")


def project(place: Path, spec: Spec, migrations: Path | None, found: History | None) -> Release:
    """A project of a spec, of which only what migrates is written, and not formatted."""
    design = resolve(loads(json.dumps(spec)))
    found = found or history(design.name, tables(design), None, intent(design))
    texts = {
        **unformatted(design, fills=bool(found.hooks)),
        **hooks(found.hooks),
        **{f"{PACKAGE}/{at}": each for at, each in found.files.items()},
    }
    if migrations:
        shutil.copytree(migrations, place / PACKAGE / "store" / "migrations")
    for path, text in texts.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, "utf-8")
    return Release(place)


def hooks(names: Iterable[str]) -> dict[str, str]:
    """The modules of hooks with these functions, which fill in columns."""
    found: dict[str, str] = {}
    for each in sorted(names):
        module, _, function = each.partition(":")
        path = f"{module.replace('.', '/')}.py"
        text = f"async def {function}(rows):\n    return [True for _ in rows]\n"
        found[path] = found.get(path, "") + text
    return found


def live(number: int, changes: int, databases: Databases, directory: Path) -> Iterator[str]:
    """Lives one life; yields what is wrong."""
    rng = random.Random(number)  # noqa: S311 - nothing secret
    (text,) = gather(1, number, most=3)
    spec: Spec = json.loads(text)
    spec["service"] |= {"name": PACKAGE}
    spec.pop("limits", None)
    if not accepted(json.dumps(spec)):
        raise LookupError(f"the random spec {number} is none under the name of {PACKAGE}")
    release = project(directory / "0", spec, None, None)
    database = databases.new()
    if fault := _faulty(release.migrate(database), "the beginning"):
        yield fault
        return
    release.run("-c", POPULATE, url=database.admin)
    told: list[str] = []
    for step in range(1, changes + 1):
        store = release.project / PACKAGE / "store"
        past = read((release.project / PACKAGE / SNAPSHOT).read_bytes())
        spec, found, what = changed(rng, spec, past)
        told.append(what)
        release = project(directory / str(step), spec, store / "migrations", found)
        about = f"life {number}, after {'; '.join(told)} ({release.project})"
        done = release.migrate(database)
        if done.returncode and "duplicate key value" in done.stderr:  # L509 warns of it
            _empty(database)
            done = release.migrate(database)
        if fault := _faulty(done, about):
            yield fault
            return
        done = release.migrate(database, *CONTRACT)
        if done.returncode and "the tables would refuse them" in done.stderr:
            _empty(database)
            done = release.migrate(database, *CONTRACT)
        if fault := _faulty(done, about):
            yield fault
            return
        alone = databases.new()
        fresh = project(directory / f"{step}-fresh", spec, None, None)
        if fault := _faulty(fresh.migrate(alone), about):
            yield fault
            return
        ours, theirs = facts(database), facts(alone)
        databases.drop(alone)
        for each in sorted(ours ^ theirs)[:10]:
            yield f"{about}: {'migrated' if each in ours else 'fresh'}: {each[:400]}"
        if ours != theirs:
            return
        if named := _checked(release, spec, database):
            yield f"{about}: scaffold check: {named[:10]}"
            return
    databases.drop(database)


def _checked(release: Release, spec: Spec, urls: Urls) -> list[tuple[str, str]]:
    """What `scaffold check --database-url` finds."""
    store = release.project / PACKAGE / "store"
    files = {
        path.relative_to(release.project).as_posix(): path.read_bytes()
        for path in store.rglob("*")
        if path.is_file()
    }
    design = resolve(loads(json.dumps(spec)))
    return differences(release_of(release.project, design, files), urls.backup)


def _faulty(done: "subprocess.CompletedProcess[str]", about: str) -> str:
    return f"{about}: {done.stderr[-900:]}" if done.returncode else ""


def _empty(urls: Urls) -> None:
    """Takes the rows away that the new tables would refuse, and the others with them."""
    execute(urls.admin, EMPTY)

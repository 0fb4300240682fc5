# ruff: noqa: S608 - statements are put together from names of this service only
"""The migrations beside this module, in parts that are each done once.

`0002_x.sql` is for before a deployment: the release before goes on serving. `0002_x.contract.sql`
takes away what only older releases need, so that it waits until none of them is left. A part is

- `step`: statements in one transaction;
- `renames`: the same, and what is known of the policies of each release follows the new names;
- `alone`: statements outside of any transaction, which may be run again;
- `refuses`: a question whose answer has to be 0, because a later part would be refused otherwise;
- `loses`: a question whose answer is how many rows lose something.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

Kind = Literal["step", "alone", "refuses", "loses"]

MIGRATIONS: Final = Path(__file__).parent / "migrations"
SCHEMA: Final = "notes"
CONTRACT: Final = ".contract.sql"
MARK: Final = re.compile(
    r"^-- (step|renames|alone|refuses|loses)((?: [a-z0-9_]+,?)*): (.+)\n", re.MULTILINE
)
NEEDS: Final = re.compile(r"^-- needs: (\S+)$", re.MULTILINE)
AFTER: Final = re.compile(r"^-- after: (\S+)$", re.MULTILINE)

DEFINITION: Final = """\
concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::regrole[],
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))"""
"""What PostgreSQL says of a policy: kept when it was made, so that another one is seen."""
KNOWN: Final = f"""\
create temporary table known_ on commit drop as
select k.release, k.relation, k.name, p.oid from release_policy_ k
  join pg_class c on c.relname = k.relation and c.relnamespace = '{SCHEMA}'::regnamespace
  join pg_policy p on p.polrelid = c.oid and p.polname = k.name;
set local search_path = pg_catalog, pg_temp;
delete from known_ using {SCHEMA}.release_policy_ k, pg_policy p
 where (k.release, k.relation, k.name) = (known_.release, known_.relation, known_.name)
   and p.oid = known_.oid and k.definition <> {DEFINITION};
set local search_path = {SCHEMA};
"""
"""The policies that are as their releases made them."""
FOLLOWED: Final = f"""\
set local search_path = pg_catalog, pg_temp;
update {SCHEMA}.release_policy_ k set relation = c.relname, definition = {DEFINITION}
  from known_ s join pg_policy p on p.oid = s.oid join pg_class c on c.oid = p.polrelid
 where (k.release, k.relation, k.name) = (s.release, s.relation, s.name);
"""


class MigrationError(RuntimeError):
    """The migration cannot be done; the message says why, and what to do."""


class Step(NamedTuple):
    """Something to be done: what it is called, and its statements.

    Those of a `step` are one transaction. `tables` are those whose rows it looks at; `record` is
    the statement that remembers that it is done, where that is not a part of the transaction.
    """

    title: str
    sql: str
    kind: Kind = "step"
    tables: tuple[str, ...] = ()
    record: str = ""


class Migration(NamedTuple):
    """A migration: its name, its text, and the digest of it and of those that it comes after.

    Those of two branches that were merged come after the same one, and not after each other: a
    database may have either first.
    """

    name: str
    text: str
    chain: str

    @property
    def contracts(self) -> bool:
        """Is it for after the deployment?"""
        return self.name.endswith(CONTRACT)

    @property
    def needs(self) -> list[str]:
        """The migrations that have to be done first, whatever their phase is."""
        return NEEDS.findall(self.text)


def later(applied: Collection[str]) -> set[str]:
    """The migrations of later releases among those applied."""
    return {*applied} - {path.name for path in MIGRATIONS.glob("*.sql")}


def pending(applied: Mapping[str, str]) -> list[Migration]:
    """The migrations that are not among those applied, by name and chained digest.

    Raises:
        MigrationError: an applied migration has another text now, or one is missing.
    """
    chains: dict[str, str] = {}
    found = []
    for path in sorted(MIGRATIONS.glob("*.sql"), key=_order):
        text = path.read_text(encoding="utf-8")
        before = AFTER.findall(text)
        if missing := [each for each in before if each not in chains]:
            raise MigrationError(
                f"The migration {path.name} comes after {missing[0]}, which is not there. "
                "Take it back."
            )
        chain = "".join(chains[each] for each in before)
        chains[path.name] = hashlib.sha256(f"{chain}{text}".encode()).hexdigest()
        if path.name not in applied:
            found.append(Migration(path.name, text, chains[path.name]))
        elif applied[path.name] != chains[path.name]:
            raise MigrationError(
                f"The migration {path.name} was changed after it had been applied here. "
                "Take the change back, or use a new database if nothing is deployed yet."
            )
    return found


def _order(path: Path) -> tuple[str, bool, str]:
    return path.name.partition("_")[0], path.name.endswith(CONTRACT), path.name


def steps(migration: Migration, done: Collection[int]) -> Iterator[Step]:
    """The parts of a migration that are not done; `done` are the numbers of those that are."""
    pieces = MARK.split(migration.text)[1:]
    parts = list(
        zip(pieces[::4], pieces[1::4], pieces[2::4], pieces[3::4], strict=True)
    )
    if not parts:
        parts = [("step", "", "", migration.text)]
    for number, (kind, tables, title, sql) in enumerate(parts, 1):
        if number in done:
            continue
        record = _record(migration, number, last=number == len(parts))
        called = f"{migration.name}: {title}" if title else migration.name
        if kind == "renames":
            sql = f"{KNOWN}{sql}{FOLLOWED}"
        if kind in ("step", "renames"):
            yield Step(called, f"set local search_path = {SCHEMA};\n{sql}\n{record}")
        else:
            yield Step(
                called,
                sql,
                _asked(kind),
                tuple(tables.replace(",", " ").split()),
                record,
            )


def _asked(kind: str) -> Kind:
    others: tuple[Kind, ...] = ("refuses", "loses")
    return next((each for each in others if each == kind), "alone")


def _record(migration: Migration, number: int, *, last: bool) -> str:
    """What remembers that a part is done, or with the last one that the migration is."""
    if last:
        values = f"('{migration.name}', '{migration.chain}')"
        return (
            f"delete from {SCHEMA}.migration_part_ where name = '{migration.name}';\n"
            f"insert into {SCHEMA}.schema_migration (name, digest)\nvalues {values};\n"
        )
    values = f"('{migration.name}', {number}, '{migration.chain}')"
    return (
        f"insert into {SCHEMA}.migration_part_ (name, part, digest)\nvalues {values};\n"
    )

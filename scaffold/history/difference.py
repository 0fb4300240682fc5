# ruff: noqa: S608 - identifiers come from the design, or from the snapshot of an earlier one
"""From the tables that there are to those that there are to be: a pure function.

The release before goes on serving while the tables are expanded. It reaches the rows of a resource
by a view of its own, which keeps the names that it knows when a table or a column is renamed. What
it does not know has to have a value without it, and what it needs stays until the contract phase.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scaffold.columns import ID, TENANT
from scaffold.database import printer
from scaffold.database.schema import Check, Column, ForeignKey, Table, Unique
from scaffold.database.sql import literal
from scaffold.history.parts import Change, Part
from scaffold.history.past import HistoryError, plain
from scaffold.types.kind import holds

_Name = tuple[str, str]
"""A table, and the name of a constraint of it."""

PAGES = 16
"""Pages of a table, of 8 KiB each, whose rows one transaction of a backfill changes."""
BATCH = 500
"""Rows that one transaction of a backfill by a hook changes."""


@dataclass(frozen=True, slots=True)
class Backfill:
    """What the rows of before get in a new or newly required column: a literal, a column, or what
    a hook works out."""

    literal: str = ""
    column: str = ""
    hook: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a developer meant by a change, where the tables alone do not tell.

    `tables` has the former names of tables and `columns` those of columns, by (table, column).
    `added` are the tables, and columns as `table.column`, that are new and no others renamed.
    """

    tables: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], str] = field(default_factory=dict)
    backfills: Mapping[tuple[str, str], Backfill] = field(default_factory=dict)
    added: frozenset[str] = frozenset()


class Undecided(HistoryError):
    """A change has several meanings, or lacks something; the message shows the answers."""


def difference(past: Sequence[Table], now: Sequence[Table], intent: Intent) -> tuple[Change, ...]:
    """The changes that lead from the tables of `past` to those of `now`, in order.

    Raises:
        Undecided: the developer has to say what is meant.
        HistoryError: there is no way that keeps the data.
    """
    wanted = tuple(plain(each) for each in now)
    renames, there = _renamed_tables(past, wanted, intent)
    columns, there = _renamed_columns(there, wanted, intent)
    before = {each.name: each for each in there}
    _ask_about_tables(before, wanted, intent)
    new = [each for each in wanted if each.name not in before]
    gone = [each for each in there if each.name not in {each.name for each in wanted}]
    called = dict(_new_names(past, there))
    within: list[Change] = []
    for each in wanted:
        if each.name in before:
            within += _Between(before[each.name], each, intent, called).changes()
    return (
        *renames,
        *columns,
        *_renamed_constraints(there, called),
        *([_created(new)] if new else []),
        *within,
        *(_dropped(each) for each in reversed(gone)),
    )


# Names.


def _renamed_tables(
    past: Sequence[Table], now: Sequence[Table], intent: Intent
) -> tuple[list[Change], tuple[Table, ...]]:
    """The renames of tables, and the tables of before by their new names."""
    there, wanted = {each.name: each for each in past}, {each.name for each in now}
    to = {
        former: name
        for name, former in intent.tables.items()
        if former in there and former not in wanted and name in wanted and name not in there
    }
    changes = [
        Change(
            f"{former} is {name} now",
            frozenset({former, name, *_referring(past, former)}),
            expand=(
                *_kept_names(there[former]),
                Part(
                    "renames",
                    f"{former} is {name} now",
                    f"alter table {former} rename to {name};\n",
                ),
            ),
        )
        for former, name in to.items()
    ]
    tables = (
        replace(
            each,
            name=to.get(each.name, each.name),
            foreign_keys=tuple(
                replace(key, table=to.get(key.table, key.table)) for key in each.foreign_keys
            ),
        )
        for each in past
    )
    return changes, tuple(tables)


def _renamed_columns(
    past: Sequence[Table], now: Sequence[Table], intent: Intent
) -> tuple[list[Change], tuple[Table, ...]]:
    """The renames of columns, and the tables of before with the new names."""
    wanted = {each.name: each for each in now}
    changes: list[Change] = []
    tables = []
    for table in past:
        to: dict[str, str] = {}
        for column in wanted[table.name].columns if table.name in wanted else ():
            former = table.column(intent.columns.get((table.name, column.name), ""))
            gone = former and not wanted[table.name].column(former.name)
            if not former or not gone or table.column(column.name):
                continue
            if (former.sql, former.kind) != (column.sql, column.kind):
                raise HistoryError(
                    f"{table.name}.{column.name} has another type or other bounds than "
                    f"{former.name}, as which it was known. Generate the rename alone first, and "
                    "then change the bounds."
                )
            to[former.name] = column.name
            title = f"{table.name}.{former.name} is {column.name} now"
            statement = f"alter table {table.name} rename column {former.name} to {column.name};\n"
            touches = frozenset({f"{table.name}.{former.name}", f"{table.name}.{column.name}"})
            renamed = Part("renames", title, statement)
            changes.append(Change(title, touches, expand=(*_kept_names(table), renamed)))
        tables.append(_with_names(table, to, wanted.get(table.name)))
    return changes, tuple(tables)


def _referring(tables: Iterable[Table], target: str) -> Iterator[str]:
    """The columns of other tables that refer to one: what their keys say is called otherwise."""
    for each in tables:
        for key in each.foreign_keys:
            if key.table == target and each.name != target:
                yield f"{each.name}.{key.columns[-1]}"


def _kept_names(table: Table) -> tuple[Part, ...]:
    """What the releases of before know the tenants by, which they have no view of by themselves.

    Their functions look into the schema of their release first: there they find a view that keeps
    the names of the table and its columns, and lets nobody do more than the table does.
    """
    if not is_of_tenants(table):
        return ()
    name = table.name
    title = f"releases of before go on knowing {name} as they do"
    statements = f"""\
do $$
declare
  v_known record;
begin
  for v_known in
    select distinct release, known_as from release_policy_ where relation = {literal(_bare(name))}
  loop
    if to_regclass(format('%I.%I', v_known.release, v_known.known_as)) is null then
      execute format(
        'create view %I.%I with (security_invoker = true) as select * from {name}',
        v_known.release, v_known.known_as);
      execute format(
        'grant select, insert, update, delete on %I.%I to %I',
        v_known.release, v_known.known_as, regexp_replace(current_user, '_owner$', '_app'));
    end if;
  end loop;
end $$;
"""
    return (_step(title, statements),)


def _bare(name: str) -> str:
    """The name that an identifier is of."""
    return name.strip('"')


def is_of_tenants(table: Table) -> bool:
    """Is it the table of the tenants, whose rows are their own?"""
    return table.tenant == ID.name


def _with_names(table: Table, to: Mapping[str, str], wanted: Table | None) -> Table:
    def new(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(to.get(each, each) for each in names)

    columns = []
    for each in table.columns:
        name = to.get(each.name, each.name)
        column = wanted.column(name) if wanted and each.name in to else None
        # PostgreSQL renames what a constraint says, too.
        columns.append(replace(each, name=name, check=column.check if column else each.check))
    return replace(
        table,
        columns=tuple(columns),
        primary_key=new(table.primary_key),
        unique=tuple(replace(each, columns=new(each.columns)) for each in table.unique),
        foreign_keys=tuple(replace(each, columns=new(each.columns)) for each in table.foreign_keys),
    )


def _new_names(past: Sequence[Table], now: Sequence[Table]) -> Iterator[tuple[_Name, str]]:
    """The constraints that are called after what is renamed, and that no release names: what each
    is to be called, and what it is called."""
    for former, table in zip(past, now, strict=True):
        yield (table.name, table.derived("pkey")), former.derived("pkey")
        for old, new in zip(former.checks, table.checks, strict=True):
            yield (table.name, new.name), old.name


def _renamed_constraints(now: Sequence[Table], called: Mapping[_Name, str]) -> Iterator[Change]:
    for table in now:
        names = [(table.derived("pkey"), "id"), *((e.name, e.column) for e in table.checks)]
        found = [each for each in names if called.get((table.name, each[0]), each[0]) != each[0]]
        if found:
            title = f"constraints of {table.name} are called after it"
            alter = f"alter table {table.name} rename constraint"
            statements = "".join(
                f"{alter} {called[table.name, name]} to {name};\n" for name, _ in found
            )
            touches = frozenset(f"{table.name}.{column}" for _, column in found)
            yield Change(title, touches, contract=(_step(title, statements),))


def _ask_about_tables(before: Mapping[str, Table], now: Sequence[Table], intent: Intent) -> None:
    names = {each.name for each in now}
    for table in now:
        if table.name in before or table.name in intent.added:
            continue
        if is_of_tenants(table):
            was = _bare(next(each.name for each in before.values() if is_of_tenants(each)))
            raise Undecided(
                f"A tenant was called {was}, and is called {_bare(table.name)} now. Every "
                "row belongs to one, so that these are the same. Write in tenancy:\n"
                f"    renamed_from: {was}"
            )
        own = {(each.name, each.sql) for each in table.columns if each.kind}
        for former in before.values():
            theirs = {(each.name, each.sql) for each in former.columns if each.kind}
            if former.name not in names and len(own & theirs) * 2 > max(len(own), len(theirs)):
                raise Undecided(
                    f"The resource {former.name} is gone, and {table.name}, which is new, looks "
                    f"like it. If it is the same one, write in {table.name}:\n"
                    f"    renamed_from: {former.name}\n"
                    f"If it is another one, say: --new {table.name}"
                )


# Whole tables.


def _created(new: Sequence[Table]) -> Change:
    title = f"new: {', '.join(each.name for each in new)}"
    step = _step(title, printer.tables(new))
    return Change(title, frozenset(each.name for each in new), expand=(step,))


def _dropped(table: Table) -> Change:
    name = table.name
    return Change(
        f"{name} goes",
        frozenset({name}),
        contract=(
            Part("loses", f"the rows of {name}", f"select count(*) from {name};\n", (name,)),
            _step(f"{name} goes", f"drop table {name};\n"),
        ),
        destroys=f"the rows of {name} are lost",
    )


# One table.


def _step(title: str, sql: str) -> Part:
    return Part("step", title, sql)


def _check(table: Table, column: Column) -> Check | None:
    return next((each for each in table.checks if each.column == column.name), None)


def _within(one: Column, other: Column) -> bool:
    """Is every value of one column known to be one of the other?"""
    return one.kind is not None and other.kind is not None and holds(other.kind, one.kind)


@dataclass(frozen=True, slots=True)
class _Between:
    """One table, as it is and as it is to be.

    `called` has the names that constraints have until the contract phase, by table and the name
    that they get; one that is replaced before is taken out.
    """

    past: Table
    now: Table
    intent: Intent
    called: dict[_Name, str]

    def changes(self) -> Iterator[Change]:
        """The changes, so that each finds what it needs."""
        if (self.past.primary_key, self.past.tenant) != (self.now.primary_key, self.now.tenant):
            raise HistoryError(
                f"The table {self.now.name} would get another key, which no migration can do. "
                "Take the change back, or make another resource and move the rows."
            )
        gone = [each for each in self.past.columns if not self.now.column(each.name)]
        new = [each for each in self.now.columns if not self.past.column(each.name)]
        self._ask_about_columns(gone, new)
        for each in new:
            yield self._added(each)
        for each in self.now.columns:
            if former := self.past.column(each.name):
                yield from self._changed(former, each)
        yield from self._keys({each.name for each in gone}, {each.name for each in new})
        for each in gone:
            yield self._removed(each)

    def _ask_about_columns(self, gone: Sequence[Column], new: Sequence[Column]) -> None:
        for each in new:
            if f"{self.now.name}.{each.name}" in self.intent.added or each.kind is None:
                continue
            like = [former for former in gone if former.kind and former.sql == each.sql]
            if like:
                names = ", ".join(former.name for former in like)
                raise Undecided(
                    f"{self.now.name}.{each.name} is new, and {names}, of the same type, "
                    f"{'is' if len(like) == 1 else 'are'} gone. If it is the same field by another "
                    f"name, write in it:\n    renamed_from: {like[0].name}\n"
                    f"If it is another field, say: --new {self.now.name}.{each.name}"
                )

    def _alter(self, what: str) -> str:
        return f"alter table {self.now.name} {what};\n"

    def _touched(self, *columns: str) -> frozenset[str]:
        return frozenset(f"{self.now.name}.{each}" for each in columns)

    # Columns.

    def _added(self, column: Column) -> Change:
        """A new column: the release before writes rows without it."""
        name, title = self.now.name, f"{self.now.name} gets {column.name}"
        fill = self.intent.backfills.get((name, column.name))
        more, contract, destroys = list[Part](), list[Part](), ""
        first = column
        if fill and fill.literal and not (column.nullable or column.default):
            first = replace(column, default=fill.literal)
            done = f"alter column {column.name} drop default"
            contract.append(_step(f"{name}.{column.name} has no default", self._alter(done)))
        elif not (column.nullable or column.default):
            first = replace(column, nullable=True)
            more, contract, destroys = self._required(column, fill)
        bound = _check(self.now, column)
        added = self._alter(f"add column {printer.column(first)}")
        expand = [_step(title, added + (self._bound(bound) if bound else "")), *more]
        if bound:
            expand.append(self._valid(f"{name}.{column.name} is within its bounds", bound.name))
        touched = self._touched(column.name, *self._source(fill))
        return Change(title, touched, tuple(expand), tuple(contract), destroys)

    def _source(self, fill: Backfill | None) -> list[str]:
        """The column that a backfill reads."""
        return [fill.column] if fill and fill.column else []

    def _required(
        self, column: Column, fill: Backfill | None
    ) -> tuple[list[Part], list[Part], str]:
        """What makes a column that may be null one that may not."""
        name, key = self.now.name, f"{self.now.name}.{column.name}"
        if fill and fill.hook:
            filled = self._filled_by(fill.hook, column.name)
            return [filled], [filled, *self._never_null(column.name)], ""
        if fill:
            trigger = self.now.derived(column.name, "fill_")
            value = fill.literal or f"new.{fill.column}"
            # One that is optional itself may leave nothing to fill in.
            given = f" and {fill.column} is not null" if fill.column else ""
            written = (
                f"create function {trigger}() returns trigger language plpgsql as $$\nbegin\n"
                f"  if new.{column.name} is null then new.{column.name} := {value}; end if;\n"
                f"  return new;\nend $$;\n"
                f"create trigger {trigger} before insert or update on {name}\n"
                f"  for each row execute function {trigger}();\n"
            )
            expand = [
                _step(f"{key} is filled in where the release before leaves it out", written),
                self._filled(column.name, fill.literal or fill.column, given),
                self._without(column, f"rows of {name} that have no {column.name} after all"),
                *self._never_null(column.name),
            ]
            taken = f"drop trigger {trigger} on {name};\ndrop function {trigger}();\n"
            return expand, [_step(f"{key} is written by every release", taken)], ""
        refers = any(column.name in key.columns for key in self.now.foreign_keys)
        if column.kind and not refers:
            raise Undecided(
                f"{key} is required, and the rows that there are have no value for it. Write in "
                "the field one of:\n    backfill: VALUE             a value for those rows\n"
                "    backfill_from: FIELD        the value of another field of the row\n"
                "    backfill_hook: true         what a function of yours makes of the row\n"
                "    optional: true\n    default: VALUE"
            )
        missing = f"rows of {name} without {column.name}"
        contract = [self._without(column, missing), *self._never_null(column.name)]
        return [], contract, f"{missing} are refused"

    def _without(self, column: Column, title: str) -> Part:
        """How many rows have no value of a column."""
        name = self.now.name
        query = f"select count(*) from {name} where {column.name} is null;\n"
        return Part("refuses", title, query, (name,))

    def _filled(self, column: str, value: str, given: str) -> Part:
        """A backfill: a few pages of the table in each transaction."""
        name = self.now.name
        plain_name = name.replace("'", "''")
        return Part(
            "alone",
            f"the rows of {name} get {column}",
            f"do $fill$\ndeclare\n  v_pages bigint := pg_relation_size('{plain_name}') / "
            "current_setting('block_size')::bigint;\nbegin\n"
            f"  for v_page in 0 .. v_pages by {PAGES} loop\n"
            f"    update {name} set {column} = {value}\n"
            f"      where ctid >= format('(%s,0)', v_page)::tid\n"
            f"        and ctid < format('(%s,0)', v_page + {PAGES})::tid\n"
            f"        and {column} is null{given};\n"
            "    commit;\n"
            f"    raise info '{plain_name}: % of % pages', "
            f"least(v_page + {PAGES}, v_pages), v_pages;\n"
            "  end loop;\nend $fill$;\n",
            (name,),
        )

    def _filled_by(self, hook: str, column: str) -> Part:
        """A backfill by a hook: how many rows there are, those of a batch, and a value of one."""
        name, keys = self.now.name, self.now.primary_key
        key, missing = ", ".join(keys), f"{column} is null"
        places = [f"${number}" for number in range(1, len(keys) + 2)]
        place, value = ", ".join(places[:-1]), places[-1]
        return Part(
            "fills",
            f"the rows of {name} get {column}",
            f"select count(*) from {name} where {missing};\n"
            f"select * from {name}\n"
            f"  where {missing} and ({key}) > ({place})\n"
            f"  order by {key} limit {BATCH} for no key update;\n"
            f"update {name} set {column} = {value} where ({key}) = ({place});\n",
            (name,),
            hook,
        )

    def _never_null(self, column: str) -> list[Part]:
        """Sets NOT NULL without a long lock: with a valid CHECK, PostgreSQL looks at no row."""
        name, check = self.now.name, self.now.derived(column, "given_")
        added = f"add constraint {check} check ({column} is not null) not valid"
        return [
            _step(f"{name}.{column} is given from now on", self._alter(added)),
            self._valid("it always was", check),
            _step(
                f"{name}.{column} is required",
                self._alter(f"alter column {column} set not null")
                + self._alter(f"drop constraint {check}"),
            ),
        ]

    def _replaced(self, check: Check | None) -> str:
        """Drops a bound before the contract phase, by the name that it has then."""
        if check is None:
            return ""
        called = self.called.pop((self.now.name, check.name), check.name)
        return self._alter(f"drop constraint {called}")

    def _bound(self, check: Check) -> str:
        """Adds the bound of a column, which the rows that are there are not looked at for yet."""
        return f"alter table {self.now.name}\n  add {printer.check(check)} not valid;\n"

    def _valid(self, title: str, constraint: str) -> Part:
        """Looks at the rows that are there, while others write."""
        return _step(title, self._alter(f"validate constraint {constraint}"))

    def _removed(self, column: Column) -> Change:
        """A column goes: the release before still writes it, and this one does not."""
        name, key = self.now.name, f"{self.now.name}.{column.name}"
        expand: tuple[Part, ...] = ()
        if not column.nullable and not column.default:
            nullable = self._alter(f"alter column {column.name} drop not null")
            expand = (_step(f"{key} may be left out", nullable),)
        asked = f"select count(*) from {name} where {column.name} is not null;\n"
        return Change(
            f"{key} goes",
            self._touched(column.name),
            expand,
            (
                Part("loses", f"values of {key}", asked, (name,)),
                _step(f"{key} goes", self._alter(f"drop column {column.name}")),
            ),
            f"the values of {key} are lost",
        )

    def _changed(self, past: Column, now: Column) -> Iterator[Change]:
        key, touched = f"{self.now.name}.{now.name}", self._touched(now.name)
        if past.sql != now.sql:
            raise HistoryError(
                f"{key} would be {now.sql} instead of {past.sql}. Both releases read the column "
                "while one replaces the other, so that its type stays. Add a field of another name "
                f"with backfill_from: {now.name}, and remove this one in a later release."
            )
        if past.default != now.default:
            what = f"set default {now.default}" if now.default else "drop default"
            title = f"{key} has another default"
            step = _step(title, self._alter(f"alter column {now.name} {what}"))
            yield Change(title, touched, expand=(step,))
        if now.nullable and not past.nullable:
            title = f"{key} is optional"
            step = _step(title, self._alter(f"alter column {now.name} drop not null"))
            yield Change(title, touched, expand=(step,))
        elif past.nullable and not now.nullable:
            fill = self.intent.backfills.get((self.now.name, now.name))
            expand, contract, destroys = self._required(now, fill)
            title = f"{key} is required"
            touched |= self._touched(*self._source(fill))
            yield Change(title, touched, tuple(expand), tuple(contract), destroys)
        if past.check != now.check:
            yield self._other_bounds(past, now)

    def _other_bounds(self, past: Column, now: Column) -> Change:
        """Other bounds: while both releases serve, what either of them accepts."""
        key, new = f"{self.now.name}.{now.name}", _check(self.now, now)
        old = _check(self.past, past)
        title, touched = f"{key} has other bounds", self._touched(now.name)
        if new is None:
            return Change(title, touched, (_step(title, self._replaced(old)),))
        valid = self._valid(f"{title}, which every row keeps", new.name)
        if _within(past, now):
            return Change(
                title, touched, (_step(title, self._replaced(old) + self._bound(new)), valid)
            )
        dropped = self._alter(f"drop constraint {old.name}") if old else ""
        expand = []
        if old and not _within(now, past):
            both = self.now.derived(now.name, "either_")
            either = Check(both, now.name, f"({old.expression}) or ({new.expression})")
            replaced = self._replaced(old) + self._bound(either)
            expand = [
                _step(f"{key} is within the bounds of either", replaced),
                self._valid("every row is", both),
            ]
            dropped = self._alter(f"drop constraint {both}")
        contract = [
            Part(
                "refuses",
                f"rows of {self.now.name} whose {now.name} is out of its new bounds",
                f"select count(*) from {self.now.name}\n  where not ({new.expression});\n",
                (self.now.name,),
            ),
            _step(title, dropped + self._bound(new)),
            valid,
        ]
        destroys = f"rows whose {key} is out of its new bounds are refused"
        return Change(title, touched, tuple(expand), tuple(contract), destroys)

    # Keys.

    def _keys(self, gone: set[str], new: set[str]) -> Iterator[Change]:
        """Unique keys and references, but for those that go with a column."""
        kept = {e.columns: e for e in self.past.unique if not gone & set(e.columns)}
        wanted = {each.columns: each for each in self.now.unique}
        for columns, unique in kept.items():
            if columns not in wanted:
                yield self._not_unique(unique)
            elif unique.name != wanted[columns].name:
                yield self._renamed(unique.name, wanted[columns].name, columns)
        for columns, unique in wanted.items():
            if columns not in kept:
                yield self._made_unique(unique, fresh=bool(new & set(columns)))
        there = {e.columns: e for e in self.past.foreign_keys if not gone & set(e.columns)}
        keys = {each.columns: each for each in self.now.foreign_keys}
        for columns, key in there.items():
            if columns not in keys:
                title = f"{self.now.name} refers to {key.table} by another key"
                step = _step(title, self._alter(f"drop constraint {key.name}"))
                yield Change(title, self._touched(*columns), contract=(step,))
            elif (key.table, key.targets) == (keys[columns].table, keys[columns].targets):
                if key.name != keys[columns].name:
                    yield self._renamed(key.name, keys[columns].name, columns)
            else:
                raise HistoryError(
                    f"{self.now.name}.{columns[-1]} would refer to {keys[columns].table} instead "
                    f"of {key.table}. While one release replaces the other, it would have to lead "
                    "to both. Add a reference of another name, and remove this one in a later "
                    "release."
                )
        for columns, key in keys.items():
            if columns not in there:
                title = f"{self.now.name} refers to {key.table}"
                touched = self._touched(*columns) - {f"{self.now.name}.{TENANT.name}"}
                yield Change(title, touched or self._touched(TENANT.name), self._referring(key))

    def _not_unique(self, unique: Unique) -> Change:
        title = f"{self._listed(unique.columns)} may be there twice"
        step = _step(title, self._alter(f"drop constraint {unique.name}"))
        return Change(title, self._touched(*self._own(unique.columns)), expand=(step,))

    def _made_unique(self, unique: Unique, *, fresh: bool) -> Change:
        name, columns = self.now.name, ", ".join(unique.columns)
        title = f"{self._listed(unique.columns)} is there once"
        given = " and ".join(f"{each} is not null" for each in unique.columns)
        asked = (
            f"select count(*) from (select 1 from {name} where {given}\n"
            f"  group by {columns} having count(*) > 1) twice;\n"
        )
        # One part: what an interrupted run has left of the index goes before it is built again.
        index = (
            f"drop index concurrently if exists {unique.name};\n"
            f"create unique index concurrently if not exists {unique.name}\n"
            f"  on {name} ({columns});\n"
        )
        added = f"add constraint {unique.name} unique using index {unique.name}"
        contract = (
            Part("refuses", f"values that are there twice: {title}", asked, (name,)),
            Part("alone", f"the index of {unique.name}", index),
            _step(title, self._alter(added)),
        )
        destroys = "" if fresh else f"rows that share {self._listed(unique.columns)} are refused"
        touched = self._touched(*self._own(unique.columns))
        return Change(title, touched, contract=contract, destroys=destroys)

    def _listed(self, columns: Iterable[str]) -> str:
        return ", ".join(f"{self.now.name}.{each}" for each in self._own(columns))

    def _own(self, columns: Iterable[str]) -> list[str]:
        return [each for each in columns if each != TENANT.name]

    def _renamed(self, past: str, now: str, columns: Sequence[str]) -> Change:
        title = f"{past} is {now} now"
        step = _step(title, self._alter(f"rename constraint {past} to {now}"))
        return Change(title, self._touched(*self._own(columns)), contract=(step,))

    def _referring(self, key: ForeignKey) -> tuple[Part, ...]:
        title = f"{self.now.name} refers to {key.table}"
        return (
            _step(
                f"{title} from now on",
                printer.foreign_key(self.now.name, key).rstrip(";\n") + " not valid;\n",
            ),
            self._valid(f"{title}, as it always did", key.name),
        )

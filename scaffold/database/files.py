"""The SQL of a service by file, and what its Python has to know of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaffold.database import printer
from scaffold.database.bodies import Render
from scaffold.database.functions import Functions, functions
from scaffold.database.guards import guards
from scaffold.database.schema import Function, Grant, Guards, Table
from scaffold.database.shared import caller
from scaffold.database.sql import array, literal
from scaffold.database.tables import tables
from scaffold.design.model import Design
from scaffold.features import FEATURES
from scaffold.history.past import as_data

FUNCTIONS = "store/functions"
POLICIES = "store/guards/policies.sql"
RULES = "store/guards/rules.sql"
INDEXES = "store/guards/indexes.sql"


@dataclass(frozen=True, slots=True)
class Database:
    """The database of a service.

    `derived` are the files that each release applies. `release` is the schema of this release's
    functions: it is named by the digest of `derived` and of the tables. `digests` are those of the
    functions' texts (MD5), by name.
    """

    release: str
    tables: tuple[Table, ...]
    functions: Functions
    guards: Guards
    derived: Mapping[str, str]
    digests: Mapping[str, str]

    @property
    def isolated(self) -> tuple[str, ...]:
        """The tables whose rows belong to a tenant."""
        return tuple(each.name.strip('"') for each in self.tables if each.tenant)


@dataclass(frozen=True, slots=True)
class RulesView:
    """What is told to rules.sql: statements of grants, those to the worker, rows of roles, the
    roles of which each tenant keeps a holder as an array, and the rules of features."""

    grants: tuple[str, ...]
    worker: tuple[str, ...]
    backup: str
    roles: tuple[str, ...]
    last: str
    features: tuple[str, ...]


def database(design: Design, render: Render) -> Database:
    """The database of a design; `render` prints the bodies of its functions."""
    found = tables(design)
    rules = guards(design, found)
    careful = _hides_variables(design)
    stored = functions(design, render, rules.scope)
    derived = {
        **dict(_functions(design, stored, careful)),
        RULES: render("guards/rules", _rules(design, found, rules, render)),
        POLICIES: _policies(rules, design.name),
        INDEXES: _indexes(rules),
    }
    text = json.dumps([derived, [as_data(each) for each in found]], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    release = f"{design.name}_{digest}"
    digests = {
        each.name: _md5(printer.source_of(each, prefer_variables=careful)) for each in stored.all
    }
    return Database(release, found, stored, rules, derived, digests)


def _md5(text: str) -> str:
    """The digest that PostgreSQL can compare a text by; nobody's secret hangs on it."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _functions(design: Design, stored: Functions, careful: bool) -> Iterator[tuple[str, str]]:
    def printed(found: Iterable[Function]) -> list[str]:
        return [printer.function(each, prefer_variables=careful) for each in found]

    head = "-- What every operation begins and ends with.\n"
    parts = [head, printer.composite(caller(design)), *printed(stored.shared)]
    yield f"{FUNCTIONS}/000_shared.sql", "\n".join(parts)
    for entity in design.entities:
        if entity.name in stored.views:
            parts = [printer.view(stored.views[entity.name])]
            parts += printed(stored.by_entity.get(entity.name, ()))
            yield f"{FUNCTIONS}/{entity.name}.sql", "\n".join(parts)
    if stored.joins:
        head = "-- How people become members: what asks for no permission.\n"
        yield f"{FUNCTIONS}/001_joins.sql", "\n".join([head, *printed(stored.joins)])


def _hides_variables(design: Design) -> bool:
    """May a column be called like a variable of a function?"""
    columns = [column.name for entity in design.entities for column in entity.columns]
    columns += [each.name for each in design.tenant_attributes]
    return any(each.startswith(("p_", "v_")) for each in columns)


def _rules(design: Design, found: Sequence[Table], rules: Guards, render: Render) -> RulesView:
    app, backup, worker = (f"{design.name}_{each}" for each in ("app", "backup", "worker"))
    added = (each.triggers(design, render) for each in FEATURES)
    return RulesView(
        tuple(printer.grant(e, app) for e in rules.grants if e != Grant(e.table)),
        tuple(printer.grant(each, worker) for each in rules.worker),
        printer.readable([each.name for each in found], backup),
        tuple(f"({literal(each.name)}, {literal(each.kind)})" for each in rules.roles),
        array(rules.last) if rules.last else "",
        tuple(each.strip("\n") for each in added if each),
    )


def _policies(rules: Guards, service: str) -> str:
    head = (
        "-- Who reaches which rows. Row-level security is enabled and forced on every table: "
        "without a policy,\n-- nothing is reached. A policy that is there already stays as it is.\n"
    )
    parts = (
        f"-- policy: {each.table} {each.name}\n{printer.policy(each, f'{service}_{each.role}')}"
        for each in rules.policies
    )
    return "\n".join([head, *parts])


def _indexes(rules: Guards) -> str:
    head = "-- The indexes of filters, sorts and references, made while the service serves.\n"
    parts = (f"-- index: {each.name}\n{printer.index(each)}" for each in rules.indexes)
    return "\n".join([head, *parts])

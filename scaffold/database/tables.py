"""The tables of a design: its resources, and those that every service has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from scaffold.columns import ID, TENANT
from scaffold.database.layout import Sql
from scaffold.database.schema import Column, ForeignKey, OwnTable, Table, Unique
from scaffold.database.sql import apart, identifier, literal, named
from scaffold.design import model
from scaffold.design.model import Design, Entity
from scaffold.features import FEATURES

TENANT_SLUG = "^[a-z0-9][a-z0-9-]{0,62}$"


def tables(design: Design) -> tuple[Table, ...]:
    """Every table, each behind those that it refers to where that is possible."""
    found = (
        _tenant(design),
        _member(design),
        _member_role(),
        *((_tenant_organization(design),) if design.maps else ()),
        *(each.table for each in of_features(design)),
        *(of_resource(each, design) for each in design.declared),
    )
    return tuple(_apart(found))


def _apart(found: Sequence[Table]) -> Iterable[Table]:
    """The tables, with a digest in the names of keys that others have too.

    `invoice_line_number_key` is that of `line_number` of an invoice and of `number` of its line.
    """
    taken = Counter(relations(found))
    for table in found:
        keys = []
        for key in table.unique:
            shared = taken[key.name] > 1
            name = apart(key.name, table.name, *key.columns) if shared else key.name
            keys.append(replace(key, name=name))
        yield replace(table, unique=tuple(keys))


def relations(found: Sequence[Table]) -> Iterable[str]:
    """The names of tables and their keys, which PostgreSQL wants to differ, as do indexes."""
    for table in found:
        yield table.name.strip('"')
        yield from (key.name for key in table.unique)


def of_features(design: Design) -> tuple[OwnTable, ...]:
    """The tables that features need."""
    return tuple(each for feature in FEATURES for each in feature.stored(design))


def uuid(name: str, default: str = "") -> Column:
    """A column of a UUID."""
    return Column(name, "uuid", default=default)


def now(name: str) -> Column:
    """A column of a moment: that of the insert, if nothing else is said."""
    return Column(name, "timestamptz", default="now()")


def text(name: str, check: Sql = "", nullable: bool = False) -> Column:
    """A column of text."""
    return Column(name, "text", nullable=nullable, check=check)


def _tenant_key(table: str, design: Design) -> ForeignKey:
    target = identifier(design.tenant)
    return ForeignKey(named(table, TENANT.name, "fkey"), (TENANT.name,), target, ("id",))


def member_key(table: str, column: str) -> ForeignKey:
    """The reference to a member of the same tenant."""
    columns = (TENANT.name, identifier(column))
    return ForeignKey(named(table, column, "fkey"), columns, "member", (TENANT.name, ID.name))


def _tenant(design: Design) -> Table:
    attributes = tuple(
        Column(name, each.kind.sql, True, check=each.kind.check(name), kind=each.kind.data())
        for each in design.tenant_attributes
        for name in (identifier(each.name),)
    )
    return Table(
        identifier(design.tenant),
        "The tenants.",
        (
            uuid("id", "gen_random_uuid()"),
            text("slug", f"slug ~ {literal(TENANT_SLUG)}"),
            text("name", "char_length(name) between 1 and 200"),
            *attributes,
            Column("suspended_at", "timestamptz", nullable=True),
            Column("version", "bigint", default="1"),
            now("created_at"),
            now("updated_at"),
        ),
        primary_key=("id",),
        tenant="id",
        unique=(Unique(named(design.tenant, "slug", "key"), ("slug",)),),
    )


def _member(design: Design) -> Table:
    return Table(
        "member",
        "Who belongs to a tenant, and in which roles. A principal is the subject of an issuer: the "
        "same subject of two issuers is two people.",
        (
            uuid(TENANT.name),
            uuid("id", "gen_random_uuid()"),
            text("issuer"),
            text("subject", "subject <> ''"),
            text("kind", "kind in ('human', 'service')"),
            text("name", nullable=True),
            text("email", nullable=True),
            Column("roles", "text[]", default="'{}'"),
            Column("active", "boolean", default="true"),
            Column("tokens_valid_after", "timestamptz", nullable=True),
            Column("version", "bigint", default="1"),
            now("created_at"),
            now("updated_at"),
        ),
        primary_key=(TENANT.name, ID.name),
        unique=(Unique("member_subject_key", (TENANT.name, "issuer", "subject", "kind")),),
        foreign_keys=(_tenant_key("member", design),),
    )


def _member_role() -> Table:
    return Table(
        "member_role",
        "Which roles a member may hold: those of every release that is in use. Belongs to no "
        "tenant.",
        (text("name"), text("kind", "kind in ('human', 'service')")),
        primary_key=("name", "kind"),
        tenant="",
    )


ORGANIZATION = "tenant_organization"


def _tenant_organization(design: Design) -> Table:
    return Table(
        ORGANIZATION,
        "Which tenant an organization of an issuer is: by the id that the issuer itself has for "
        "it, in tokens whose `iss` is this issuer.",
        (
            text("issuer", "issuer <> ''"),
            text("organization", "organization <> ''"),
            uuid(TENANT.name),
            now("created_at"),
        ),
        primary_key=("issuer", "organization"),
        foreign_keys=(_tenant_key(ORGANIZATION, design),),
    )


def of_resource(entity: Entity, design: Design) -> Table:
    """The table of a resource, as its columns say."""
    references = tuple(_references(entity))
    # A reference that is always there leads to a row of this tenant, hence to the tenant.
    implied = any(each.refers and not each.nullable for each in entity.columns)
    own = () if implied else (_tenant_key(entity.name, design),)
    return Table(
        identifier(entity.name),
        entity.names.many.capitalize() + ".",
        tuple(_column(each) for each in entity.columns),
        primary_key=(TENANT.name, ID.name),
        unique=tuple(
            Unique(
                named(entity.name, *fields, "key"),
                (TENANT.name, *(identifier(each) for each in fields)),
            )
            for fields in entity.unique
        ),
        foreign_keys=(*own, *references),
    )


def _column(column: model.Column) -> Column:
    default = column.expression
    if column.default is not None:
        default = column.kind.default(column.default)
    # What the service itself sets has no bounds.
    bounds = column.kind.check(identifier(column.name)) if column.field else ""
    kind = column.kind.data() if column.origin in ("caller", "hook") else None
    name, type_ = identifier(column.name), column.kind.sql
    return Column(name, type_, column.nullable, default, bounds, kind)


def former(entity: Entity, columns: Sequence[str], suffix: str) -> tuple[str, ...]:
    """What the key of these columns is called until the contract phase of a rename."""
    before = [entity.column(each).renamed_from or each for each in columns]
    table = entity.renamed_from or entity.name
    name = named(table, *before, suffix)
    return () if name == named(entity.name, *columns, suffix) else (name,)


def reference_name(entity: str, column: str) -> str:
    """The name of the foreign key of a reference."""
    return named(entity, column, "fkey")


def _references(entity: Entity) -> Iterable[ForeignKey]:
    """References are composite: the same tenant or nothing."""
    for column in entity.columns:
        if column.of_member:
            yield member_key(entity.name, column.name)
        elif column.references:
            yield ForeignKey(
                reference_name(entity.name, column.name),
                (TENANT.name, identifier(column.name)),
                identifier(column.references),
                (TENANT.name, ID.name),
            )

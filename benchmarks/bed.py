"""What is served: the emitted service, and one database that all servers share."""

import asyncio
import importlib
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg

from benchmarks import SPEC
from benchmarks.peers import MEMBER_CLAIM
from scaffold.emission import emit as emitted

DATABASE: Final = "invoicing_benchmark"
LIMITS: Final = re.compile(r"^limits: \{.*\}$", re.MULTILINE)
ENOUGH: Final = (
    "limits: {user: 1000000/s, token: 1000000/s, tenant: 1000000/s,"
    " failed_authentication: 1000000/s}"
)
"""Rates that the load never reaches: the limits are charged, and refuse nothing."""
PLANS: Final = (
    (re.compile(r"limits: \{tenant: [0-9]+/min\}"), "limits: {tenant: 1000000/s}"),
    (re.compile(r"invoice: [0-9]+/month"), "invoice: 1000000000/month"),
)
"""The same of plans: their quotas are counted, and never used up."""

EVENTS: Final = re.compile(rb'(Limit\("webhook", )6_?000, 60\)')
EVERY_EVENT: Final = rb"\g<1>1_000_000, 1)"
"""The same of the events of a provider, of which the spec says nothing."""

SEED: Final = """
insert into invoicing.organization (slug, name, region)
select 'tenant-' || n, 'Tenant ' || n, 'eu' from generate_series(1, $1) n;
"""
MEMBERS: Final = """
insert into invoicing.member (tenant_id, issuer, subject, kind, roles)
select id, $1, 'accountant@' || slug, 'human', '{accountant}' from invoicing.organization
"""
CUSTOMERS: Final = """
insert into invoicing.customer (tenant_id, name, email, region, address)
select id, name, slug || '@example.com', region,
       '{"street": "1 Main Street", "postal_code": "1000", "city": "Ghent", "country": "BE"}'
  from invoicing.organization
"""
INVOICES: Final = """
insert into invoicing.invoice
  (tenant_id, owner_id, number, title, customer_id, region, due_on, created_at, updated_at)
select c.tenant_id, m.id, 'INV-' || lpad(n::text, 6, '0'), 'Invoice ' || n, c.id, 'eu',
       date '2030-01-01' + n, t.at, t.at
  from generate_series(1, $1) n
 cross join invoicing.customer c
  join invoicing.member m on m.tenant_id = c.tenant_id
 cross join lateral (select now() - n * interval '1 minute' as at) t
"""
COUNTED: Final = """
insert into invoicing.usage_ (tenant_id, meter, period)
select o.id, 'invoice', to_char(t.at at time zone 'UTC', 'YYYY-MM')
  from invoicing.organization o
 cross join (values (now()), (now() - interval '31 days')) t (at)
"""
"""Counters of every tenant: PostgreSQL reads a table of those alone who call as a whole."""

CALLERS: Final = """
select o.id as tenant_id, m.id as member_id, m.subject, c.id as customer_id,
       array(select i.id from invoicing.invoice i where i.tenant_id = o.id) as invoice_ids
  from invoicing.organization o
  join invoicing.member m on m.tenant_id = o.id
  join invoicing.customer c on c.tenant_id = o.id
 order by md5(o.slug) limit $1
"""


PEER = f"""
create role peer login bypassrls;
grant usage on schema {SPEC.stem} to peer;
grant select, insert, update, delete on all tables in schema {SPEC.stem} to peer;
"""  # no service is a superuser, whom PostgreSQL asks for no permission


class Caller(NamedTuple):
    """An accountant of one tenant, and what that tenant has."""

    tenant_id: str
    member_id: str
    customer_id: str
    invoice_ids: tuple[str, ...]
    token: str


class Bed(NamedTuple):
    """What the servers and the load need to know."""

    directory: Path
    """Where the emitted package lies; also for what the servers write."""
    package: str
    admin: str
    """The URL of the database as its superuser, who fills it."""
    peer: str
    """The URL as an ordinary role that row-level security does not bind: what the peers use."""
    app: str
    """The URL of the database as the emitted service is to use it."""
    key_set: Path
    callers: tuple[Caller, ...]


def without_plans(text: str) -> str:
    """The spec without plans, and without what asks for them or sells them."""
    text = text.partition("\nplans:")[0] + "\n"
    sold = ("on: subscription}", "on: billing_request", "on: meter_reading}", "  invoices_sent: {")
    lines = (each for each in text.splitlines() if not any(word in each for word in sold))
    return "\n".join(each for each in lines if "feature: sending" not in each) + "\n"


def unchanged(text: str) -> str:
    """The spec as it is."""
    return text


def emit(spec: Path, directory: Path, change: Callable[[str], str] = unchanged) -> str:
    """Generates the service with limits that the load never reaches; returns its name."""
    text, count = LIMITS.subn(ENOUGH, change(spec.read_text(encoding="utf-8")))
    if count != 1:
        raise ValueError(f"{spec} has no line with all its limits")
    for pattern, enough in PLANS if change is not without_plans else ():
        text, count = pattern.subn(enough, text)
        if count != 2:
            raise ValueError(f"{spec} has other plans than two")
    emission = emitted(text.encode(), spec.name)
    for path, content in emission.files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(EVENTS.sub(EVERY_EVENT, content))
    return emission.design.name


@contextmanager
def bed(
    directory: Path,
    tenants: int,
    rows: int,
    callers: int,
    change: Callable[[str], str] = unchanged,
) -> Iterator[Bed]:
    """The service in a directory, beside a database with so many tenants of so many invoices.

    The database is an embedded PostgreSQL that is thrown away at the end.
    """
    package = emit(SPEC, directory, change)
    for name in [each for each in sys.modules if each.partition(".")[0] == package]:
        del sys.modules[name]  # those of another bed
    sys.path.insert(0, str(directory))
    try:
        development = Development(package)
        with development.server() as url:
            admin, peer, app, found = asyncio.run(
                development.populated(url, tenants, rows, callers)
            )
            issuer = development.issuer(directory / "issuer")
            yield Bed(
                directory=directory,
                package=package,
                admin=admin,
                peer=peer,
                app=app,
                key_set=issuer.public,
                callers=tuple(_caller(row, issuer) for row in found),
            )
    finally:
        sys.path.remove(str(directory))


class Development:
    """The development tools of an emitted package, which is on the path only from now on."""

    def __init__(self, package: str) -> None:
        def module(name: str) -> Any:
            return importlib.import_module(f"{package}.development.{name}")

        self.server = module("postgres").server
        self.prepare = module("database").prepare
        self.issuer = module("issuer").DevelopmentIssuer
        self.issuer_url: str = importlib.import_module(f"{package}.settings").DEVELOPMENT_ISSUER

    async def populated(
        self, url: str, tenants: int, rows: int, callers: int
    ) -> tuple[str, str, str, list[asyncpg.Record]]:
        """The URLs of a database full of rows, and the first few of its callers."""
        database = await self.prepare(url, DATABASE)
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database.admin)
        try:
            await connection.execute("set session_replication_role = replica")  # no checks
            await connection.fetch(SEED, tenants)
            await connection.fetch(MEMBERS, self.issuer_url)
            await connection.fetch(CUSTOMERS)
            await connection.fetch(INVOICES, rows)
            if await connection.fetchval("select to_regclass('invoicing.usage_')"):
                await connection.fetch(COUNTED)
            await connection.execute(PEER)
            await connection.execute("vacuum analyze")
            found = await connection.fetch(CALLERS, callers)
        finally:
            await connection.close()
        peer = database.admin.replace("//postgres@", "//peer@", 1)
        return database.admin, peer, database.app, found


def _caller(row: asyncpg.Record, issuer: Any) -> Caller:
    claims = issuer.claims(
        row["subject"],
        str(row["tenant_id"]),
        attributes={MEMBER_CLAIM: str(row["member_id"]), "regions": ["eu"]},
    )
    return Caller(
        tenant_id=str(row["tenant_id"]),
        member_id=str(row["member_id"]),
        customer_id=str(row["customer_id"]),
        invoice_ids=tuple(str(each) for each in row["invoice_ids"]),
        token=issuer.sign(claims),
    )

"""What clients were told of their writes, and whether the database says the same."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg

from .wire import Answer

MARKERS: Final = {
    "customer": "name",
    "invoice": "title",
    "invoice_line": "description",
    "payment": "payer_account",
}
"""The field of each resource that tells who wrote the row last, and with which request."""
COUNTED: Final = """
with did as (select tenant_id, operation, resource_id from {schema}.audit_event)
select tenant_id, what, sum(held) as held, sum(wanted) as wanted from (
  select tenant_id, meter as what, used as held, 0 as wanted from {schema}.usage_
  union all select tenant_id, cap, spent, 0 from {schema}.spending_ where spender like 'member %'
  union all select tenant_id, 'customer', 0, 1 from {schema}.customer
  union all select tenant_id, 'invoice', 0, 1 from did where operation = 'create_invoice'
  union all select tenant_id, 'invoices_sent', 0, 1 from did where operation = 'send_invoice'
  union all select d.tenant_id, 'refunds', 0, p.amount
    from did d join {schema}.payment p on p.id = d.resource_id where operation = 'refund_payment'
) counted group by tenant_id, what order by tenant_id, what
"""
"""What each counter of a tenant holds, and what it is to hold: of rows, events and amounts."""


@dataclass
class Row:
    """A row that clients made, and what they know of it."""

    resource: str
    id: str
    marker: str
    owned: bool = True
    """Is it changed by one client alone, who then knows its version and its content?"""
    version: int = 1
    facts: dict[str, Any] = field(default_factory=dict)
    told: dict[int, str] = field(default_factory=dict)
    """The id of the request that made each version, where its answer arrived at once."""
    doubtful: set[int] = field(default_factory=set)
    """The versions that a request may have made whose answer was lost, and is not to be had."""
    deleted: bool = False


@dataclass
class Kept:
    """The answer to a key, which every repetition is to be told, and the effect behind it."""

    operation: str
    member: UUID
    key: str
    request: tuple[str, str, bytes | None, int | None]
    answer: Answer
    row: Row | None = None
    version: int | None = None


class Journal:
    """All that was acknowledged, and all that was wrong."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.kept: list[Kept] = []
        self.acknowledged = 0
        self.attempts = 0
        self.faults: list[str] = []

    def fault(self, text: str) -> None:
        """Remembers what is not as it should be."""
        self.faults.append(text)

    def same(self, first: Answer, again: Answer, what: str) -> None:
        """The answers to one key are one answer."""
        seen = [(each.status, each.body, each.header("etag")) for each in (first, again)]
        if seen[0] != seen[1]:
            self.fault(f"{what} was answered twice, and not the same: {first} / {again}")

    async def compare(
        self, connection: "asyncpg.Connection[asyncpg.Record]", schema: str
    ) -> dict[str, int]:
        """Reads the database as its administrator, and compares; returns what was counted.

        What it finds comes before what the clients found.
        """
        found_before, self.faults = self.faults, []
        counters = await connection.fetch(COUNTED.format(schema=schema))
        for each in counters:
            if each["held"] != each["wanted"]:
                self.fault(f"{each['what']} counts {each['held']}, not {each['wanted']}")
        stored: dict[str, asyncpg.Record] = {}
        for resource, marker in MARKERS.items():
            for each in await connection.fetch(
                f"select id::text, version, {marker} as marker from {schema}.{resource}"  # noqa: S608
            ):
                stored[each["id"]] = each
        events: defaultdict[str | None, list[asyncpg.Record]] = defaultdict(list)
        for each in await connection.fetch(
            "select resource_id::text as row, resource_version as version, operation, request_id"  # noqa: S608
            f" from {schema}.audit_event order by resource_version, operation like 'delete_%'"
        ):
            events[each["row"]].append(each)
        for row in self.rows.values():
            self._compare_row(row, stored.get(row.id), events[row.id])
        for id_ in stored.keys() - self.rows.keys():
            self.fault(f"a row that no client made: {dict(stored[id_])}")
        done = len(events[None])
        wanted = sum(each.row is None for each in self.kept)
        if done != wanted:
            self.fault(f"{wanted} actions on no row were acknowledged, and {done} have an event")
        for row_id in events.keys() - self.rows.keys() - {None}:
            self.fault(f"events of a row that no client made: {[*map(dict, events[row_id])]}")
        keys = await connection.fetch(
            "select member_id, operation, key, resource_id::text as row, version"  # noqa: S608
            f" from {schema}.idempotency_key"
        )
        self._compare_keys(keys)
        self.faults += found_before
        return {
            "rows": len(stored),
            "audit events": sum(map(len, events.values())),
            "keys": len(keys),
            "counters": len(counters),
        }

    def _compare_row(
        self, row: Row, stored: asyncpg.Record | None, events: list[asyncpg.Record]
    ) -> None:
        what = f"{row.resource} {row.id} ({row.marker})"
        versions = [each["version"] for each in events if not each["operation"].startswith("del")]
        deletions = len(events) - len(versions)
        if deletions != row.deleted:
            self.fault(f"{what} has {deletions} events of its deletion, not {int(row.deleted)}")
        if (stored is None) != row.deleted:
            self.fault(f"{what} is {'lost' if stored is None else 'there, and was deleted'}")
        last = row.version if stored is None else stored["version"]
        if versions != list(range(1, last + 1)):
            self.fault(f"{what} is at version {last}, and has events of the versions {versions}")
        for each in events[: len(versions)]:
            told = row.told.get(each["version"])
            if told and told != each["request_id"]:
                self.fault(f"{what}: another request than {told} made version {each['version']}")
        if row.owned:
            if last != row.version:
                self.fault(f"{what} is at version {last}; version {row.version} was acknowledged")
            if stored is not None and stored["marker"] != row.marker:
                self.fault(f"{what} holds {stored['marker']!r}")
            return
        for version in range(1, last + 1):
            if version not in row.told and version not in row.doubtful:
                self.fault(f"{what} was changed to version {version} by no request")
        for version in row.told:
            if version > last:
                self.fault(f"{what} is at version {last}; version {version} was acknowledged")

    def _compare_keys(self, stored: list[asyncpg.Record]) -> None:
        """Each acknowledged key is stored once, with what it did; a row has one creating key."""
        wanted = {
            (each.member, each.operation, each.key): (each.row and each.row.id, each.version)
            for each in self.kept
        }
        found = {
            (each["member_id"], each["operation"], each["key"]): (each["row"], each["version"])
            for each in stored
        }
        for key in wanted.keys() - found.keys():
            self.fault(f"the key {key} is lost")
        for key in found.keys() - wanted.keys():
            self.fault(f"a key that was never acknowledged: {key}")
        for key in wanted.keys() & found.keys():
            if wanted[key] != found[key]:
                self.fault(f"the key {key} did {found[key]}; {wanted[key]} was acknowledged")
        effects = Counter(effect for effect in found.values() if effect != (None, None))
        for effect, count in effects.items():
            if count > 1:
                self.fault(f"{count} keys have one effect: {effect}")

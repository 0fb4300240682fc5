"""What a condition means to PostgreSQL is what it means to the worlds of the emitted tests."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import asyncpg
import pytest

from scaffold.database.layout import all_of, flat
from scaffold.database.predicates import Binding, Predicates, bound
from scaffold.database.sql import identifier
from scaffold.design.model import Alternative, Condition, Design, Term
from scaffold.design.witness import ME, OTHER, World, distinct, domain, holds, probes
from scaffold.spec.conditions import ORDERS
from scaffold.types.kind import several
from tests.design.samples import design

EITHER: Final = ("eq", "in", "contains", "null")
"""The operators that may be negated."""
SCOPE: Final = "app_0"
TENANT: Final = "00000000-0000-4000-8000-00000000000a"
PEOPLE: Final = {
    ME: "00000000-0000-4000-8000-00000000000b",
    OTHER: "00000000-0000-4000-8000-00000000000c",
}
GRANTS: Final = (
    "status: draft",
    "status: {not: draft}",
    "status: {in: [draft, sent]}",
    "status: {not: {in: [draft, sent]}}",
    "kind: {not: eu}",
    "kind: {not: {in: [eu, us]}}",
    "kind: {not: $user.region}",
    "kind: {not: $tenant.region}",
    "kind: {in: $user.regions}",
    "kind: {not: {in: $user.regions}}",
    "status: {not: {in: $user.regions}}",
    "kind: null",
    "kind: {not: null}",
    "approver: $user.id",
    "approver: {not: $user.id}",
    "owner_id: {not: $user.id}",
    "amount: {lt: 500}",
    "amount: {lte: $user.limit}",
    "amount: {gt: $user.limit}",
    "amount: {not: $user.limit}",
    "price: {gte: 1.5}",
    "price: {lt: $user.limit}",
    "due: {lte: $user.until}",
    "due: {gt: $tenant.since}",
    "seen: {gt: '2030-01-01T09:00:00Z'}",
    "took: {lte: 5m}",
    "$user.limit: {gte: 3}",
    "$user.region: {not: eu}",
    "$tenant.since: {lt: 2030-01-02}",
    "tags: {contains: vip}",
    "tags: {not: {contains: vip}}",
    "tags: {contains: $user.region}",
    "tags: {not: {contains: $user.region}}",
    "tags: null",
    "members: {contains: $user.id}",
    "members: {not: {contains: $user.id}}",
    "sizes: {contains: 5}",
    "sizes: {contains: $user.limit}",
    "sizes: {not: {contains: $user.limit}}",
)
FIELDS: Final = """
tenancy: {tenant: company, attributes: {region: {enum: [eu, us]}, since: {type: date}}}
identity:
  issuers: [{issuer: https://login.example.com/, audience: shop, algorithms: [ES256]}]
  attributes:
    regions: {list: string}
    region: {enum: [eu, us]}
    limit: {type: integer, min: 0, max: 9}
    until: {type: date}
resources:
  order:
    owner: owner_id
    fields:
      status: {type: enum, values: [draft, sent, paid]}
      kind: {type: enum, values: [eu, us, asia], optional: true}
      approver: {type: reference, to: member, optional: true}
      amount: {type: money, min: 0, max: 1000, optional: true}
      price: {type: decimal, digits: 5, places: 2}
      due: {type: date, optional: true}
      seen: {type: datetime}
      took: {type: duration}
      tags: {type: list, of: {type: string, max: 9}, max_items: 5, optional: true}
      members: {type: list, of: {type: uuid}, max_items: 5, optional: true}
      sizes: {type: list, of: {type: integer, min: 0, max: 9}, max_items: 5, min_items: 2}
"""


@pytest.fixture(scope="module")
def conditions() -> Design:
    """A design whose only role reads under each of these conditions."""
    grants = ", ".join(f"{{do: read, on: order, when: {{{each}}}}}" for each in GRANTS)
    return design(f"roles: {{clerk: {{can: [{grants}]}}}}{FIELDS}")


def worlds(condition: Condition) -> Iterator[World]:
    """Worlds in which a condition is met and missed, and such that lack each value it looks at."""
    for left in (*_values(condition.left, condition), None):
        if left is None and condition.left.source == "field" and not condition.nullable:
            continue
        rights: list[Any] = [None]
        if isinstance(condition.right, Term):
            rights = [*_values(condition.right, condition), None]
        for right in rights:
            world = World()
            for side, value in ((condition.left, left), (condition.right, right)):
                if isinstance(side, Term) and side.name != "id":
                    world = _with(side, value, world)
            yield world


def _values(term: Term, condition: Condition) -> list[Any]:
    if term.source == "field":
        items = [] if isinstance(condition.right, tuple) or not term.kind.held else ["eu", 5]
        lists = (term.kind.filled([each]) for each in items if _fits(term, each))
        return [each for each in (*probes(term, [condition]), *lists) if each is not None]
    if term.many:
        return [[], ["eu"], ["draft", "us"]]
    near = [each for _, each in zip(range(9), several(term.kind), strict=False)]
    return distinct([*domain(term.kind), *near])


def _fits(term: Term, item: object) -> bool:
    return term.kind.held is not None and term.kind.held.accepts(item)


def _with(term: Term, value: Any, world: World) -> World:
    given: dict[str, Any] = {} if value is None and term.source == "user" else {term.name: value}
    match term.source:
        case "field":
            return World(given, world.user, world.tenant)
        case "user":
            return World(world.row, given, world.tenant)
    return World(world.row, world.user, given)


def _placed(value: Any) -> Any:
    if isinstance(value, list):
        return [_placed(each) for each in value]
    return PEOPLE.get(value, value) if isinstance(value, str) else value


def of_function(user: Mapping[str, Any]) -> Binding:
    """The values as a stored function has them, in variables."""

    def claim(term: Term) -> str:
        if term.name not in user:
            return f"(null::{'text[]' if term.many else term.kind.sql})"
        value = user[term.name]
        if term.many:
            return f"(array[{', '.join(map(repr, value))}]::text[])"
        return f"('{value}'::{term.kind.sql})"

    def there(term: Term) -> str:
        return f"{claim(term)} is not null"

    def nobody(each: Alternative) -> str:
        raise AssertionError(each)

    return Binding(f"'{PEOPLE[ME]}'::uuid", claim, there, f"'{TENANT}'::uuid", nobody, nobody)


def test_every_form_is_tried(conditions: Design) -> None:
    forms = {(each.operator, each.negated) for each in conditions.conditions}
    orders = {(each, False) for each in ORDERS}
    assert forms - orders == {(each, no) for each in EITHER for no in (False, True)}
    assert orders <= forms
    assert len(conditions.conditions) == len(GRANTS)


def test_sql_means_what_the_worlds_say(conditions: Design, postgres_server: str) -> None:
    assert asyncio.run(_differences(conditions, postgres_server)) == []


async def _differences(found: Design, server: str) -> list[object]:
    connection = await asyncpg.connect(server)
    try:
        return [each async for each in _asked(found, connection)]
    finally:
        await connection.close()


async def _asked(found: Design, connection: Any) -> Any:
    entity, predicates = found.entity("order"), Predicates(found)
    columns = ", ".join(f"{identifier(each.name)} {each.kind.sql}" for each in entity.columns)
    await connection.execute(f"create temp table t ({columns})")
    await connection.execute("create temp table company (id uuid, region text, since date)")
    tried = 0
    for condition in found.conditions:
        for world in worlds(condition):
            alternative = Alternative(("clerk",), (condition,), None)
            tests = [
                flat(all_of(predicates.conditions(alternative, binding, "t")))
                for binding in (of_function(world.user), bound(SCOPE), bound(SCOPE, written=True))
            ]
            for name, value in {
                "app.tenant_id": TENANT,
                f"{SCOPE}.member_id": PEOPLE[ME],
                f"{SCOPE}.attributes": json.dumps(world.user),
            }.items():
                await connection.execute("select set_config($1, $2, false)", name, value)
            await connection.execute("delete from company")
            await connection.execute(
                "insert into company select * from jsonb_populate_record(null::company, $1)",
                json.dumps({**world.tenant, "id": TENANT}),
            )
            row = json.dumps({name: _placed(value) for name, value in world.row.items()})
            said = await connection.fetchrow(
                f"select {', '.join(f'coalesce({each}, false)' for each in tests)}"  # noqa: S608
                " from jsonb_populate_record(null::t, $1) t",
                row,
            )
            tried += 1
            meant = holds([condition], world)
            if set(said) != {meant}:
                yield str(condition), world, tuple(said), meant
    assert tried > 5 * len(GRANTS), tried

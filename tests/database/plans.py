"""Runs beside the emitted tests of a project: how PostgreSQL reads the list of a child."""

import json
from typing import Any

import pytest

from tests.contract.harness import ACCESS, CONTRACT, TABLE, Service, allowed
from tests.contract.test_grants import APP
from tests.contract.test_isolation import call

BELOW = [name for name, about in ACCESS.items() if about["verb"] == "list" and about["parent"]]
SETTINGS = """
load 'auto_explain';
set local auto_explain.log_min_duration = 0;
set local auto_explain.log_nested_statements = on;
set local auto_explain.log_format = json;
set local client_min_messages = log;
set local enable_seqscan = off;
set local enable_sort = off;
set local enable_incremental_sort = off;
"""
"""What can be read in order is read so, however few rows there are."""


def orders(operation: str) -> list[str | None]:
    """The sort keys of a list, and None for the newest first."""
    given = CONTRACT["paths"][TABLE[operation].path]["get"]["parameters"]
    keys = [each["schema"]["enum"] for each in given if each.get("name") == "sort"]
    return [None, *(key for each in keys for key in each)]


@pytest.mark.parametrize(
    ("operation", "sort"), [(each, sort) for each in BELOW for sort in orders(each)]
)
def test_a_child_is_read_in_order(service: Service, operation: str, sort: str | None) -> None:
    """The index of each order begins with the parent: no row of another one is read or sorted."""
    request = allowed(service, operation)
    table = ACCESS[operation]["resource"]
    parent = TABLE[operation].path.partition("{")[2].partition("}")[0]

    async def explained() -> list[Any]:
        plans: list[Any] = []

        def logged(_: object, entry: Any) -> None:
            plans.append(json.loads(entry.message.partition("plan:")[2]))

        connection = service.admin
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(SETTINGS)
            await connection.execute(f"set local role {APP}")
            connection.add_log_listener(logged)
            await call(connection, request, sort=sort)
            connection.remove_log_listener(logged)
        finally:
            await transaction.rollback()
        return plans

    plans = [nodes(each["Plan"]) for each in service.run(explained())]
    (plan,) = (plan for plan in plans if any(reads(node, table) for node in plan))
    assert [each["Node Type"] for each in plan if "Sort" in each["Node Type"]] == []
    (found,) = (each for each in plan if reads(each, table))
    assert f"{parent} =" in found["Index Cond"]


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of a plan."""
    return [plan, *(node for part in plan.get("Plans", ()) for node in nodes(part))]


def reads(node: dict[str, Any], table: str) -> bool:
    """Does a node read this table?"""
    return bool(node.get("Relation Name") == table)

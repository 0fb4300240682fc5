"""The development data: each condition is met by some row and missed by another one."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from scaffold.design.model import Condition, Term
from scaffold.design.resolve import resolve
from scaffold.design.witness import ME, OTHER, World, holds, satisfying
from scaffold.plan.catalog import catalog
from scaffold.spec.load import loads
from tests.emitted import SPECS, project

NAMES = sorted(each.stem for each in SPECS.glob("*.yaml"))


def _worlds(about: Mapping[str, Any], found: Mapping[str, Any], owner: str | None) -> list[World]:
    owners = [{owner: who} for who in (ME, OTHER)] if owner else [{}]
    return [
        World(row | mine, found["attributes"], tenant)
        for row in about["rows"]
        for mine in owners[: 2 if about["personal"] else 1]
        for tenant in found["tenant"]["examples"]
    ]


def _by_rows(condition: Condition) -> bool:
    """Does a row decide it, whose columns are known? A claim may say which row one leads to."""
    right = condition.right
    return condition.left.source == "field" and (
        not condition.left.kind.target or (isinstance(right, Term) and right.source == "user")
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_condition_is_met_and_missed(name: str) -> None:
    design = resolve(loads((SPECS / f"{name}.yaml").read_text(encoding="utf-8")))
    found = catalog(design)
    for entity in design.declared:
        worlds = _worlds(found["resources"][entity.name], found, entity.owner)
        for operation in entity.operations:
            for alternative in operation.alternatives:
                conditions = alternative.conditions
                if satisfying(alternative, entity) and all(map(_by_rows, conditions)):
                    assert any(holds(conditions, each) for each in worlds), (
                        operation.id,
                        conditions,
                    )
                for condition in filter(_by_rows, conditions):
                    said = operation.id, str(condition)
                    assert any(holds([condition], each) for each in worlds), said
                    assert not all(holds([condition], each) for each in worlds), said


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_stored_and_has_more_than_first_values(
    name: str, tmp_path: Path, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = project(name, tmp_path / name)
    monkeypatch.setenv("DEVELOPMENT_POSTGRES_URL", postgres_server)
    command = [sys.executable, "-m", f"{name}.development.serve", "--reset"]
    done = subprocess.run(  # noqa: S603 - this Python, on a project that was made here
        command, cwd=made, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    text = (made / name / "development" / "catalog.json").read_text(encoding="utf-8")
    asyncio.run(_vary(json.loads(text)["resources"], f"{name}_development", name, postgres_server))


async def _vary(resources: Mapping[str, Any], database: str, schema: str, server: str) -> None:
    connection = await asyncpg.connect(server, database=database)
    try:
        for resource, about in resources.items():
            for field in {name for row in about["rows"] for name in row}:
                values = await connection.fetchval(
                    f"select count(distinct coalesce(\"{field}\"::text, 'null'))"  # noqa: S608
                    f' from {schema}."{resource}"'
                )
                assert values > 1, (resource, field)
    finally:
        await connection.close()

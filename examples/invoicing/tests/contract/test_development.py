"""The development tools on a server that has other things as well (OPS-1)."""

import os

import asyncpg
import pytest

from invoicing.development.database import DEPLOYED, OccupiedError, drop, prepare
from invoicing.development.serve import administrator
from tests.contract.harness import DATABASE, Service

OTHER = f"{DATABASE}_other"


def test_roles_of_a_deployment_are_left_alone(service: Service) -> None:
    """They may be there or not: it makes none of them, and changes none."""
    asked = (
        "select coalesce(array_agg(a::text order by a.oid), '{}') from pg_authid a"
        " where rolname = any ($1)"
    )
    before = service.run(service.admin.fetchval(asked, DEPLOYED))
    database = service.run(prepare(service.database.admin, OTHER))
    try:
        assert service.run(_user(database.app)) == f"{OTHER}_app"
        assert service.run(service.admin.fetchval(asked, DEPLOYED)) == before
    finally:
        service.run(drop(service.database.admin, OTHER))
    assert service.run(service.admin.fetchval(asked, DEPLOYED)) == before


async def _user(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("select current_user"))
    finally:
        await connection.close()


@pytest.mark.parametrize("taken", ["database", "owner", "app", "backup"])
def test_what_was_not_made_here_is_left_alone(service: Service, taken: str) -> None:
    admin = service.database.admin
    what = f"database {OTHER}" if taken == "database" else f"role {OTHER}_{taken}"
    service.run(service.admin.execute(f"create {what}"))
    try:
        with pytest.raises(OccupiedError, match=what):
            service.run(prepare(admin, OTHER))
        with pytest.raises(OccupiedError, match=what):
            service.run(drop(admin, OTHER))
    finally:
        service.run(service.admin.execute(f"drop {what}"))


def test_the_database_of_a_deployment_is_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    monkeypatch.setitem(
        os.environ, "DATABASE_URL", "postgresql://nobody@127.0.0.1:1/deployed"
    )
    monkeypatch.setitem(os.environ, "DEVELOPMENT_POSTGRES_URL", nowhere)
    with administrator() as admin:
        assert admin == nowhere

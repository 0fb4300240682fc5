"""What the database itself allows, whatever any statement says (AZ-1, AZ-3, ID-7)."""

import asyncpg
import pytest

from invoicing.development.world import CATALOG
from invoicing.store.statements import RELEASE, TABLES
from tests.contract.harness import ACCESS, APP, BACKUP, OWNER, WORKER, Service, world_of

BUILT_IN: dict[str, set[str]] = {
    "organization": {"SELECT", "INSERT"},
    "member": {"SELECT", "INSERT"},
    "api_key": {
        "SELECT",
        "INSERT",
    },
    "invitation": {
        "SELECT",
        "INSERT",
    },
    "sign_up": {
        "SELECT",
        "INSERT",
    },
    "webhook_account": {
        "SELECT",
    },
    "webhook_event": {
        "SELECT",
        "INSERT",
    },
    "webhook_order": {
        "SELECT",
        "INSERT",
    },
    "idempotency_key": {
        "SELECT",
        "INSERT",
    },
    "spending_": {
        "SELECT",
        "INSERT",
    },
    "usage_": {
        "SELECT",
        "INSERT",
    },
    "usage_closing": set(),
    "subscription": {
        "SELECT",
        "INSERT",
    },
    "subscription_change": {
        "INSERT",
    },
    "billing_request": {
        "SELECT",
        "INSERT",
    },
    "billing_event": {
        "INSERT",
    },
    "webhook_endpoint": {"SELECT", "INSERT", "DELETE"},
    "webhook_delivery": {
        "SELECT",
        "INSERT",
    },
    "outbox_message": {
        "INSERT",
    },
    "audit_event": {
        "INSERT",
    },
}
"""What the service's role may do to the whole of a table other than those of resources."""
CHANGED: dict[str, set[str]] = {
    "api_key": {
        "last_used_at",
        "lifetime",
        "expires_at",
        "issued_at",
        "revoked_at",
        "former_valid_until",
        "digest",
        "former_digest",
        "version",
        "updated_at",
    },
    "invitation": {
        "revoked_at",
        "accepted_at",
        "accepted_by",
        "version",
        "updated_at",
    },
    "webhook_event": {
        "type",
        "mode",
        "account",
        "tenant_id",
        "occurred_at",
        "outcome",
    },
    "webhook_order": {
        "occurred_at",
    },
    "idempotency_key": {
        "fingerprint",
        "resource_id",
        "version",
        "body",
        "created_at",
        "expires_at",
    },
    "spending_": {
        "spent",
        "changed_at",
    },
    "usage_": {
        "used",
        "changed_at",
    },
    "webhook_endpoint": {
        "url",
        "events",
        "description",
        "active",
        "former_valid_until",
        "secret_version",
        "former_secret_version",
        "version",
        "updated_at",
    },
    "webhook_delivery": {
        "state",
        "due_at",
        "attempts",
        "finished_at",
        "version",
        "updated_at",
    },
}
"""The columns of such a table that it may change."""
NEVER_CHANGED = {"tenant_id", "id", "created_at"}


@pytest.mark.parametrize("table", TABLES)
def test_the_service_may_do_what_its_operations_need(
    service: Service, table: str
) -> None:
    rows = service.run(
        service.admin.fetch(
            "select privilege_type from information_schema.table_privileges"
            " where table_schema = 'invoicing' and table_name = $1 and grantee = $2",
            table,
            APP,
        )
    )
    found = {row["privilege_type"] for row in rows}
    verbs = {about["verb"] for about in ACCESS.values() if about["resource"] == table}
    needed = {name.upper() for name in ("create", "delete") if name in verbs} | {
        "SELECT"
    }
    needed = {"INSERT" if name == "CREATE" else name for name in needed}
    assert found == BUILT_IN.get(table, needed)


@pytest.mark.parametrize("table", TABLES)
def test_the_service_changes_no_column_that_is_fixed(
    service: Service, table: str
) -> None:
    rows = service.run(
        service.admin.fetch(
            "select column_name from information_schema.column_privileges"
            " where table_schema = 'invoicing' and table_name = $1 and grantee = $2"
            " and privilege_type = 'UPDATE'",
            table,
            APP,
        )
    )
    changed = {row["column_name"] for row in rows}
    about = CATALOG["resources"].get(table)
    if about is None:
        assert changed == CHANGED.get(table, set())
    else:
        assert not changed & {*NEVER_CHANGED, *about["fixed"]}


def test_nobody_else_has_any_grant(service: Service) -> None:
    rows = service.run(
        service.admin.fetch(
            "select distinct grantee from information_schema.table_privileges"
            " where table_schema = 'invoicing'"
        )
    )
    assert {row["grantee"] for row in rows} == {APP, OWNER, BACKUP, WORKER}


def test_backups_read_every_row_and_change_none(service: Service) -> None:
    tenants = {str(world_of(service, None).tenant_id) for _ in range(2)}

    async def tried() -> set[str]:
        connection = await asyncpg.connect(service.database.backup)
        try:
            rows = await connection.fetch(
                "select tenant_id::text from invoicing.member"
            )
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("update invoicing.member set active = true")
            return {row["tenant_id"] for row in rows}
        finally:
            await connection.close()

    assert tenants <= service.run(tried())
    rows = service.run(
        service.admin.fetch(
            "select c.relname as name from pg_class c"
            " where c.relnamespace in ('invoicing'::regnamespace, $2::text::regnamespace)"
            " and (c.relkind in ('r', 'p', 'S') and not has_table_privilege($1, c.oid, 'select')"
            " or c.relkind in ('r', 'p', 'v') and (has_any_column_privilege($1, c.oid, 'insert, update, references')"
            " or has_table_privilege($1, c.oid, 'delete, truncate, trigger')))"
            " union all select proname from pg_proc where has_function_privilege($1, oid, 'execute')"
            " and pronamespace in ('invoicing'::regnamespace, $2::text::regnamespace)"
            " union all select nspname from pg_namespace where has_schema_privilege($1, oid, 'create')"
            " union all select rolname from pg_roles where pg_has_role($1, oid, 'member') and rolname <> $1",
            BACKUP,
            RELEASE,
        )
    )
    assert [row["name"] for row in rows] == []


def test_a_unique_key_is_one_tenants_own(service: Service) -> None:
    """A key across tenants would tell one of them what another one has."""
    shared = service.run(
        service.admin.fetch(
            "select i.indexrelid::regclass::text as name from pg_index i"
            " join pg_attribute t on t.attrelid = i.indrelid and t.attname = 'tenant_id'"
            " where i.indrelid in (select oid from pg_class"
            " where relnamespace = 'invoicing'::regnamespace)"
            " and i.indisunique and t.attnum <> all (i.indkey)"
            " and i.indrelid <> 'invoicing.sign_up'::regclass"  # one's own digest alone
            # An account is one tenant's, and an event comes once: no tenant writes either.
            " and i.indrelid not in ('invoicing.webhook_account'::regclass,"
            " 'invoicing.webhook_event'::regclass)"
        )
    )
    assert [row["name"] for row in shared] == []


def test_a_function_is_the_services_own(service: Service) -> None:
    """Nobody else runs it, and it runs with the rights of its caller; a trigger's nobody runs."""
    found = service.run(
        service.admin.fetch(
            "select proname as name from pg_proc"
            " where pronamespace in ('invoicing'::regnamespace, $1::text::regnamespace)"
            " and (prosecdef and prorettype <> 'trigger'::regtype"
            " or has_function_privilege('public', oid, 'execute'))",
            RELEASE,
        )
    )
    assert [row["name"] for row in found] == []


@pytest.mark.parametrize("role", CATALOG["roles"])
def test_a_role_is_for_one_kind_of_member(service: Service, role: str) -> None:
    """People are no services (ID-7), even for whoever writes the table of members."""
    other = "human" if CATALOG["roles"][role]["kind"] == "service" else "service"
    me = world_of(service, role).me
    statement = "update invoicing.member set kind = $1 where tenant_id = $2 and id = $3"
    with pytest.raises(asyncpg.CheckViolationError):
        service.run(service.admin.execute(statement, other, me.tenant_id, me.id))

"""The tables, the policies, the grants and the start with a guard gone."""

from typing import Final

from scaffold.features.mutant import Mutant

TABLES: Final = "store/migrations/0001_initial.sql"
POLICIES: Final = "store/guards/policies.sql"
RULES: Final = "store/guards/rules.sql"
BOUND: Final = "(tenant_id = (select current_setting('app.tenant_id', true)::uuid))"
WRITTEN: Final = "(tenant_id = current_setting('app.tenant_id', true)::uuid)"


def policy(table: str) -> str:
    """The beginning of the policy that shows one tenant's rows."""
    return f"create policy tenant_isolation on {table} as restrictive for all to invoicing_app\n"


ROW_LEVEL_SECURITY: Final = (
    Mutant(
        id="policy-shows-everything",
        control="AZ-3",
        file=POLICIES,
        old=f"{policy('customer')}  using {BOUND}",
        new=f"{policy('customer')}  using (true)",
        noticed_by="test_isolation.py::test_policies_alone_show_one_tenant",
    ),
    Mutant(
        id="policy-accepts-everything",
        control="AZ-3",
        file=POLICIES,
        old=f"{policy('customer')}  using {BOUND}\n  with check {WRITTEN}",
        new=f"{policy('customer')}  using {BOUND}\n  with check (true)",
        noticed_by="test_isolation.py::test_policies_alone_refuse_a_foreign_write",
    ),
    Mutant(
        id="policy-shows-everything-to-the-unbound",
        control="AZ-3",
        file=POLICIES,
        old=f"{policy('invoice')}  using {BOUND}",
        new=f"{policy('invoice')}  using ({BOUND}\n"
        "    or current_setting('app.tenant_id', true) is null)",
        noticed_by="test_isolation.py::test_an_unbound_connection_sees_nothing",
    ),
    Mutant(
        id="policy-shows-everything-to-the-unbound-again",
        control="AZ-3",
        file=POLICIES,
        old=f"{policy('invoice')}  using {BOUND}",
        new=f"{policy('invoice')}  using (tenant_id = coalesce(\n"
        "    nullif(current_setting('app.tenant_id', true), '')::uuid, tenant_id))",
        noticed_by="test_isolation.py::test_an_unbound_connection_sees_nothing",
    ),
    Mutant(
        id="policy-is-open-to-more",
        control="AZ-3",
        file=TABLES,
        old="alter table payment force row level security;\n",
        new="alter table payment force row level security;\n"
        "create policy support on payment using (true);\n",
    ),
    Mutant(
        id="policies-are-off",
        control="AZ-3",
        file=TABLES,
        old="alter table customer enable row level security;\n",
        new="",
    ),
    Mutant(
        id="the-owner-is-not-bound",
        control="AZ-3",
        file=TABLES,
        old="alter table customer force row level security;\n",
        new="",
    ),
    Mutant(
        id="the-audit-log-has-no-policy",
        control="AZ-3",
        file=POLICIES,
        old="-- policy: audit_event tenant_isolation\ncreate policy tenant_isolation on audit_event as restrictive for all to invoicing_app\n  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))\n  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));\n",
        new="",
    ),
    Mutant(
        id="policy-reads-outside-the-conditions",
        control="AZ-2",
        file=POLICIES,
        within="invoice reach_select",
        old="  using (",
        new="  using (true or ",
        noticed_by="test_isolation.py::test_policies_alone_hold_the_conditions",
    ),
    Mutant(
        id="policy-creates-outside-the-conditions",
        control="AZ-2",
        file=POLICIES,
        within="payment reach_insert",
        old="  with check (",
        new="  with check (true or ",
        noticed_by="test_isolation.py::test_policies_alone_hold_the_conditions",
    ),
    Mutant(
        id="policy-updates-outside-the-conditions",
        control="AZ-2",
        file=POLICIES,
        within="invoice reach_update",
        old="  using (",
        new="  using (true or ",
        noticed_by="test_isolation.py::test_policies_alone_hold_the_conditions",
    ),
    Mutant(
        id="policy-deletes-outside-the-conditions",
        control="AZ-2",
        file=POLICIES,
        within="invoice_line reach_delete",
        old="  using (",
        new="  using (true or ",
        noticed_by="test_isolation.py::test_policies_alone_hold_the_conditions",
    ),
)

KEYS: Final = (
    Mutant(
        id="reference-to-any-tenant",
        control="AZ-3",
        file=TABLES,
        old="alter table invoice add constraint invoice_customer_id_fkey\n"
        "  foreign key (tenant_id, customer_id)\n  references customer (tenant_id, id);",
        new="alter table customer add constraint customer_id_key unique (id);\n"
        "alter table invoice add constraint invoice_customer_id_fkey\n"
        "  foreign key (customer_id)\n  references customer (id);",
        noticed_by="test_isolation.py::test_a_reference_stays_in_its_tenant",
    ),
    Mutant(
        id="reference-to-nothing",
        control="AZ-3",
        file=TABLES,
        old="alter table invoice_line add constraint invoice_line_invoice_id_fkey\n"
        "  foreign key (tenant_id, invoice_id)\n  references invoice (tenant_id, id);\n",
        new="",
        noticed_by="test_isolation.py::test_a_reference_stays_in_its_tenant",
    ),
    Mutant(
        id="owner-in-any-tenant",
        control="AZ-3",
        file=TABLES,
        old="alter table invoice add constraint invoice_owner_id_fkey\n"
        "  foreign key (tenant_id, owner_id)\n  references member (tenant_id, id);\n",
        new="",
        noticed_by="test_isolation.py::test_a_reference_stays_in_its_tenant",
    ),
    Mutant(
        id="unique-across-tenants",
        control="AZ-3",
        file=TABLES,
        old="constraint customer_email_key unique (tenant_id, email)",
        new="constraint customer_email_key unique (email)",
        noticed_by="test_grants.py::test_a_unique_key_is_one_tenants_own",
    ),
)

GRANTS: Final = (
    Mutant(
        id="the-service-may-truncate",
        control="AZ-3",
        file=RULES,
        old="grant select, insert, update (status, refunded_at, version, updated_at) on payment",
        new="grant select, insert, truncate, update (status, refunded_at, version, updated_at) on payment",
        noticed_by="test_isolation.py::test_every_table_is_protected",
    ),
    Mutant(
        id="the-service-may-delete-payments",
        control="AZ-3",
        file=RULES,
        old="grant select, insert, update (status, refunded_at, version, updated_at) on payment",
        new="grant select, insert, delete, update (status, refunded_at, version, updated_at) on payment",
        noticed_by="test_grants.py::test_the_service_may_do_what_its_operations_need",
    ),
    Mutant(
        id="the-service-may-change-any-column",
        control="AZ-3",
        file=RULES,
        old="grant select, insert, update (status, refunded_at, version, updated_at) on payment",
        new="grant select, insert, update on payment",
        noticed_by="test_grants.py::test_the_service_changes_no_column_that_is_fixed",
    ),
    Mutant(
        id="the-service-makes-members",
        control="AZ-1",
        file=RULES,
        old="grant select on member to invoicing_app;",
        new="grant select, insert, update on member to invoicing_app;",
        noticed_by="test_grants.py::test_the_service_may_do_what_its_operations_need",
    ),
    Mutant(
        id="anybody-runs-the-functions",
        control="AZ-1",
        file="store/migrate.py",
        old="revoke all on all functions in schema {RELEASE} from public;\n",
        new="",
        noticed_by="test_grants.py::test_a_function_is_the_services_own",
    ),
    Mutant(
        id="functions-run-as-their-owner",
        control="AZ-3",
        file="store/functions/payment.sql",
        within="read_payment",
        old="language plpgsql set search_path",
        new="language plpgsql security definer set search_path",
        noticed_by="test_grants.py::test_a_function_is_the_services_own",
    ),
    Mutant(
        id="people-hold-the-roles-of-services",
        control="ID-7",
        file=RULES,
        old=" and r.kind = new.kind",
        new="",
        noticed_by="test_grants.py::test_a_role_is_for_one_kind_of_member",
    ),
)

START: Final = (
    Mutant(
        id="starts-as-superuser",
        control="OPS-1",
        file="store/startup.py",
        old='if role["privileged"]:',
        new="if False:",
        noticed_by="test_startup.py::test_a_superuser_is_refused",
    ),
    Mutant(
        id="starts-as-owner",
        control="OPS-1",
        file="store/startup.py",
        old='if role["owner"]:',
        new="if False:",
        noticed_by="test_startup.py::test_the_owner_is_refused",
    ),
    Mutant(
        id="starts-without-policies",
        control="OPS-1",
        file="store/startup.py",
        old="    if unprotected:\n",
        new="    if False:\n",
        noticed_by="test_startup.py::test_a_database_that_was_loosened_is_refused",
    ),
    Mutant(
        id="starts-without-force",
        control="OPS-1",
        file="store/startup.py",
        old=" or not c.relforcerowsecurity\n",
        new="\n",
        noticed_by="test_startup.py::test_a_database_that_was_loosened_is_refused",
    ),
    Mutant(
        id="starts-with-an-open-policy",
        control="OPS-1",
        file="store/startup.py",
        old="where p.polrelid = c.oid and not exists (",
        new="where false and not exists (",
        noticed_by="test_startup.py::test_a_database_that_was_loosened_is_refused",
    ),
    Mutant(
        id="starts-with-a-policy-that-was-changed",
        control="OPS-1",
        file="store/startup.py",
        old=" and k.definition = {DEFINITION}))",
        new="))",
        noticed_by="test_startup.py::test_a_database_that_was_loosened_is_refused",
    ),
    Mutant(
        id="starts-without-functions",
        control="OPS-1",
        file="store/startup.py",
        old="    if missing:\n",
        new="    if False:\n",
        noticed_by="test_startup.py::test_a_database_without_the_functions_is_refused",
    ),
    Mutant(
        id="an-applied-migration-is-changed",
        control="OPS-1",
        file="store/migrate.py",
        old="elif applied[path.name] != chain:",
        new="elif False:",
        noticed_by="test_startup.py::test_an_applied_migration_is_history",
    ),
)

MUTANTS: Final = (*ROW_LEVEL_SECURITY, *KEYS, *GRANTS, *START)

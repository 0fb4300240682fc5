"""The tables, the policies, the grants and the start with a guard gone."""

from typing import Final

from scaffold.features.mutant import Mutant

TABLES: Final = "store/migrations/0001_initial.sql"
POLICIES: Final = "store/guards/policies.sql"
RULES: Final = "store/guards/rules.sql"
BOUND: Final = "(tenant_id = current_setting('app.tenant_id', true)::uuid)"


def policy(table: str) -> str:
    """The beginning of the policy that shows one tenant's rows."""
    return f"create policy tenant_isolation on {table} as restrictive for all to invoicing_app\n"


DEVELOPMENT: Final = "development/database.py"

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
        old=f"{policy('customer')}  using {BOUND}\n  with check {BOUND}",
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
        old="-- policy: audit_event tenant_isolation\n"
        f"{policy('audit_event')}  using {BOUND}\n  with check {BOUND};\n",
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
        old="grant select, insert, update (roles, active,",
        new="grant select, insert, delete, update (roles, active,",
        noticed_by="test_grants.py::test_the_service_may_do_what_its_operations_need",
    ),
    Mutant(
        id="backups-may-change-rows",
        control="AZ-3",
        file=RULES,
        old="grant select on organization, member, member_role,",
        new="grant select, update on organization, member, member_role,",
        noticed_by="test_grants.py::test_backups_read_every_row_and_change_none",
    ),
    Mutant(
        id="backups-leave-a-table-out",
        control="OPS-1",
        file=RULES,
        old="payment to invoicing_backup;",
        new="customer to invoicing_backup;",
        noticed_by="test_grants.py::test_backups_read_every_row_and_change_none",
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

LEFT_ALONE: Final = (
    Mutant(
        id="development-has-the-roles-of-a-deployment",
        control="OPS-1",
        file=DEVELOPMENT,
        old='return f"{name}_owner", f"{name}_app", f"{name}_backup", f"{name}_worker"',
        new='return "invoicing_owner", "invoicing_app", "invoicing_backup", "invoicing_worker"',
        noticed_by="test_development.py::test_roles_of_a_deployment_are_left_alone",
    ),
    Mutant(
        id="development-takes-what-it-finds",
        control="OPS-1",
        file=DEVELOPMENT,
        old="    if rows:\n",
        new="    if False:\n",
        noticed_by="test_development.py::test_what_was_not_made_here_is_left_alone",
    ),
    Mutant(
        id="development-uses-the-database-of-a-deployment",
        control="OPS-1",
        file="development/serve.py",
        old='os.environ.get("DEVELOPMENT_POSTGRES_URL")',
        new='os.environ.get("DATABASE_URL")',
        noticed_by="test_development.py::test_the_database_of_a_deployment_is_not_looked_at",
    ),
)

ENVIRONMENT: Final = (
    Mutant(
        id="every-caller-is-in-production",
        control="AZ-2",
        file="gate/identity.py",
        old='"environment": self._environment,',
        new='"environment": "production",',
        noticed_by="test_access.py::test_outside_its_conditions_a_role_is_refused",
    ),
    Mutant(
        id="the-environment-is-not-said",
        control="AZ-2",
        file="app.py",
        old="environment=settings.environment",
        new='environment=""',
        noticed_by="test_access.py::test_a_granted_role_is_allowed",
    ),
)

LOOSENED: Final = "test_a_database_that_was_loosened_is_refused"

START: Final = (
    *(
        Mutant(
            id=f"starts-{name}",
            control="OPS-1",
            file="store/startup.py",
            old=old,
            new=new,
            noticed_by=f"test_startup.py::{noticed_by}",
        )
        for name, old, new, noticed_by in (
            (
                "as-superuser",
                " where r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolreplication"
                " or r.rolname ~ '^pg_'\n",
                " where false\n",
                "test_a_superuser_is_refused",
            ),
            (
                "as-owner-of-a-function",
                "join held r on r.oid = f.proowner",
                "join held r on false",
                LOOSENED,
            ),
            (
                "as-a-member-of-others",
                "where pg_has_role(current_user, r.oid, 'member')",
                "where r.rolname = current_user",
                LOOSENED,
            ),
            ("to-run-programs", " or r.rolname ~ '^pg_'", "", LOOSENED),
            (
                "where-it-may-create",
                "has_schema_privilege(r.oid, s.oid, 'create')",
                "false",
                LOOSENED,
            ),
            (
                "where-it-may-truncate",
                "'truncate, references, trigger')\n",
                "'references')\n",
                LOOSENED,
            ),
            (
                "where-it-reads-elsewhere",
                "where not c.ours and not c.borrows",
                "where false",
                LOOSENED,
            ),
            (
                "where-a-view-lends-rights",
                "coalesce('security_invoker=true' = any (c.reloptions), false)",
                "true",
                LOOSENED,
            ),
            (
                "where-a-function-lends-rights",
                "where f.prosecdef and has_",
                "where false and has_",
                LOOSENED,
            ),
            ("without-force", " and c.relforcerowsecurity as bound", " as bound", LOOSENED),
            (
                "with-an-open-policy",
                " where c.ours and (0 = any",
                " where false and (0 = any",
                "test_other_policies_are_refused",
            ),
            (
                "with-a-policy-for-everybody",
                " where c.ours and (0 = any (p.polroles) or ",
                " where c.ours and (",
                "test_other_policies_are_refused",
            ),
            (
                "with-a-policy-that-was-changed",
                " and k.definition = {DEFINITION})",
                ")",
                "test_other_policies_are_refused",
            ),
            (
                "with-a-policy-missing",
                " where k.release = $3 and not exists (",
                " where false and not exists (",
                "test_other_policies_are_refused",
            ),
            ("with-another-function", " and f.digest = e.digest", "", LOOSENED),
            ("with-a-function-of-its-owner", " and not f.prosecdef)", ")", LOOSENED),
            (
                "without-a-timeout",
                " where not exists (select 1 from pg_settings s",
                " where false and not exists (select 1 from pg_settings s",
                LOOSENED,
            ),
            ("without-triggers", " and t.tgenabled in ('O', 'A')", "", LOOSENED),
        )
    ),
    Mutant(
        id="a-statement-of-any-length",
        control="OPS-1",
        file="store/roles.sql",
        old="invoicing_app set statement_timeout = 10000;",
        new="invoicing_app set statement_timeout = 0;",
    ),
    Mutant(
        id="an-applied-migration-is-changed",
        control="OPS-1",
        file="store/history.py",
        old="elif applied[path.name] != chains[path.name]:",
        new="elif False:",
        noticed_by="test_startup.py::test_an_applied_migration_is_history",
    ),
)

MUTANTS: Final = (*ROW_LEVEL_SECURITY, *KEYS, *GRANTS, *LEFT_ALONE, *ENVIRONMENT, *START)

"""What hooks may do, with a guard gone."""

from typing import Final

from scaffold.features.mutant import Mutant

ACTIONS: Final = "gate/actions.py"
POSITION: Final = "store/functions/position.sql"
OFFER: Final = "store/functions/offer.sql"
POLICIES: Final = "store/guards/policies.sql"
REFUSED: Final = "test_touches.py::test_the_database_refuses_what_no_touch_names"
CHANGED: Final = "test_touches.py::test_a_change_by_a_hook_is_a_version_with_an_event"
ROLES: Final = "test_isolation.py::test_policies_alone_hold_the_roles"
ITEM: Final = "where t.tenant_id = p_tenant and t.id = p_id"

READING: Final = (
    Mutant(
        id="sql-of-a-hook-writes",
        control="AZ-1",
        file=ACTIONS,
        old="savepoint reading; set transaction read only",
        new="savepoint reading",
        noticed_by="test_hooks.py::test_sql_of_a_hook_never_writes",
    ),
    Mutant(
        id="an-action-that-read-cannot-write",
        control="AZ-1",
        file=ACTIONS,
        old="await self._connection.execute(READ_WRITE)",
        new="pass",
        noticed_by="test_hooks.py::test_a_hook_that_reads_leaves_its_action_able_to_write",
    ),
)

TOUCHES: Final = (
    Mutant(
        id="a-hook-reads-for-any-action",
        control="AZ-1",
        service="recruiting",
        file=POSITION,
        within="position_read_",
        old="if (p_operation in ('hire_application')) is not true then",
        new="if false then",
        noticed_by=REFUSED,
    ),
    Mutant(
        id="a-hook-writes-any-field",
        control="AZ-1",
        service="recruiting",
        file=POSITION,
        within="position_update_",
        old="is distinct from '{}' then",
        new="is null then",
        noticed_by=REFUSED,
    ),
    Mutant(
        id="a-hook-changes-another-tenant",
        control="AZ-3",
        service="recruiting",
        file=POSITION,
        within="position_update_",
        old=ITEM,
        new="where t.id = p_id",
        noticed_by=REFUSED,
    ),
    Mutant(
        id="a-hook-deletes-in-another-tenant",
        control="AZ-3",
        service="recruiting",
        file=OFFER,
        within="offer_delete_",
        old=ITEM,
        new="where t.id = p_id",
        noticed_by=REFUSED,
    ),
    Mutant(
        id="a-hook-changes-without-a-version",
        control="ID-7",
        service="recruiting",
        file=POSITION,
        within="position_update_",
        old="version = t.version + 1, ",
        new="",
        noticed_by=CHANGED,
    ),
    Mutant(
        id="a-hook-changes-without-an-event",
        control="MON-1",
        service="recruiting",
        file=POSITION,
        within="position_update_",
        old="outcome := record_(v_caller, p_operation, 'position', id, version, p_values, p_request);",
        new="outcome := 'ok';",
        noticed_by=CHANGED,
    ),
)

ROLE_POLICIES: Final = tuple(
    Mutant(
        id=f"{command}-without-a-role",
        control="AZ-3",
        service="recruiting",
        file=POLICIES,
        within=f"{table} reach_{command}",
        old=old,
        new=new,
        noticed_by=ROLES,
    )
    for command, table, old, new in (
        ("insert", "candidate", "with check (", "with check (true or "),
        ("select", "offer", "  using (", "  using (true or "),
    )
)

MUTANTS: Final = (*READING, *TOUCHES, *ROLE_POLICIES)

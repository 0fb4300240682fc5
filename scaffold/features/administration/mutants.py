"""What the administration of members promises, broken one guard at a time."""

from typing import Final

from scaffold.features.mutant import Mutant

MEMBER: Final = "store/functions/member.sql"
SHARED: Final = "store/functions/000_shared.sql"
RULES: Final = "store/guards/rules.sql"

MUTANTS: Final = (
    *(
        Mutant(
            id=f"one-may-{operation.replace('_', '-')}-oneself",
            control="AZ-1",
            file=MEMBER,
            within=operation,
            old="p_id = v_caller.member",
            new="false",
            noticed_by="test_members.py::test_nobody_changes_their_own_membership",
        )
        for operation in ("assign_member", "deactivate_member", "reactivate_member")
    ),
    Mutant(
        id="any-role-is-given",
        control="AZ-1",
        file=SHARED,
        within="role_changes_",
        old="(r = any (p_before)) <> (r = any (p_after))",
        new="r = any (p_before) and r <> all (p_after)",
        noticed_by="test_members.py::test_only_roles_of_the_grant_are_given_and_taken",
    ),
    Mutant(
        id="any-role-is-taken",
        control="AZ-1",
        file=SHARED,
        within="role_changes_",
        old="(r = any (p_before)) <> (r = any (p_after))",
        new="r = any (p_after) and r <> all (p_before)",
        noticed_by="test_members.py::test_only_roles_of_the_grant_are_given_and_taken",
    ),
    Mutant(
        id="a-holder-of-any-role-is-reactivated",
        control="AZ-1",
        file=MEMBER,
        within="reactivate_member",
        old="select not (m.roles <@",
        new="select null and (m.roles <@",
        noticed_by="test_members.py::test_members_of_other_roles_stay_as_they_are",
    ),
    Mutant(
        id="a-sign-out-ends-no-session",
        control="TEST-5",
        file=SHARED,
        within="enter_",
        old="v_caller.refusal := 'token_revoked';",
        new="v_caller.refusal := null;",
        noticed_by="test_members.py::test_tokens_from_before_a_sign_out_are_refused",
    ),
    Mutant(
        id="the-last-holder-leaves",
        control="AZ-1",
        file=RULES,
        old="create or replace trigger keeps_a_holder after update of roles, active or delete on member",
        new="create or replace trigger keeps_a_holder after delete on member",
        noticed_by="test_members.py::test_the_last_holder_stays",
    ),
    Mutant(
        id="two-last-holders-leave-at-once",
        control="AZ-1",
        file=RULES,
        old="  perform pg_advisory_xact_lock(hashtextextended('holders ' || old.tenant_id, 0));\n",
        new="",
        noticed_by="test_members.py::test_of_two_who_leave_at_once_one_stays",
    ),
)

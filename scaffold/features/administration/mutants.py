"""What the administration of members promises, broken one guard at a time."""

from typing import Final

from scaffold.features.mutant import Mutant

MEMBER: Final = "store/functions/member.sql"
SHARED: Final = "store/functions/000_shared.sql"
RULES: Final = "store/guards/rules.sql"
POLICIES: Final = "store/guards/policies.sql"
JOINS: Final = "store/functions/001_joins.sql"
INVITATION: Final = "store/functions/invitation.sql"
INVITATIONS: Final = "test_invitations.py"

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
        old="v_refusal := 'token_revoked'",
        new="v_refusal := null",
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
    Mutant(
        id="any-role-is-promised",
        control="AZ-1",
        file=INVITATION,
        within="create_invitation",
        old="then 'role_not_assignable'",
        new="then null",
        noticed_by=f"{INVITATIONS}::test_only_roles_of_the_grant_are_promised",
    ),
    *(
        Mutant(
            id=f"an-invitation-{why.replace(' ', '-')}-is-accepted",
            control="ID-7",
            file=JOINS,
            within="accept_invitation",
            old=old,
            new="when false",
            noticed_by=f"{INVITATIONS}::test_a_token_that_is_no_good_makes_no_member[{why}]",
        )
        for why, old in (
            ("used", "when i.accepted_at is not null"),
            ("revoked", "when i.revoked_at is not null"),
            ("expired", "when i.expires_at <= now()"),
            (
                "of another address",
                "when i.email is not null and i.email is distinct from p_caller ->> 'email'",
            ),
            ("of another subject", "when i.issuer is not null"),
        )
    ),
    Mutant(
        id="an-inviter-who-left-lets-in",
        control="AZ-1",
        file=JOINS,
        within="accept_invitation",
        old=" and m.active\n",
        new="\n",
        noticed_by=f"{INVITATIONS}::test_the_inviter_still_has_to_be_able_to",
    ),
    Mutant(
        id="one-token-makes-two-members",
        control="ID-7",
        file=JOINS,
        within="accept_invitation",
        old=" for update;",
        new=";",
        noticed_by=f"{INVITATIONS}::test_of_two_who_accept_at_once_one_becomes_a_member",
    ),
    Mutant(
        id="an-address-need-not-be-verified",
        control="ID-7",
        file="gate/identity.py",
        old='claims.get("email_verified") is True and ',
        new="",
        noticed_by=f"{INVITATIONS}::test_an_address_has_to_be_verified",
    ),
    Mutant(
        id="the-service-makes-any-member",
        control="AZ-1",
        file=POLICIES,
        within="member reach_insert",
        old="kind = 'human'",
        new="kind = 'human' or kind = 'human'",
        noticed_by=f"{INVITATIONS}::test_the_service_makes_no_other_member",
    ),
)

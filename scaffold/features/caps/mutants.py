"""What caps promise, broken one guard at a time in the service of invoices."""

from typing import Final

from scaffold.features.mutant import Mutant

SHARED: Final = "store/functions/000_shared.sql"
PAYMENT: Final = "store/functions/payment.sql"

MUTANTS: Final = (
    Mutant(
        id="a-member-without-a-cap",
        control="PAY-6",
        file=SHARED,
        within="spend_",
        old="v_most := case when v_spender ^@ 'member ' then v_member else v_tenant end;",
        new="v_most := case when v_spender ^@ 'role ' then v_tenant end;",
        noticed_by="test_caps.py::test_nobody_spends_more_than_their_cap",
    ),
    Mutant(
        id="a-role-without-a-cap",
        control="PAY-6",
        file=SHARED,
        within="spend_",
        old="v_most := case when v_spender ^@ 'member ' then v_member else v_tenant end;",
        new="v_most := case when v_spender ^@ 'member ' then v_member end;",
        noticed_by="test_caps.py::test_all_members_by_a_role_share_a_cap",
    ),
    Mutant(
        id="one-use-without-a-cap",
        control="PAY-6",
        file=SHARED,
        within="spend_",
        old="  if v_amount > v_each then\n",
        new="  if v_each = 0 and v_amount > 0 then\n",
        noticed_by="test_caps.py::test_one_use_has_a_cap_of_its_own",
    ),
    Mutant(
        id="a-role-that-no-cap-knows",
        control="PAY-6",
        file=SHARED,
        within="spend_",
        old="  if not found then v_each := 0; end if;",
        new="  if not found then return null; end if;",
        noticed_by="test_caps.py::test_a_role_of_another_release_spends_nothing",
    ),
    Mutant(
        id="a-cap-that-is-looked-at-first",
        control="PAY-6",
        file=SHARED,
        within="spend_",
        old="      order by t.spender for update loop\n",
        new="      order by t.spender loop\n",
        noticed_by="test_caps.py::test_fifty_at_once_do_not_overrun_a_cap",
    ),
    Mutant(
        id="what-a-member-of-another-tenant-spends",
        control="AZ-3",
        file=SHARED,
        within="spend_",
        old="array['member ' || p_caller.member];",
        new="array['member '];",
        noticed_by="test_caps.py::test_a_cap_is_that_of_a_member_in_a_tenant",
    ),
    Mutant(
        id="a-month-of-a-cap-that-never-ends",
        control="PAY-6",
        file=SHARED,
        within="spend_",
        old="v_period text := to_char(now() at time zone 'UTC', 'YYYY-MM');",
        new="v_period text := '2001-01';",
        noticed_by="test_caps.py::test_a_period_ends",
    ),
    Mutant(
        id="what-is-spent-is-not-added-up",
        control="PAY-6",
        file=PAYMENT,
        within="payment_begin_",
        old="greatest((body::jsonb ->> 'amount')::bigint, 0), true);",
        new="greatest((body::jsonb ->> 'amount')::bigint, 0), false);",
        noticed_by="test_caps.py::test_the_last_that_is_left_may_be_spent",
    ),
    Mutant(
        id="what-is-spent-is-not-asked",
        control="PAY-6",
        file=PAYMENT,
        within="payment_begin_",
        old="  if outcome is not null then\n    body := outcome;",
        new="  if false then\n    body := outcome;",
        noticed_by="test_caps.py::test_nobody_spends_more_than_their_cap",
    ),
)

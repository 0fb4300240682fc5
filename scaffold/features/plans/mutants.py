"""What plans promise, broken one guard at a time in the service of invoices."""

from typing import Final

from scaffold.features.mutant import Mutant

SHARED: Final = "store/functions/000_shared.sql"
INVOICE: Final = "store/functions/invoice.sql"
CUSTOMER: Final = "store/functions/customer.sql"
RULES: Final = "store/guards/rules.sql"
RATES: Final = "gate/plans.py"

MUTANTS: Final = (
    Mutant(
        id="a-feature-that-no-plan-needs",
        control="PAY-4",
        file=SHARED,
        within="enter_",
        old="v_caller.refusal := 'feature_not_in_plan';",
        new="v_caller.refusal := null;",
        noticed_by="test_plans.py::test_an_operation_is_for_plans_that_have_its_feature",
    ),
    Mutant(
        id="a-feature-is-not-asked-for",
        control="PAY-4",
        file=INVOICE,
        within="invoice_begin_",
        old="case when p_action = 'send' then 'sending' end",
        new="null",
        noticed_by="test_plans.py::test_an_operation_is_for_plans_that_have_its_feature",
    ),
    Mutant(
        id="the-plan-before-the-permission",
        control="AZ-4",
        file=SHARED,
        within="enter_",
        old="  if v_caller.refusal is null then\n    v_caller.plan",
        new="  if true then\n    v_caller.plan",
        noticed_by="test_plans.py::test_whoever_may_not_is_told_that_first",
    ),
    Mutant(
        id="a-trial-without-an-end",
        control="PAY-4",
        file=SHARED,
        within="plan_of_",
        old=" and s.trial_ends_at > now()",
        new="",
        noticed_by="test_plans.py::test_a_trial_counts_until_the_moment_it_ends",
    ),
    Mutant(
        id="a-state-that-does-not-count",
        control="PAY-4",
        file=SHARED,
        within="plan_of_",
        old="s.state = 'active'",
        new="s.state <> 'trialing'",
        noticed_by="test_plans.py::test_a_state_entitles_to_what_it_says",
    ),
    Mutant(
        id="the-plan-of-another-tenant",
        control="AZ-3",
        file=SHARED,
        within="plan_of_",
        old="from subscription s where s.tenant_id = p_tenant\n    and",
        new="from (select * from subscription order by tenant_id limit 1) s\n    where",
        noticed_by="test_plans.py::test_the_plan_is_that_of_the_tenant",
    ),
    Mutant(
        id="a-quota-without-an-end",
        control="PAY-4",
        file=SHARED,
        within="take_",
        old="(v_most is null or u.used < v_most)",
        new="true",
        noticed_by="test_plans.py::test_nobody_uses_more_than_their_plan_has",
    ),
    Mutant(
        id="a-quota-that-is-looked-at-first",
        control="PAY-4",
        file=SHARED,
        within="take_",
        old="    update usage_ u set used = u.used + 1, changed_at = now()\n",
        new="    if (select u.used < v_most from usage_ u where u.tenant_id = p_tenant and u.meter = p_meter\n"
        "          and u.period = v_period) then\n"
        "      update usage_ u set used = u.used + 1 where u.tenant_id = p_tenant and u.meter = p_meter\n"
        "        and u.period = v_period;\n"
        "      return null;\n"
        "    end if;\n"
        "    update usage_ u set used = u.used + 1, changed_at = now()\n",
        noticed_by="test_plans.py::test_fifty_at_once_do_not_overrun_a_quota",
    ),
    Mutant(
        id="a-create-that-is-not-counted",
        control="PAY-4",
        file=CUSTOMER,
        within="create_customer",
        old="  if body is not null then outcome := 'quota_exceeded'; return; end if;\n",
        new="",
        noticed_by="test_plans.py::test_nobody_uses_more_than_their_plan_has",
    ),
    Mutant(
        id="the-quota-of-the-largest-plan",
        control="PAY-4",
        file=INVOICE,
        within="create_invoice",
        old="take_(p_tenant, v_caller.plan, 'invoice')",
        new="take_(p_tenant, 'team', 'invoice')",
        noticed_by="test_plans.py::test_nobody_uses_more_than_their_plan_has",
    ),
    Mutant(
        id="a-period-that-never-ends",
        control="PAY-4",
        file=SHARED,
        within="take_",
        old="'YYYY-MM') end;",
        new="'2001-01') end;",
        noticed_by="test_plans.py::test_a_period_ends",
    ),
    Mutant(
        id="what-is-gone-still-counts",
        control="PAY-4",
        file=RULES,
        old="    update usage_ u set used = u.used - v_rows, changed_at = now()\n",
        new="    update usage_ u set used = u.used, changed_at = now()\n",
        noticed_by="test_plans.py::test_what_is_deleted_is_given_back",
    ),
    Mutant(
        id="rows-of-before-do-not-count",
        control="PAY-4",
        file=RULES,
        old="into new.used using new.tenant_id;",
        new="into new.used using null::uuid;",
        noticed_by="test_plans.py::test_rows_that_were_there_before_count",
    ),
    Mutant(
        id="any-state-follows-any-other",
        control="PAY-4",
        file=SHARED,
        within="subscribe_",
        old="    return 'transition_not_allowed';\n",
        new="    null;\n",
        noticed_by="test_plans.py::test_a_state_follows_where_a_transition_says",
    ),
    Mutant(
        id="an-older-event-counts",
        control="PAY-6",
        file=SHARED,
        within="subscribe_",
        old="if p_at < v_last then return 'stale'; end if;",
        new="",
        noticed_by="test_plans.py::test_what_happened_before_changes_nothing_any_more",
    ),
    Mutant(
        id="the-service-sells-itself-a-plan",
        control="AZ-4",
        file=RULES,
        old="grant select, insert on subscription to invoicing_app;",
        new="grant select, insert, update, delete on subscription to invoicing_app;",
        noticed_by="test_grants.py",
    ),
    Mutant(
        id="a-trial-as-long-as-one-likes",
        control="PAY-4",
        file=SHARED,
        within="start_trial_",
        old="interval '14 days'",
        new="interval '13 days'",
        noticed_by="test_plans.py::test_whoever_signs_up_begins_with_a_trial",
    ),
    Mutant(
        id="the-rate-of-the-largest-plan-for-everybody",
        control="API-2",
        file=RATES,
        old="rate = rates[KNOWN.plan(tenant_id)]",
        new='rate = rates["team"]',
        noticed_by="test_plans.py::test_a_tenant_may_call_as_often_as_its_plan_says",
    ),
    Mutant(
        id="a-plan-is-not-heard",
        control="API-2",
        file="gate/operation.py",
        old='KNOWN.learn(self.principal.tenant_id, row.get("plan"))',
        new="pass",
        noticed_by="test_plans.py::test_a_tenant_may_call_as_often_as_its_plan_says",
    ),
    Mutant(
        id="a-higher-rate-of-a-plan",
        control="API-2",
        file=RATES,
        old='Limit("tenant", 120, 60)',
        new='Limit("tenant", 120_000, 60)',
        noticed_by="test_plans.py::test_every_plan_has_the_rate_of_the_spec",
    ),
    Mutant(
        id="a-plan-is-remembered-for-ever",
        control="API-2",
        file=RATES,
        old="return plan if until > self._now() else SMALLEST",
        new="return plan",
        noticed_by="test_plans.py::test_an_unknown_tenant_has_the_smallest_rate",
    ),
)

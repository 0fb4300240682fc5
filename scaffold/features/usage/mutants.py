"""What meters promise, broken one guard at a time in the service of invoices."""

from typing import Final

from scaffold.features.mutant import Mutant

SHARED: Final = "store/functions/000_shared.sql"
INVOICE: Final = "store/functions/invoice.sql"
RULES: Final = "store/guards/rules.sql"
WORK: Final = "work/usage.py"

MUTANTS: Final = (
    Mutant(
        id="a-use-that-no-meter-counts",
        control="PAY-6",
        file=INVOICE,
        within="invoice_begin_",
        old="perform take_(p_tenant, 'invoices_sent', 1, null);",
        new="null;",
        noticed_by="test_usage.py::test_a_use_counts_for_its_tenant_alone",
    ),
    Mutant(
        id="a-closed-period-goes-on",
        control="PAY-6",
        file=RULES,
        old="  for each row when (old.closed_at is not null) execute function closed_is_final();",
        new="  for each row when (false) execute function closed_is_final();",
        noticed_by="test_usage.py::test_what_has_ended_is_closed_for_good",
    ),
    Mutant(
        id="who-counts-late-is-lost",
        control="PAY-6",
        file=SHARED,
        within="take_",
        old=" and u.closed_at is null;",
        new=";",
        noticed_by="test_usage.py::test_who_counts_late_counts_in_the_period_that_is_now",
    ),
    Mutant(
        id="the-period-that-is-now-is-closed",
        control="PAY-6",
        file=RULES,
        old="      and u.closed_at is null and u.period <> 'held'\n"
        "      and u.period < to_char(now() at time zone 'UTC',\n"
        "                             case length(u.period) when 7 then 'YYYY-MM' else 'YYYY-MM-DD' end)\n",
        new="      and u.closed_at is null and u.period <> 'held'\n",
        noticed_by="test_usage.py::test_the_worker_changes_no_counter",
    ),
    Mutant(
        id="the-worker-says-what-was-used",
        control="PAY-6",
        file=RULES,
        old="    returning greatest(u.used, 0) into new.used;",
        new="    returning new.used into new.used;",
        noticed_by="test_usage.py::test_the_worker_changes_no_counter",
    ),
    Mutant(
        id="a-report-with-another-key",
        control="PAY-6",
        file=WORK,
        old="key = f\"{message['tenant_id']}:{message['id']}\"",
        new="key = f\"{message['tenant_id']}:{message['id']}:{message['attempts']}\"",
        noticed_by="test_usage.py::test_a_period_is_reported_once_whatever_dies",
    ),
    Mutant(
        id="a-report-that-may-be-a-second-one",
        control="PAY-6",
        file=WORK,
        old='if datetime.now(UTC) - message["created_at"] > KEPT:',
        new="if False:",
        noticed_by="test_usage.py::test_nothing_is_reported_that_the_provider_may_have_forgotten",
    ),
    Mutant(
        id="an-event-that-is-counted-is-an-error",
        control="PAY-6",
        file="work/stripe.py",
        old="if COUNTED not in str(error.user_message):",
        new="if True:",
        noticed_by="test_billing.py::test_what_is_used_is_counted_once",
    ),
)

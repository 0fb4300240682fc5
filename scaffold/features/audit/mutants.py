"""What the audit trail promises, broken one guard at a time in the service of invoices."""

from typing import Final

from scaffold.features.mutant import Mutant

CUSTOMER: Final = "store/functions/customer.sql"
INVOICE: Final = "store/functions/invoice.sql"
PAYMENT: Final = "store/functions/payment.sql"
RULES: Final = "store/guards/rules.sql"

EVENT: Final = "store/functions/audit_event.sql"
EXPORT: Final = "export_audit_event"

MUTANTS: Final = (
    Mutant(
        id="the-service-rewrites-the-audit-log",
        control="DATA-2",
        file=RULES,
        old="grant insert on audit_event to invoicing_app;",
        new="grant insert, update, delete on audit_event to invoicing_app;",
        noticed_by="test_audit.py::test_the_audit_log_only_grows",
    ),
    Mutant(
        id="the-audit-log-can-be-rewritten",
        control="DATA-2",
        file=RULES,
        old="create or replace trigger append_only before update or delete on audit_event\n"
        "  for each row execute function audit_event_is_append_only();\n",
        new="",
    ),
    Mutant(
        id="the-audit-log-can-be-emptied",
        control="DATA-2",
        file=RULES,
        old="create or replace trigger never_truncated before truncate on audit_event\n"
        "  for each statement execute function audit_event_is_append_only();\n",
        new="",
    ),
    *(
        Mutant(
            id=f"{operation.replace('_', '-')}-is-not-recorded",
            control="DATA-2",
            file=file,
            within=function,
            old="outcome := record_(",
            new="outcome := coalesce('ok', ",
            noticed_by="test_audit.py::test_an_effect_is_recorded",
        )
        for file, operation, function in (
            (CUSTOMER, "create_customer", "create_customer"),
            (CUSTOMER, "update_customer", "update_customer"),
            (INVOICE, "delete_invoice", "delete_invoice"),
            (PAYMENT, "refund_payment", "payment_finish_"),
            (INVOICE, "remind_invoice", "invoice_finish_"),
        )
    ),
    *(
        Mutant(
            id=id_,
            control=control,
            file=EVENT,
            within=EXPORT,
            old=old,
            new=new,
            noticed_by=test,
            service="recruiting",
        )
        for id_, control, old, new, test in (
            (
                "an-export-has-every-tenant",
                "AZ-3",
                "r where r.tenant_id = p_tenant",
                "r where true",
                "test_isolation.py::test_statements_alone_list_one_tenants_rows",
            ),
            (
                "an-export-asks-no-condition",
                "AZ-2",
                "(export_as_auditor or (export_as_recruiter and r.member_id = v_caller.member))",
                "true",
                "test_isolation.py::test_statements_alone_hold_the_conditions",
            ),
            (
                "an-export-asks-no-recent-sign-in",
                "ID-3",
                "array['auditor', 'recruiter'], p_age => 300)",
                "array['auditor', 'recruiter'], p_age => null)",
                "test_step_up.py::test_an_old_authentication_is_not_enough",
            ),
            (
                "an-export-is-not-recorded",
                "DATA-2",
                "outcome := record_(",
                "outcome := coalesce('ok', ",
                "test_audit.py::test_an_effect_is_recorded",
            ),
        )
    ),
    Mutant(
        id="an-export-forgets-its-filters",
        control="AZ-2",
        file="gate/exports.py",
        old='(each for each in asked if each[0] != "cursor")',
        new="()",
        noticed_by="test_exports.py::test_the_parts_of_an_export_keep_its_filters",
        service="recruiting",
    ),
)

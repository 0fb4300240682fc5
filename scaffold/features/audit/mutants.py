"""What the audit trail promises, broken one guard at a time in the service of invoices."""

from typing import Final

from scaffold.features.mutant import Mutant

CUSTOMER: Final = "store/functions/customer.sql"
INVOICE: Final = "store/functions/invoice.sql"
PAYMENT: Final = "store/functions/payment.sql"
RULES: Final = "store/guards/rules.sql"

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
)

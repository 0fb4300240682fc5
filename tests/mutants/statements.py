"""The stored functions with a guard gone, while row-level security still holds."""

from typing import Final

from .mutant import Mutant

SHARED: Final = "store/functions/000_shared.sql"
CUSTOMER: Final = "store/functions/customer.sql"
INVOICE: Final = "store/functions/invoice.sql"
LINE: Final = "store/functions/invoice_line.sql"
PAYMENT: Final = "store/functions/payment.sql"

MUTANTS: Final = (
    Mutant(
        "read-any-tenant",
        "AZ-3",
        INVOICE,
        "where r.tenant_id = p_tenant and r.id = p_id",
        "where r.id = p_id",
        "test_isolation.py::test_statements_alone_find_one_tenants_rows",
    ),
    Mutant(
        "read-without-permission",
        "AZ-1",
        CUSTOMER,
        """  if not v_roles && array['accountant', 'analyst', 'member', 'viewer'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'analyst', 'member', 'viewer']);
    return;
  end if;
  select r.version""",
        "  select r.version",
        "test_access.py::test_any_other_role_is_refused",
    ),
)

"""What a step-up promises, broken one guard at a time in the service of invoices."""

from typing import Final

from scaffold.features.mutant import Mutant

SHARED: Final = "store/functions/000_shared.sql"
PAYMENT: Final = "store/functions/payment.sql"
TABLE: Final = "operations.py"

MUTANTS: Final = (
    Mutant(
        id="no-step-up",
        control="ID-3",
        file=SHARED,
        within="enter_",
        old="v_caller.refusal := 'step_up_required';",
        new="v_caller.refusal := null;",
        noticed_by="test_step_up.py::test_an_old_authentication_is_not_enough",
    ),
    Mutant(
        id="step-up-is-not-asked-for",
        control="ID-3",
        file=PAYMENT,
        within="payment_begin_",
        old="case when p_action = 'refund' then 300 end",
        new="null",
        noticed_by="test_step_up.py::test_an_old_authentication_is_not_enough",
    ),
    Mutant(
        id="a-step-up-is-not-told",
        control="ID-3",
        file=TABLE,
        old="        body=Body(TypeAdapter(payment_models.RefundPaymentInput), 8192),\n        conditional=True,\n"
        "        step_up=300,\n",
        new="        body=Body(TypeAdapter(payment_models.RefundPaymentInput), 8192),\n        conditional=True,\n"
        "        step_up=3600,\n",
        noticed_by="test_contract.py::test_an_operation_is_guarded_as_promised",
    ),
)

"""What an idempotency key promises, broken one guard at a time in the service of invoices."""

from typing import Final

from scaffold.features.mutant import Mutant

SHARED: Final = "store/functions/000_shared.sql"
PAYMENT: Final = "store/functions/payment.sql"

MUTANTS: Final = (
    Mutant(
        id="no-key-needed",
        control="PAY-2",
        file=PAYMENT,
        within="create_payment",
        old="when p_key is null then",
        new="when false then",
        noticed_by="test_idempotency.py::test_a_key_is_required",
    ),
    Mutant(
        id="a-replay-of-yesterdays-view",
        control="AZ-2",
        service="recruiting",
        file="store/functions/candidate.sql",
        within="create_candidate",
        old="if outcome = 'replayed' then",
        new="if false then",
        noticed_by="test_idempotency.py::test_a_replay_shows_what_its_caller_may_see_now",
    ),
    Mutant(
        id="key-of-any-member",
        control="PAY-2",
        file=SHARED,
        within="claim_",
        old="and k.member_id = p_caller.member",
        new="",
        noticed_by="test_idempotency.py::test_a_key_is_of_one_caller_and_one_operation",
    ),
    Mutant(
        id="key-of-any-tenant",
        control="AZ-3",
        file=SHARED,
        within="claim_",
        old="where k.tenant_id = p_caller.tenant and k.member_id = p_caller.member",
        new="where true",
        noticed_by="test_idempotency.py::test_a_key_is_of_one_caller_and_one_operation",
    ),
    Mutant(
        id="key-of-any-operation",
        control="PAY-2",
        file=SHARED,
        within="claim_",
        old="and k.operation = p_operation",
        new="",
        noticed_by="test_idempotency.py::test_a_key_is_of_one_caller_and_one_operation",
    ),
    Mutant(
        id="keys-in-flight-pass",
        control="PAY-2",
        file=SHARED,
        within="claim_",
        old="if not pg_try_advisory_xact_lock(hashtextextended(v_scope, 0)) then",
        new="if false then",
        noticed_by="test_idempotency.py::test_many_at_once_have_one_effect",
    ),
    Mutant(
        id="answer-is-forgotten",
        control="PAY-2",
        file=PAYMENT,
        within="create_payment",
        old="perform remember_(v_caller, 'create_payment', p_key, p_fingerprint, id, version, body);",
        new="null;",
        noticed_by="test_idempotency.py::test_a_replay_has_the_same_answer_and_no_effect",
    ),
    Mutant(
        id="key-stands-for-any-payload",
        control="PAY-2",
        file=SHARED,
        within="claim_",
        old="case when v_fingerprint = p_fingerprint then",
        new="case when true then",
        noticed_by="test_idempotency.py::test_a_key_stands_for_one_payload",
    ),
    Mutant(
        id="payloads-look-alike",
        control="PAY-2",
        file="gate/operation.py",
        old='f"{self.segment} {self.body}".encode()',
        new='b""',
        noticed_by="test_idempotency.py::test_a_key_stands_for_one_payload",
    ),
    Mutant(
        id="items-look-alike",
        control="PAY-2",
        file="gate/operation.py",
        old='f"{self.segment} {self.body}".encode()',
        new="self.body.encode()",
        noticed_by="test_idempotency.py::test_a_key_stands_for_one_item",
    ),
    Mutant(
        id="keys-of-any-form",
        control="PAY-2",
        file="gate/operation.py",
        old="if not 1 <= len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():",
        new="if not 1 <= len(key):",
        noticed_by="test_idempotency.py::test_a_key_has_a_form",
    ),
)

"""What webhooks promise, broken one guard at a time in the service of invoices."""

from typing import Final

from scaffold.features.mutant import Mutant

SIGNATURES: Final = "gate/signatures.py"
SHARED: Final = "store/functions/000_shared.sql"
POLICIES: Final = "store/guards/policies.sql"
TESTS: Final = "test_inbound.py"
ALTERED: Final = f"{TESTS}::test_what_is_altered_is_refused"
ROTATED: Final = f"{TESTS}::test_two_secrets_are_good_while_they_change"
ONCE: Final = f"{TESTS}::test_a_genuine_event_has_its_effect_once"

MUTANTS: Final = (
    Mutant(
        id="nobody-need-sign-an-event",
        control="PAY-1",
        file=SIGNATURES,
        old="        good = False",
        new="        good = True",
        noticed_by=ALTERED,
    ),
    Mutant(
        id="an-event-may-come-from-the-future",
        control="PAY-1",
        file=SIGNATURES,
        old="abs(self._now() - signed.timestamp)",
        new="(self._now() - signed.timestamp)",
        noticed_by=ROTATED,
    ),
    Mutant(
        id="an-event-is-good-for-ever",
        control="PAY-1",
        file=SIGNATURES,
        old="> provider.tolerance",
        new="> 10**12",
        noticed_by=ROTATED,
    ),
    Mutant(
        id="the-time-of-an-event-is-read-loosely",
        control="PAY-1",
        file=SIGNATURES,
        old='rb"(0|[1-9][0-9]{0,11})"',
        new='rb"[+ 0-9]{1,15}"',
        noticed_by=ALTERED,
    ),
    Mutant(
        id="a-former-secret-is-not-tried",
        control="PAY-1",
        file=SIGNATURES,
        old="for key in self._keys[provider.name]:",
        new="for key in self._keys[provider.name][:1]:",
        noticed_by=ROTATED,
    ),
    Mutant(
        id="a-signature-of-another-scheme-is-good",
        control="PAY-1",
        file=SIGNATURES,
        old='if name == b"v1"',
        new='if name in (b"v0", b"v1")',
        noticed_by=ALTERED,
    ),
    Mutant(
        id="any-number-of-signatures-is-compared",
        control="API-2",
        file=SIGNATURES,
        old="MAX_SIGNATURES: Final = 10",
        new="MAX_SIGNATURES: Final = 10_000",
        noticed_by=ALTERED,
    ),
    Mutant(
        id="a-signature-may-be-sent-twice",
        control="PAY-1",
        file="gate/shape.py",
        old='        b"stripe-signature",\n',
        new="",
        noticed_by=ALTERED,
    ),
    Mutant(
        id="an-event-has-its-effect-again",
        control="PAY-1",
        file=SHARED,
        within="webhook_begin_",
        old="e.outcome in ('done', 'stale')",
        new="e.outcome in ('stale')",
        noticed_by=ONCE,
    ),
    Mutant(
        id="an-id-stands-for-any-event",
        control="PAY-1",
        file=SHARED,
        within="webhook_begin_",
        old="when e.digest <> p_event ->> 'digest'",
        new="when e.digest <> e.digest",
        noticed_by=f"{TESTS}::test_one_id_stands_for_one_event",
    ),
    Mutant(
        id="a-late-event-undoes-a-newer-one",
        control="PAY-1",
        file=SHARED,
        within="webhook_begin_",
        old="where t.occurred_at <= excluded.occurred_at",
        new="where t.occurred_at is not null",
        noticed_by=f"{TESTS}::test_a_late_event_undoes_nothing",
    ),
    Mutant(
        id="an-event-of-a-test-counts",
        control="PAY-1",
        file="gate/receive.py",
        old='if event["mode"] != wanted:',
        new='if event["mode"] != wanted and not wanted:',
        noticed_by=f"{TESTS}::test_another_mode_has_no_effect",
    ),
    Mutant(
        id="every-event-is-read-by-every-operation",
        control="AZ-3",
        file=POLICIES,
        old="event_id = (select current_setting('app.webhook_event', true)))\n  with check",
        new="event_id is not null)\n  with check",
        noticed_by=f"{TESTS}::test_nobody_reads_events_but_the_one_that_is_worked_on",
    ),
    Mutant(
        id="every-account-is-read-by-every-operation",
        control="AZ-3",
        file=POLICIES,
        old="account = (select current_setting('app.webhook_account', true)))\n  with check",
        new="account is not null)\n  with check",
        noticed_by=f"{TESTS}::test_nobody_reads_events_but_the_one_that_is_worked_on",
    ),
    Mutant(
        id="a-secret-may-be-short",
        control="ID-4",
        file="providers.py",
        old="if len(key) < MIN_SECRET:",
        new="if not key:",
        noticed_by=f"{TESTS}::test_a_secret_is_there_and_its_own",
    ),
    Mutant(
        id="the-secret-of-development-is-good-elsewhere",
        control="OPS-1",
        file="providers.py",
        old="elif DEVELOPMENT_SECRET in held.values():",
        new="elif DEVELOPMENT_SECRET in held:",
        noticed_by=f"{TESTS}::test_a_secret_is_there_and_its_own",
    ),
    Mutant(
        id="forged-events-are-not-counted",
        control="API-2",
        file="gate/admission.py",
        old="                await self._failed(request, forged)\n",
        new="",
        noticed_by=f"{TESTS}::test_an_address_that_keeps_failing_is_told_to_wait",
    ),
    Mutant(
        id="a-provider-sends-any-number-of-events",
        control="API-2",
        file="gate/admission.py",
        old="if not heard.allowed:",
        new="if heard is None:",
        noticed_by=f"{TESTS}::test_a_provider_has_a_limit",
    ),
)

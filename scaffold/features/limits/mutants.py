"""What limits promise, broken one guard at a time in the service of invoices."""

from typing import Final

from scaffold.features.mutant import Mutant

ADMISSION: Final = "gate/admission.py"

MUTANTS: Final = (
    Mutant(
        id="whoever-asks-is-the-last-one-known",
        control="AZ-1",
        file=ADMISSION,
        old="principal = self._verifier.known(authorization)",
        new="principal = next(reversed(self._verifier._known.values()), None)",
        noticed_by="test_limits.py::test_an_address_that_keeps_failing_is_told_to_wait",
    ),
    Mutant(
        id="limits-are-not-charged",
        control="API-2",
        file=ADMISSION,
        old="            if self._charged:\n",
        new="            if False:\n",
        noticed_by="test_limits.py::test_a_limit_holds_and_says_when_to_come_back",
    ),
    Mutant(
        id="limits-do-not-refuse",
        control="API-2",
        file=ADMISSION,
        old="                if not decision.allowed:\n",
        new="                if False:\n",
        noticed_by="test_limits.py::test_a_limit_holds_and_says_when_to_come_back",
    ),
    Mutant(
        id="failures-are-not-counted",
        control="API-2",
        file=ADMISSION,
        old='f"address:{request.address}"',
        new='f"address:{request.id}"',
        noticed_by="test_limits.py::test_an_address_that_keeps_failing_is_told_to_wait",
    ),
    Mutant(
        id="failures-do-not-refuse",
        control="API-2",
        file=ADMISSION,
        old="                if not failed.allowed:\n",
        new="                if False:\n",
        noticed_by="test_limits.py::test_an_address_that_keeps_failing_is_told_to_wait",
    ),
    Mutant(
        id="without-its-limits-the-service-answers",
        control="API-2",
        file=ADMISSION,
        old="            raise Problem(\n"
        '                503, "limits_unavailable", cause=type(error).__name__\n'
        "            ) from error\n",
        new="            del error\n"
        "            principal = await self._verifier.principal(authorization)\n",
        noticed_by="test_limits.py::test_without_its_limits_the_service_does_not_answer",
    ),
    Mutant(
        id="ready-without-limits",
        control="API-2",
        file="app.py",
        old="            await admission.check()\n",
        new="",
        noticed_by="test_limits.py::test_without_its_limits_the_service_is_not_ready",
    ),
    Mutant(
        id="a-higher-limit",
        control="API-2",
        file=ADMISSION,
        old='"user": Limit("user", 60, 60)',
        new='"user": Limit("user", 60000, 60)',
        noticed_by="test_limits.py::test_every_scope_has_the_limit_of_the_spec",
    ),
    Mutant(
        id="more-bad-tokens",
        control="API-2",
        file=ADMISSION,
        old='Limit("failed_authentication", 20, 60)',
        new='Limit("failed_authentication", 20000, 60)',
        noticed_by="test_limits.py::test_every_scope_has_the_limit_of_the_spec",
    ),
)

"""What names give away: the words of fields, actions and roles that call for care."""

from __future__ import annotations

from collections.abc import Iterable

Words = frozenset[tuple[str, ...]]


def _words(text: str) -> Words:
    return frozenset(tuple(each.split("_")) for each in text.split())


PERSONAL = _words(
    "email mail_address phone telephone mobile cellphone fax ssn social_security national_id "
    "passport iban bic bank_account account_holder birth birthday birthdate birthplace dob "
    "first_name last_name given_name family_name surname full_name maiden_name middle_name "
    "street postal_code zip_code postcode home_address ip_address gender sex religion ethnicity "
    "nationality marital salary wage tax_number tax_id vat_id driver_license licence_plate "
    "license_plate diagnosis prescription medication allergy blood_type disability biometric "
    "fingerprint latitude longitude next_of_kin emergency_contact"
)
"""Fields that hold facts about a person."""

SECRET = _words(
    "password passwd passphrase secret token api_key private_key access_key secret_key "
    "signing_key encryption_key credential credentials otp pin recovery_code"
)
"""Fields that hold what opens something."""

CARD = _words("csc cid card_code security_code")
"""Fields that may hold what verifies a payment card; the language refuses what surely does."""

PRIVILEGED = _words(
    "admin administrator superuser root finance financial treasurer treasury accountant payroll "
    "billing_manager billing_admin controller security_officer"
)
"""Roles that administer, or keep the money."""

MOVES_MONEY = _words(
    "pay payout refund charge capture settle transfer withdraw reimburse disburse credit debit "
    "checkout"
)
"""Actions that must happen once."""

GIVES_AWAY = _words(
    "pay payout refund charge capture settle transfer withdraw reimburse disburse credit debit "
    "void export"
)
"""Actions that a person should have signed in for just now."""

PLAIN = _words("pay payout refund charge withdraw reimburse disburse export")
"""Those of them that mean money, or data that leaves, whatever they act on."""

PAYMENTS = _words(
    "payment payout refund charge withdrawal deposit transaction reimbursement checkout"
)
"""Resources whose rows are movements of money."""


def names_one_of(name: str, words: Words) -> bool:
    """Does an identifier hold one of the words, as whole words?"""
    parts = name.split("_")
    return any(run in words for run in _runs(parts))


def _runs(parts: list[str]) -> Iterable[tuple[str, ...]]:
    """One, two and three words in a row."""
    for length in (1, 2, 3):
        for start in range(len(parts) - length + 1):
            yield tuple(parts[start : start + length])

"""No field holds the number of a payment card, or what verifies one (PCI DSS 3.3 and 3.5).

A field is judged by its name and by what it can hold: `card_number` of four characters is fine,
and so is `library_card_number`, which says that it is another card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from .findings import Finding, Scope
from .problems import Path

if TYPE_CHECKING:
    from .model import CommonField

Words = frozenset[tuple[str, ...]]


def _words(text: str) -> Words:
    return frozenset(tuple(each.split("_")) for each in text.split())


NUMBERS: Words = _words(
    "card_number card_numbers card_no card_num card_nr cardnumber cardno card_pan pan dpan fpan "
    "primary_account_number track_data track1 track2 track_1 track_2 magstripe magnetic_stripe"
)
"""The number of a card, or the stripe that has it."""
CODES: Words = _words(
    "cvv cvv2 cvc cvc2 cvn cvn2 cav2 card_verification card_verification_value "
    "card_verification_code card_verification_number card_security_code card_validation_code "
    "pin_block"
)
"""What verifies a card, which nobody keeps once a payment is authorized."""
CARDS: Words = _words("card credit_card debit_card payment_card bank_card charge_card")
"""An object or a resource whose `number` is that of a card."""
OTHERS = frozenset(
    name
    for (name,) in _words(
        "access aadhaar badge bonus business club customs donor driver employee game gift "
        "graphics green guest health id identification identity index insurance key library "
        "loyalty medicare member membership memory passport patient phone post press punch "
        "ration report residence resident reward rewards score sd security sim staff store "
        "student time trading transit travel tram bus train ticket vaccination vehicle "
        "visitor voter yellow"
    )
)
"""What stands before `card` where no payment is made with it."""
DERIVED = frozenset(
    name
    for (name,) in _words(
        "brand digest ending fingerprint hash hmac id last last4 length masked network "
        "present ref reference scheme suffix token tokenized truncated type"
    )
)
"""What is made of a number, and does not lead back to it."""

_NUMBERS = ("4111111111111111", "378282246310005", "6011000990139424003", 4111111111111111)
_CODES = ("123", "1234", 123, 1234)


def check_cards(scope: Scope) -> Iterator[Finding]:
    """Fields and inputs that would hold the number of a payment card, or what verifies one."""
    for name, resource in scope.spec.resources.items():
        path: Path = ("resources", name)
        words = tuple(name.split("_"))
        inside = words if len(words) > 1 and words[-2:] in CARDS else ()
        yield from _fields((*path, "fields"), inside, resource.fields)
        for action, each in resource.actions.items():
            yield from _fields((*path, "actions", action, "input"), inside, each.input)


def card_fields(path: Path, fields: Mapping[str, CommonField]) -> Iterator[Finding]:
    """The same of fields elsewhere in a spec."""
    yield from _fields(path, (), fields)


def _fields(
    path: Path, inside: Sequence[str], fields: Mapping[str, CommonField]
) -> Iterator[Finding]:
    """`inside` are the words of the card that the fields are of."""
    for name, field in fields.items():
        words = tuple(name.split("_"))
        whole = (*inside, *words)
        if _says(whole, NUMBERS) and _holds(field, _NUMBERS):
            yield _finding(
                (*path, name),
                "a field that could hold the number of a payment card",
                f"Keep the token of the payment provider, and last4: {{type: string, max: 4}}. If "
                f"it is another card, say so in the name: library_{'_'.join(whole)}.",
            )
        elif _says(whole, CODES) and _holds(field, _CODES):
            yield _finding(
                (*path, name),
                "a field that could hold what verifies a payment card",
                "Remove it: let the payment provider ask for it, and keep its token. Nobody may "
                "store it, not even encrypted.",
            )
        is_card = words in CARDS or words[-2:] in CARDS
        yield from _fields((*path, name, "fields"), words if is_card else (), field.inner)


def _finding(path: Path, what: str, hint: str) -> Finding:
    return Finding("E-CARD", f"{path[-1]} is {what}", path, hint, named=True)


def _says(words: tuple[str, ...], of: Words) -> bool:
    """Do the words name one of these, of a card that pays, and nothing made of it?"""
    if DERIVED & {*words}:
        return False
    for length in (1, 2, 3):
        for start in range(len(words) - length + 1):
            found = words[start : start + length]
            if found in of and not (found[0] == "card" and {*words[:start]} & OTHERS):
                return True
    return False


def _holds(field: CommonField, values: Sequence[object]) -> bool:
    """Is one of these a value of the field, or of what the list holds?"""
    item = field.item
    if not item.CARD_NUMBERS:
        return False
    kind = item.kind()
    return any(isinstance(value, str) == kind.textual and kind.accepts(value) for value in values)

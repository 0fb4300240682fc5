"""Numbers of payment cards: not accepted in free text, and not printed in a log (PAY-5).

A number has 14 to 19 digits, with a space or a hyphen between them at most; the prefix and the
length of a scheme; and the right check digit (ISO/IEC 7812-1). Numbers of 13 digits are no longer
issued, and are those of articles (EAN). UUIDs, IBANs and digits that a word goes on with are none.
"""

import re
from collections.abc import Iterator
from typing import Final

FOUND: Final = "card_number"
"""The fault of a text with one."""
HIDDEN: Final = "[card number]"
RUN: Final = re.compile(
    r"[0-9](?<![0-9A-Za-z].)(?:[ \u00a0-]?[0-9]){13,}(?![0-9A-Za-z])"
)
"""Digits that could be a number, and more: one is often followed by a date."""
SPACES: Final = re.compile(r"[ \u00a0-]")
DIGIT: Final = re.compile(r"[0-9]")
SCHEMES: Final = re.compile(
    r"4[0-9]{15}(?:[0-9]{3})?"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # Mastercard
    r"|3[47][0-9]{13}"  # American Express
    r"|3(?:0[0-5]|[689][0-9])[0-9]{11}"  # Diners Club
    r"|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}(?:[0-9]{3})?"  # Discover
    r"|35(?:2[89]|[3-8][0-9])[0-9]{12}"  # JCB
    r"|62[0-9]{14,17}"  # UnionPay
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])[0-9]{12,15}"  # Maestro
    r"|(?:220[0-4]|508[5-9]|60[678][0-9]|9792)[0-9]{12}"  # Mir, RuPay, Troy
)
BEGIN: Final = re.compile(f"(?={SCHEMES.pattern})")
LENGTHS: Final = range(14, 20)
IBAN: Final = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}\b")
UUID: Final = re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
MOST: Final = 1_000
"""How many numbers of a text are looked at: where there are more, one is among them."""
DOUBLED: Final = {
    "0": 0,
    "1": 2,
    "2": 4,
    "3": 6,
    "4": 8,
    "5": 1,
    "6": 3,
    "7": 5,
    "8": 7,
    "9": 9,
}


def holds_card(text: str) -> bool:
    """Is the number of a payment card in a text?"""
    return RUN.search(text) is not None and next(_found(text), None) is not None


def hide_cards(text: str) -> str:
    """The text without the numbers of payment cards."""
    if RUN.search(text) is None:
        return text
    kept, last = [], 0
    for start, end in _found(text):
        if start >= last:
            kept += [text[last:start], HIDDEN]
            last = end
    return "".join((*kept, text[last:]))


def _found(text: str) -> Iterator[tuple[int, int]]:
    """Where the numbers are: from the beginning of one group of digits to the end of another."""
    text = UUID.sub(_blank, IBAN.sub(_blank_account, text))
    looked_at = 0
    for run in RUN.finditer(text):
        digits = SPACES.sub("", run[0])
        begins = [each.start() for each in BEGIN.finditer(digits)]
        places = (
            [each.start() for each in DIGIT.finditer(text, *run.span())]
            if begins
            else []
        )
        for begin in begins:
            start = places[begin]
            if start > run.start() and text[start - 1].isdigit():
                continue  # in the middle of a group
            for length in LENGTHS:
                last = begin + length
                whole = last == len(places) or (
                    last < len(places) and not text[places[last] - 1].isdigit()
                )
                if whole and SCHEMES.fullmatch(digits, begin, last):
                    looked_at += 1
                    if is_checked(digits[begin:last]) or looked_at > MOST:
                        yield start, places[last - 1] + 1
                        break


def is_checked(digits: str) -> bool:
    """Is the last digit the right one (the formula of Luhn)?"""
    return (
        sum(map(int, digits[-1::-2])) + sum(map(DOUBLED.__getitem__, digits[-2::-2]))
    ) % 10 == 0


def _blank(found: re.Match[str]) -> str:
    return "x" * len(found[0])


def _blank_account(found: re.Match[str]) -> str:
    """The same where an account number begins here, whatever comes behind it (ISO 13616)."""
    account = found[0].replace(" ", "")
    head = "".join(str(int(each, 36)) for each in account[:4])
    remainder = 0
    for length, each in enumerate(account[4:34], start=5):
        remainder = int(f"{remainder}{int(each, 36)}") % 97
        if length >= 15 and int(f"{remainder}{head}") % 97 == 1:
            return _blank(found)
    return found[0]

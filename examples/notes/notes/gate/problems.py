"""Problem documents (RFC 9457): every refusal has one, and none says what is inside."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, TypedDict

from notes.gate.answers import Answer, Header
from notes.gate.cards import hide_cards

MEDIA_TYPE: Final = b"application/problem+json"
MAX_FAULTS: Final = 20
"""How many faults of a request are told; of the others, how many they are."""

MAX_WHERE: Final = 100
MAX_MESSAGE: Final = 300
"""Characters of what is told of a fault: little of what was sent comes back."""

MAX_TOLD: Final = 7_000
"""Bytes of all faults that are told: no problem document is longer than 8 KiB."""

RETRY: Final = (b"retry-after", b"1")
"""In seconds, with every 503 (RFC 9110, section 10.2.3): what it is about may soon be over."""

NAMESPACE: Final = "urn:notes:problem:"


class Fault(TypedDict):
    """One thing that is wrong with a request: where, and what."""

    where: str
    message: str


class Problem(Exception):
    """A refusal.

    `code` is the stable reason that clients and the decision log name; `cause` is what only
    the log may say.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        faults: Sequence[Fault] = (),
        headers: Sequence[Header] = (),
        cause: str = "",
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = faults
        self.headers = headers
        self.cause = cause

    def answer(self) -> Answer:
        """The problem document."""
        document: dict[str, object] = {
            "type": NAMESPACE + self.code.replace("_", "-"),
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
        }
        if self.detail:
            document["detail"] = self.detail
        if self.faults:
            document["errors"] = list(self.faults)
        body = json.dumps(document, separators=(",", ":")).encode()
        headers = tuple(self.headers) + ((RETRY,) if self.status == 503 else ())
        return Answer(self.status, body, headers, media_type=MEDIA_TYPE)


def not_found() -> Problem:
    """The one answer for what never existed, what is gone, and what is another tenant's."""
    return Problem(404, "not_found")


def malformed(detail: str) -> Problem:
    """The bytes are not what they claim to be (400)."""
    return Problem(400, "malformed_request", detail)


def invalid(faults: Sequence[Fault]) -> Problem:
    """Well-formed, but not what the contract allows (422)."""
    told = _told(faults)
    more = len(faults) - len(told)
    return Problem(
        422, "invalid_request", f"And {more} more." if more else "", faults=told
    )


def card_number(faults: Sequence[Fault]) -> Problem:
    """The number of a payment card is where nobody keeps one (422)."""
    return Problem(422, "card_number_refused", faults=_told(faults))


def _told(faults: Sequence[Fault]) -> Sequence[Fault]:
    """Those that are told: a few, each in short."""
    told: list[Fault] = []
    left = MAX_TOLD
    for each in faults[:MAX_FAULTS]:
        fault: Fault = {
            "where": hide_cards(each["where"])[:MAX_WHERE],
            "message": each["message"][:MAX_MESSAGE],
        }
        left -= len(json.dumps(fault))
        if left < 0:
            break
        told.append(fault)
    return told


def unauthenticated(cause: str) -> Problem:
    """One answer for every way in which a credential can be bad; the log has the cause."""
    challenge = (b"www-authenticate", b'Bearer realm="notes"')
    return Problem(401, "unauthenticated", headers=(challenge,), cause=cause)

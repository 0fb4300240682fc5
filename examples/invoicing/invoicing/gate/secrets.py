"""Secrets that the service makes: each is told once, and its digest alone is stored.

Its text is `invoicing_ENVIRONMENT_ID_SECRET` with a checksum behind it, so that scanners of
secrets find it wherever it leaks. The id names the tenant and the row, so that nothing has to be
looked up across tenants. The secret has 256 random bits: no guess hits it, and a fast digest keeps it.
"""

import hashlib
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from invoicing.gate.answers import Answer

if TYPE_CHECKING:
    from invoicing.gate.operation import Call

DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
LENGTH: Final = 43
"""Digits of 256 bits."""
CHECKSUM: Final = 6
"""Digits of a CRC-32."""
PREFIX: Final = "invoicing_"
PARTS: Final = re.compile(rf"([0-9A-Za-z]{{{LENGTH}}})_([0-9A-Za-z]{{{LENGTH}}})")


class Shown(NamedTuple):
    """What somebody shows: the row that it names, and the digest of the secret."""

    tenant_id: str
    row_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Secret:
    """A new secret."""

    text: str = field(
        default_factory=lambda: encode(secrets.randbits(256), LENGTH), repr=False
    )

    @property
    def digest(self) -> str:
        """What is stored of it."""
        return digest(self.text)

    def told(
        self, call: "Call", answer: Answer, row_id: object, name: str, word: str = ""
    ) -> Answer:
        """The answer about its row, which tells it as `name`."""
        text = written(
            call.principal.tenant_id, str(row_id), self.text, call.environment, word
        )
        return answer._replace(body=answer.body[:-1] + f',"{name}":"{text}"}}'.encode())


def written(
    tenant_id: str, row_id: str, secret: str, environment: str, word: str = ""
) -> str:
    """The text of a secret; `word` tells those of one resource from those of another."""
    named = encode(UUID(tenant_id).int << 128 | UUID(row_id).int, LENGTH)
    text = f"{_prefix(environment, word)}{named}_{secret}"
    return text + checksum(text)


def read(text: str, environment: str, word: str = "") -> Shown | None:
    """What a text shows; None for one that is no text of this environment, or a spoilt one."""
    head, check, prefix = text[:-CHECKSUM], text[-CHECKSUM:], _prefix(environment, word)
    if not text.isascii() or checksum(head) != check or not head.startswith(prefix):
        return None
    parts = PARTS.fullmatch(head, len(prefix))
    number = decode(parts[1]) if parts else 1 << 256
    if parts is None or number >> 256:
        return None
    return Shown(
        str(UUID(int=number >> 128)),
        str(UUID(int=number % (1 << 128))),
        digest(parts[2]),
    )


def _prefix(environment: str, word: str) -> str:
    return f"{PREFIX}{environment}_{word}_" if word else f"{PREFIX}{environment}_"


def digest(secret: str) -> str:
    """The SHA-256 of a secret, in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def checksum(text: str) -> str:
    """What tells a text from a mistyped one, before anything is asked about it."""
    return encode(zlib.crc32(text.encode()), CHECKSUM)


def encode(number: int, length: int) -> str:
    """A number in base 62, of so many digits."""
    found = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        found = DIGITS[digit] + found
    return found


def decode(text: str) -> int:
    """The number that digits of base 62 are."""
    found = 0
    for digit in text:
        found = found * 62 + DIGITS.index(digit)
    return found

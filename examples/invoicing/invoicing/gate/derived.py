"""Secrets that are derived from a key of the deployment: told once, and stored nowhere.

That of a row is HKDF-Expand (RFC 5869, section 2.3) of the key and of what names the row and the
version that it had when the secret was made. One block of it is enough.
"""

import base64
import hmac
from typing import TYPE_CHECKING, Final

from invoicing.gate.answers import Answer
from invoicing.settings import Settings
from invoicing.store.startup import UnsafeConfiguration

if TYPE_CHECKING:
    from invoicing.gate.operation import Call

MIN_KEY: Final = 32
"""Bytes."""
DEVELOPMENT_KEY: Final = b"of a developer's machine, and of nothing else"
PREFIX: Final = "whsec_"
"""How Standard Webhooks writes secrets that sign."""


def keys_of(settings: Settings) -> tuple[bytes, ...]:
    """The keys of the deployment, of which the first one makes new secrets.

    Raises:
        UnsafeConfiguration: there is none outside of development, or one could be guessed.
    """
    return parsed(
        settings.webhook_keys.get_secret_value(), development=settings.development
    )


def parsed(text: str, *, development: bool) -> tuple[bytes, ...]:
    """The keys in the text of WEBHOOK_KEYS, which is checked as `keys_of` says."""
    found = tuple(each.strip().encode() for each in text.split(",") if each.strip())
    if not found and development:
        return (DEVELOPMENT_KEY,)
    if not found or any(len(each) < MIN_KEY for each in found):
        raise UnsafeConfiguration(
            f"WEBHOOK_KEYS must have keys of at least {MIN_KEY} bytes, separated by commas: make one "
            "with openssl rand -hex 32."
        )
    return found


def secret(key: bytes, tenant_id: str, row_id: str, version: int) -> bytes:
    """The 32 bytes of the secret that a row had made at a version."""
    info = f"webhook {tenant_id} {row_id} {version}".encode()
    return hmac.digest(key, info + b"\x01", "sha256")


def derived(
    call: "Call", answer: Answer, row_id: object, version: int, name: str
) -> Answer:
    """The answer about a row, which tells as `name` the secret that it has from this version on."""
    found = secret(call.derivation_key, call.principal.tenant_id, str(row_id), version)
    text = PREFIX + base64.b64encode(found).decode()
    return answer._replace(body=answer.body[:-1] + f',"{name}":"{text}"}}'.encode())

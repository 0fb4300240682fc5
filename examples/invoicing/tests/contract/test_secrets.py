"""A secret is told once, and its digest alone is stored (AZ-5)."""

import io
import re
from contextlib import redirect_stdout
from uuid import UUID

import pytest

from invoicing.gate.secrets import (
    Secret,
    Shown,
    checksum,
    decode,
    encode,
    read,
    written,
)
from invoicing.store.statements import TABLES
from tests.contract.harness import ACCESS, NOBODY, Service, again, allowed, reachable

TELLING = [each for each in reachable() if "tells" in ACCESS[each]]
FORM = re.compile(r"invoicing_development_([a-z_]+_)?[0-9A-Za-z]{43}_[0-9A-Za-z]{49}")
HERE = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize("operation", TELLING)
def test_a_secret_is_told_once(service: Service, operation: str) -> None:
    about = ACCESS[operation]
    request = allowed(service, operation)
    with redirect_stdout(io.StringIO()) as output:
        response = request.send()
    assert response.status_code == about["status"], response.text
    assert response.headers["cache-control"] == "no-store"
    text = response.json()[about["tells"]]
    assert FORM.fullmatch(text)
    secret = text[-49:-6]
    assert secret not in output.getvalue()
    for table in TABLES:
        query = f'select count(*) from invoicing."{table}" t where position($1 in t::text) > 0'
        assert service.run(service.admin.fetchval(query, secret)) == 0, table
    stored = f'select t::text from invoicing."{about["resource"]}" t where id = $1'
    row = service.run(service.admin.fetchval(stored, UUID(response.json()["id"])))
    assert Secret(secret).digest in row


@pytest.mark.parametrize("operation", TELLING)
def test_no_request_is_told_the_secret_of_another(
    service: Service, operation: str
) -> None:
    """An idempotency key would have to keep the answer, and the secret in it."""
    request = allowed(service, operation)
    request.headers["idempotency-key"] = "the-same-for-both"
    name = ACCESS[operation]["tells"]
    first = request.send()
    if ACCESS[operation]["conditional"]:
        request.headers["if-match"] = first.headers["etag"]
    second = again(request).send()
    assert first.json()[name] != second.json()[name]


def test_a_text_that_was_changed_is_none() -> None:
    secret = Secret()
    text = written(HERE, NOBODY, secret.text, "development")
    assert read(text, "development") == Shown(HERE, NOBODY, secret.digest)
    assert read(text, "production") is None
    assert read(text, "development", "word") is None
    assert (
        read(written(HERE, NOBODY, secret.text, "development", "word"), "development")
        is None
    )
    for at, letter in enumerate(text):
        other = "1" if letter != "1" else "2"
        assert read(text[:at] + other + text[at + 1 :], "development") is None
    for spoilt in ("", text[:-1], text + "0", "é" + text):
        assert read(spoilt, "development") is None
    beyond = f"invoicing_development_{'z' * 43}_{secret.text}"
    assert read(beyond + checksum(beyond), "development") is None


def test_a_secret_has_256_bits() -> None:
    assert decode(encode(2**256 - 1, 43)) == 2**256 - 1
    numbers = [decode(Secret().text) for _ in range(64)]
    assert len({*numbers}) == 64
    assert max(numbers).bit_length() > 248

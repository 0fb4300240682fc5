"""What is taken away is gone with the next request of every process (TEST-5)."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx2
import pytest

from tests.contract.harness import (
    Service,
    allowed,
    allowed_role,
    colleague,
    let_in,
    plain,
)

SECONDS: Final = 60
"""For a process to start."""
WHERE: Final = "where tenant_id = $1 and id = $2"
WAYS: Final = {
    "deactivated": (
        f"update invoicing.member set active = false {WHERE}",
        403,
        "not_a_member",
    ),
    "without the role": (
        f"update invoicing.member set roles = array[]::text[] {WHERE}",
        403,
        "permission_missing",
    ),
    "signed out": (
        f"update invoicing.member set tokens_valid_after = now() {WHERE}",
        401,
        "unauthenticated",
    ),
}
"""How a member loses access, with the answer from then on."""


@pytest.fixture(scope="module")
def processes(
    service: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[httpx2.Client]]:
    """Two processes of the service, each with a memory of its own."""
    environment = {
        **os.environ,
        "ENVIRONMENT": "development",
        "DATABASE_URL": service.database.app,
        "DEVELOPMENT_JWKS": str(service.issuer.public),
        "ALLOWED_HOSTS": "localhost",
        "PSEUDONYM_KEY": "k" * 32,
    }
    start = [
        sys.executable,
        "-m",
        "uvicorn",
        "invoicing.app:configured",
        "--factory",
        "--port",
        "0",
    ]
    logs = [tmp_path_factory.mktemp("process") / "log" for _ in range(2)]
    with ExitStack() as stack:
        for log in logs:
            process = subprocess.Popen(  # noqa: S603 - this Python, and our own module
                start,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=stack.enter_context(log.open("wb")),
            )
            stack.enter_context(process)
            stack.callback(process.terminate)
        yield [
            stack.enter_context(
                httpx2.Client(base_url=address(log), headers={"host": "localhost"})
            )
            for log in logs
        ]


def address(log: Path) -> str:
    """Where a process serves, once it says so."""
    end = time.monotonic() + SECONDS
    while (
        found := re.search(r"running on (http://\S+)", log.read_text("utf-8"))
    ) is None:
        assert time.monotonic() < end, log.read_text("utf-8")
        time.sleep(0.05)
    return found[1]


@pytest.mark.parametrize("way", WAYS)
def test_not_one_more_request_is_allowed(
    service: Service, processes: list[httpx2.Client], way: str
) -> None:
    statement, status, reason = WAYS[way]
    request = allowed(service, plain())
    me = request.world.me
    colleague(request.world, allowed_role(plain()))  # one has to stay

    def answers() -> list[httpx2.Response]:
        return [request.send(each) for each in processes]

    for _ in range(3):  # the second time, each process remembers the token
        assert all(map(let_in, answers()))
    service.run(service.admin.execute(statement, me.tenant_id, me.id))
    assert [(each.status_code, each.json()["code"]) for each in answers()] == [
        (status, reason)
    ] * 2

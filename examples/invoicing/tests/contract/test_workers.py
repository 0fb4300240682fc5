"""Several workers of one service: they share limits and metrics, or do not start (API-2)."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final

import httpx2
import pytest
from pydantic import SecretStr

from invoicing.app import create_app
from invoicing.development.database import Database
from invoicing.gate.admission import limiter
from invoicing.gate.limits import MemoryLimiter
from invoicing.gate.limits_redis import RedisLimiter
from invoicing.store.startup import UnsafeConfiguration
from tests.contract.harness import NOBODY, TABLE, plain
from tests.contract.test_startup import settings
from tests.contract.valkey import running

TOKEN: Final = "metrics-" * 4
HOST: Final = "api.example.com"
STARTED: Final = "Application startup complete"
SECONDS: Final = 60
"""For workers to start, to answer and to end."""


def command(
    database: Database, *options: str, **more: str
) -> tuple[list[str], Mapping[str, str]]:
    """What starts the service as a process, outside of development, and its environment."""
    chosen = settings(database)
    start = [
        sys.executable,
        "-m",
        "uvicorn",
        "invoicing.app:configured",
        "--factory",
        "--port",
        "0",
    ]
    environment = {
        **os.environ,
        "ENVIRONMENT": chosen.environment,
        "DATABASE_URL": chosen.database_url.get_secret_value(),
        "ALLOWED_HOSTS": HOST,
        "PSEUDONYM_KEY": "k" * 32,
        "PAYMENTS_WEBHOOK_SECRET": "d2l0aCB3aGljaCBvdXIgdGVzdHMgc2lnbiBldmVudHM=",
        "STRIPE_WEBHOOK_SECRET": "d2l0aCB3aGljaCBvdXIgdGVzdHMgc2lnbiBldmVudHM=",
        "WEBHOOK_KEYS": "w" * 32,
    }
    return [*start, *options], environment | more


class Workers:
    """A server with its workers, and what they have said so far."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process, self._log = process, log

    @property
    def said(self) -> str:
        """All that was logged."""
        return self._log.read_text("utf-8")

    def wait(self, workers: int) -> None:
        """Until so many of them serve, or none does any more."""
        end = time.monotonic() + SECONDS
        while self._process.poll() is None and self.said.count(STARTED) < workers:
            assert time.monotonic() < end, self.said
            time.sleep(0.05)


@contextmanager
def started(
    start: list[str], environment: Mapping[str, str], log: Path
) -> Iterator[Workers]:
    """Runs a server while the block does."""
    with (
        log.open("wb") as said,
        subprocess.Popen(  # noqa: S603 - this Python, and our own module
            start, env=environment, stdout=subprocess.DEVNULL, stderr=said
        ) as process,
    ):
        try:
            yield Workers(process, log)
        finally:
            process.terminate()


@pytest.mark.parametrize(
    ("options", "more"),
    [
        pytest.param(("--workers", "2"), {}, id="an option"),
        pytest.param((), {"WEB_CONCURRENCY": "2"}, id="a variable"),
    ],
)
def test_several_workers_do_not_start_without_shared_limits(
    database: Database, tmp_path: Path, options: tuple[str, ...], more: dict[str, str]
) -> None:
    with started(*command(database, *options, **more), tmp_path / "log") as workers:
        workers.wait(1)
        assert "REDIS_URL is not set and several workers serve" in workers.said
        assert STARTED not in workers.said
        assert "Traceback" not in workers.said


def numbers(text: str, name: str, operation: str) -> float:
    """What a metric counts of one operation, whatever became of it."""
    pattern = rf'^{name}{{[^}}]*operation="{operation}"[^}}]*}} (\S+)$'
    return sum(float(each) for each in re.findall(pattern, text, re.MULTILINE))


def test_the_metrics_of_two_workers_are_one_sum(
    database: Database, tmp_path: Path
) -> None:
    operation = plain()
    method, path = (
        TABLE[operation].method,
        re.sub(r"{.*?}", NOBODY, TABLE[operation].path),
    )
    counters = tmp_path / "counters"
    counters.mkdir()
    more = {"METRICS_TOKEN": TOKEN, "PROMETHEUS_MULTIPROC_DIR": str(counters)}
    with running() as valkey:
        start = command(database, "--workers", "2", REDIS_URL=valkey.url, **more)
        with started(*start, tmp_path / "log") as workers:
            workers.wait(2)
            found = re.search(r"running on (http://127\.0\.0\.1:[0-9]+)", workers.said)
            assert found is not None, workers.said
            url = httpx2.URL(found[1])

            def ask(_: int) -> int:
                return httpx2.request(
                    method, url.join(path), headers={"host": HOST}
                ).status_code

            asked, end = 0, time.monotonic() + SECONDS
            with ThreadPoolExecutor(8) as pool:
                while (
                    sum(
                        b"requests_total" in each.read_bytes()
                        for each in counters.glob("counter_*.db")
                    )
                    < 2
                ):
                    assert time.monotonic() < end, "one worker alone has answered"
                    assert set(pool.map(ask, range(20))) <= {
                        401,
                        429,
                        503,
                    }  # whatever became of it
                    asked += 20
            for _ in range(5):
                headers = {"host": HOST, "authorization": f"Bearer {TOKEN}"}
                text = httpx2.get(url.join("/metrics"), headers=headers).text
                assert numbers(text, "requests_total", operation) == asked
                assert numbers(text, "request_seconds_count", operation) == asked


def test_workers_that_count_apart_are_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "2")
    more = {
        "metrics_token": SecretStr(TOKEN),
        "redis_url": SecretStr("unix:///nowhere"),
    }
    with pytest.raises(UnsafeConfiguration, match="PROMETHEUS_MULTIPROC_DIR"):
        create_app(settings(database, **more))


def test_workers_count_in_a_directory(database: Database, tmp_path: Path) -> None:
    with pytest.raises(UnsafeConfiguration, match="PROMETHEUS_MULTIPROC_DIR"):
        create_app(
            settings(database, prometheus_multiproc_dir=str(tmp_path / "nothing"))
        )


@pytest.mark.parametrize("several", ["WEB_CONCURRENCY", "gunicorn"])
def test_several_workers_are_recognised(
    database: Database, monkeypatch: pytest.MonkeyPatch, several: str
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "1")
    assert isinstance(limiter(settings(database)), MemoryLimiter)
    if several == "gunicorn":
        monkeypatch.setitem(sys.modules, "gunicorn.arbiter", ModuleType("arbiter"))
    else:
        monkeypatch.setenv("WEB_CONCURRENCY", "2")
    with pytest.raises(
        UnsafeConfiguration, match="set REDIS_URL, or serve with one worker"
    ):
        create_app(settings(database))
    shared = settings(database, redis_url=SecretStr("unix:///nowhere"))
    assert isinstance(limiter(shared), RedisLimiter)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis://limits.example.com:6379/0", "without verified TLS"),
        ("rediss://limits.example.com?ssl_cert_reqs=none", "without verified TLS"),
        ("http://limits.example.com", "REDIS_URL cannot be used"),
    ],
)
def test_redis_is_reached_with_verified_tls(
    database: Database, url: str, said: str
) -> None:
    with pytest.raises(UnsafeConfiguration, match=said):
        create_app(settings(database, redis_url=SecretStr(url)))

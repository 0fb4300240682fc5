"""Tests of your own. This one is an example: what is beside the operations answers."""

import asyncio

import httpx2
from pydantic import SecretStr

from notes.app import create_app
from notes.settings import Settings


def test_a_process_that_has_no_database_yet_is_alive() -> None:
    settings = Settings(
        environment="development",
        database_url=SecretStr("postgresql://nowhere.invalid/"),
    )

    async def status() -> int:
        transport = httpx2.ASGITransport(create_app(settings))
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://localhost"
        ) as client:
            return (await client.get("/healthz")).status_code

    assert asyncio.run(status()) == 200

"""The commands of the documents, run as they stand there."""

import asyncio
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from . import hooks
from .markdown import DOCUMENTS, README, REPOSITORY, Block, read
from .session import Session

DOCS = REPOSITORY / "docs"
TOUR = (
    README,
    *(
        DOCS / f"{each}.md"
        for each in ("administration", "webhooks", "billing", "service", "operation")
    ),
)
"""Documents that go on with each other: one project, one running service."""
APART = [
    path
    for path in DOCUMENTS
    if path not in TOUR and any(each.language == "console" for each in read(path).blocks)
]
PACKAGE = "invoicing"


def blocks(*languages: str) -> list[Block]:
    """The blocks of the tour in these languages."""
    return [each for path in TOUR for each in read(path).blocks if each.language in languages]


def urls(administrator: str) -> dict[str, str]:
    """The URLs of the service's database and of a restored one, as the documents call them."""
    where = urlsplit(administrator)
    host = where.netloc.rpartition("@")[2]

    def of(role: str, database: str = PACKAGE) -> str:
        return where._replace(netloc=f"{role}@{host}", path=f"/{database}").geturl()

    return {
        "ADMIN_URL": of("postgres"),
        "OWNER_URL": of(f"{PACKAGE}_owner"),
        "APP_URL": of(f"{PACKAGE}_app"),
        "PSEUDONYM_KEY": "0123456789abcdef" * 4,
        "WEBHOOK_KEYS": "fedcba9876543210" * 4,
        "PAYMENTS_WEBHOOK_SECRET": "whsec_" + "0123456789abcdef" * 2,
        "STRIPE_WEBHOOK_SECRET": "whsec_" + "fedcba9876543210" * 2,
        "BACKUP_URL": of(f"{PACKAGE}_backup"),
        "RESTORED_URL": of("postgres", "restored"),
        "RESTORED_OWNER_URL": of(f"{PACKAGE}_owner", "restored"),
    }


@pytest.mark.parametrize("path", APART, ids=lambda each: each.stem)
def test_the_commands_of_a_document(
    path: Path, place: Path, environment: Mapping[str, str]
) -> None:
    with Session(place, environment) as session:
        for block in read(path).blocks:
            if block.language == "console":
                session.play(block)
            elif hooks.is_hook(block):
                (project,) = place.glob("*/hooks")
                hooks.write(block, project.parent)
                tidy(project.parent, environment)
            elif hooks.is_test(block):
                (project,) = place.glob("*/hooks")
                hooks.place(block, project.parent).write_text(f"{block.text}\n", encoding="utf-8")


def test_the_tour(place: Path, environment: Mapping[str, str], postgres_server: str) -> None:
    addresses = urls(postgres_server)
    with Session(place, {**environment, **addresses}) as session:
        asyncio.run(execute(postgres_server, f"create database {PACKAGE}"))
        try:
            for block in blocks("console", "sql"):
                if block.words == "server" and "make dev" in block.text:
                    write_hooks(place / PACKAGE, environment)
                    (Path(environment["VENV"]) / "ready").touch()  # as make setup does
                if block.language == "sql":
                    asyncio.run(administrators_alone(addresses, block.text))
                else:
                    session.play(block)
        finally:
            session.end_servers()
            asyncio.run(execute(postgres_server, f"drop database {PACKAGE}"))
            asyncio.run(execute(postgres_server, "drop database if exists restored"))


def write_hooks(project: Path, environment: Mapping[str, str]) -> None:
    """Put the hooks of the tour into its project."""
    for block in filter(hooks.is_hook, blocks("python")):
        hooks.write(block, project)
    tidy(project, environment)


def tidy(project: Path, environment: Mapping[str, str]) -> None:
    """Lay the hooks of a project out as everything else there."""
    for command in (["check", "--quiet", "--fix", "hooks"], ["format", "--quiet", "hooks"]):
        subprocess.run(  # noqa: S603
            ["ruff", *command],  # noqa: S607
            cwd=project,
            env=dict(environment),
            check=True,
        )


async def administrators_alone(addresses: Mapping[str, str], script: str) -> None:
    """Neither the owner nor the service can run a script, and an administrator can."""
    for role in ("OWNER_URL", "APP_URL"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(addresses[role], script)
    await execute(addresses["ADMIN_URL"], script)


async def execute(url: str, script: str) -> None:
    """Runs SQL."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(script)
    finally:
        await connection.close()

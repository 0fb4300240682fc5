"""Serves this service on your machine: `python -m invoicing.development.serve`.

With DATABASE_URL on the server that it names, which you administer; else on an embedded
PostgreSQL that lives in .dev/ and stops with this process.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import uvicorn
from pydantic import SecretStr

from invoicing.app import create_app
from invoicing.development.database import Database, prepare
from invoicing.development.issuer import DevelopmentIssuer
from invoicing.development.postgres import server
from invoicing.development.world import populate
from invoicing.settings import Settings
from invoicing.store.migrate import MigrationError

HOME = Path(".dev")
DATABASE = "invoicing_development"


@contextmanager
def administrator(data: Path | None = None) -> Iterator[str]:
    """The URL of a PostgreSQL administrator: yours, or that of an embedded server."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    with server(data) as url:
        yield url


async def prepared(admin: str) -> Database:
    """The development database, with its synthetic tenants."""
    database = await prepare(admin, DATABASE)
    connection = await asyncpg.connect(database.admin)
    try:
        await populate(connection)
    finally:
        await connection.close()
    return database


def main() -> None:
    """Starts everything, and serves until it is interrupted."""
    parser = argparse.ArgumentParser(description="Serve on this machine.")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    issuer = DevelopmentIssuer(HOME)
    with administrator(HOME / "postgres") as admin:
        try:
            database = asyncio.run(prepared(admin))
        except MigrationError as error:
            sys.exit(
                f"{error} The development database is {DATABASE}, in {HOME / 'postgres'} if it is embedded."
            )
        settings = Settings(
            environment="development",
            database_url=SecretStr(database.app),
            development_jwks=str(issuer.public),
            allowed_hosts=f"localhost:{options.port},127.0.0.1:{options.port}",
        )
        print(
            f"http://localhost:{options.port}/docs  (make token ROLE=... TENANT=acme)"
        )
        uvicorn.run(
            create_app(settings),
            host="127.0.0.1",
            port=options.port,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            log_level="warning",
        )


if __name__ == "__main__":
    main()

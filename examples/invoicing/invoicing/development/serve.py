"""Serves this service on your machine: `python -m invoicing.development.serve`.

With DEVELOPMENT_POSTGRES_URL on the server that it names, which you administer; else on an
embedded PostgreSQL that lives in .dev/ and stops with this process. DATABASE_URL, which names the
database of a deployment, is not looked at.
"""

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import uvicorn

from invoicing.app import Service, create_app
from invoicing.development import stripe
from invoicing.development.database import Database, OccupiedError, drop, prepare
from invoicing.development.issuer import DevelopmentIssuer
from invoicing.development.postgres import server
from invoicing.development.world import populate
from invoicing.settings import Settings
from invoicing.store.history import MigrationError

HOME = Path(".dev")
OWNER = HOME / "owner"
DATABASE = "invoicing_development"


@contextmanager
def administrator(data: Path | None = None) -> Iterator[str]:
    """The URL of a PostgreSQL administrator: yours, or that of an embedded server."""
    given = os.environ.get("DEVELOPMENT_POSTGRES_URL")
    if given:
        yield given
        return
    with server(data) as url:
        yield url


async def prepared(admin: str, *, reset: bool = False) -> Database:
    """The development database, with its synthetic tenants; made anew with `reset`."""
    if reset:
        await drop(admin, DATABASE)
    database = await prepare(admin, DATABASE)
    connection = await asyncpg.connect(database.admin)
    try:
        await populate(connection)
    finally:
        await connection.close()
    return database


def application() -> Service:
    """The service, in the process that serves; `main` gives it its environment."""
    _work()
    return create_app(Settings())  # type: ignore[call-arg] # the environment has them


def main() -> None:
    """Starts everything, and serves until it is interrupted; again when a module changes."""
    parser = argparse.ArgumentParser(description="Serve on this machine.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--reset", action="store_true", help="make the database anew, and end"
    )
    options = parser.parse_args()
    issuer = DevelopmentIssuer(HOME)
    with administrator(HOME / "postgres") as admin:
        try:
            database = asyncio.run(prepared(admin, reset=options.reset))
        except (MigrationError, OccupiedError) as error:
            sys.exit(
                f"{error} The development database is {DATABASE}, in {HOME / 'postgres'} if it is embedded."
            )
        if options.reset:
            print(f"{DATABASE} is made anew, with its synthetic tenants.")
            return
        _keep(database.owner)
        os.environ |= {
            "ENVIRONMENT": "development",
            "DATABASE_URL": database.app,
            "DEVELOPMENT_JWKS": str(issuer.public),
            "ALLOWED_HOSTS": f"localhost:{options.port},127.0.0.1:{options.port}",
            "WORKER_DATABASE_URL": database.worker,
            "STRIPE_API_BASE": stripe.start(
                f"http://localhost:{options.port}/webhooks/stripe"
            ),
        }
        print(
            f"http://localhost:{options.port}/docs  (make token ROLE=... TENANT=acme)"
        )
        uvicorn.run(
            "invoicing.development.serve:application",
            factory=True,
            reload=True,
            reload_dirs=["hooks", "invoicing"],
            host="127.0.0.1",
            port=options.port,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            http="invoicing.server:Connection",
            log_level="warning",
        )


def _work() -> None:
    """Starts a worker, which ends with this process: it has the same modules."""
    command = [sys.executable, "-m", "invoicing.worker", "--with-parent"]
    subprocess.Popen(command)  # noqa: S603 - this Python, and our own module


def _keep(url: str) -> None:
    """Keeps the URL of the owner for `make admin`, where nobody else can read it."""
    OWNER.touch(mode=0o600)
    OWNER.write_text(url, encoding="utf-8")


if __name__ == "__main__":
    main()

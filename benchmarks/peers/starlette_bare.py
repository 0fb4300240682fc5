"""The bare service: Starlette, asyncpg, and nothing that guards anything.

Whoever says that they are a tenant is that tenant. It is here as the price of the work
itself: the route, the statement, and the JSON.
"""

import os
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.peers import POOL

COLUMNS = (
    "id, version, created_at, updated_at, owner_id, number, customer_id, region, status,"
    " total, issued_on, due_on, paid_at, network_id, title"
)
READ = f"select {COLUMNS} from invoicing.invoice where tenant_id = $1 and id = $2"  # noqa: S608
LIST = (
    f"select {COLUMNS} from invoicing.invoice where tenant_id = $1"  # noqa: S608
    " order by created_at desc, id desc limit $2"
)
CREATE = (
    "insert into invoicing.invoice"  # noqa: S608
    " (tenant_id, owner_id, number, title, customer_id, region, due_on)"
    f" values ($1, $2, $3, $4, $5, $6, $7) returning {COLUMNS}"
)
UPDATE = (
    "update invoicing.invoice set version = version + 1, updated_at = now(),"  # noqa: S608
    " title = coalesce($4, title), customer_id = coalesce($5, customer_id),"
    " due_on = coalesce($6, due_on)"
    f" where tenant_id = $1 and id = $2 and version = $3 returning {COLUMNS}"
)


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Opens the pool, where DATABASE_URL says."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=2, max_size=POOL) as pool:
        app.state.pool = pool
        yield


async def list_invoices(request: Request) -> Response:
    """The newest invoices, and the cursor of those after them."""
    limit = int(request.query_params.get("limit", "20"))
    rows = await request.app.state.pool.fetch(LIST, request.headers["x-tenant-id"], limit + 1)
    cursor = None
    if len(rows) > limit:
        last = rows[limit - 1]
        cursor = urlsafe_b64encode(orjson.dumps([last["created_at"], str(last["id"])])).decode()
    return answer({"items": [dict(row) for row in rows[:limit]], "next_cursor": cursor})


async def read_invoice(request: Request) -> Response:
    """One invoice."""
    row = await request.app.state.pool.fetchrow(
        READ, request.headers["x-tenant-id"], request.path_params["invoice_id"]
    )
    return one(row)


async def create_invoice(request: Request) -> Response:
    """A new invoice."""
    body = orjson.loads(await request.body())
    row = await request.app.state.pool.fetchrow(
        CREATE,
        request.headers["x-tenant-id"],
        request.headers["x-member-id"],
        body["number"],
        body["title"],
        body["customer_id"],
        body["region"],
        date.fromisoformat(body["due_on"]),
    )
    return one(row, 201, {"location": f"/invoices/{row['id']}"})


async def update_invoice(request: Request) -> Response:
    """Changes the version that the caller saw."""
    body = orjson.loads(await request.body())
    row = await request.app.state.pool.fetchrow(
        UPDATE,
        request.headers["x-tenant-id"],
        request.path_params["invoice_id"],
        int(request.headers["if-match"].strip('"')),
        body.get("title"),
        body.get("customer_id"),
        date.fromisoformat(body["due_on"]) if "due_on" in body else None,
    )
    return one(row, missing=412)


def one(
    row: asyncpg.Record | None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    missing: int = 404,
) -> Response:
    """One row with its version, or the status that says there is none."""
    if row is None:
        return Response(status_code=missing)
    return answer(dict(row), status, {"etag": f'"{row["version"]}"', **(headers or {})})


def answer(
    value: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer."""
    body = orjson.dumps(value, default=str)
    return Response(body, status, headers, media_type="application/json")


app = Starlette(
    routes=[
        Route("/invoices", list_invoices, methods=["GET"]),
        Route("/invoices", create_invoice, methods=["POST"]),
        Route("/invoices/{invoice_id}", read_invoice, methods=["GET"]),
        Route("/invoices/{invoice_id}", update_invoice, methods=["PATCH"]),
    ],
    lifespan=lifespan,
)

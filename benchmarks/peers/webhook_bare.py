"""The bare receiver of events: it verifies a signature, inserts a row, and does nothing else."""

import hashlib
import hmac
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.peers import POOL

TOLERANCE = 300
INSERT = (
    "insert into invoicing.webhook_event"
    " (provider, event_id, type, mode, account, outcome, digest)"
    " values ('bare', $1, $2, $3, $4, 'ignored', $5) on conflict do nothing"
)


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Opens the pool, where DATABASE_URL says."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=2, max_size=POOL) as pool:
        app.state.pool = pool
        app.state.key = os.environ["WEBHOOK_SECRET"].encode()
        yield


async def receive(request: Request) -> Response:
    """One event of the scheme of Stripe."""
    body = await request.body()
    parts = dict(each.split("=", 1) for each in request.headers["stripe-signature"].split(","))
    made = hmac.new(request.app.state.key, f"{parts['t']}.".encode() + body, hashlib.sha256)
    if not hmac.compare_digest(made.hexdigest(), parts["v1"]):
        return Response(status_code=401)
    if abs(time.time() - int(parts["t"])) > TOLERANCE:
        return Response(status_code=401)
    event = orjson.loads(body)
    await request.app.state.pool.execute(
        INSERT,
        event["id"],
        event["type"],
        "live" if event["livemode"] else "test",
        event["data"]["object"]["customer"],
        hashlib.sha256(body).hexdigest(),
    )
    return Response(b'{"outcome":"ignored"}', 202, media_type="application/json")


app = Starlette(routes=[Route("/webhooks/payments", receive, methods=["POST"])], lifespan=lifespan)

"""A billing provider for your machine: `python -m invoicing.development.stripe`.

It has the part of Stripe's API that the worker calls, with idempotency keys as Stripe has them, and
it signs its events. Its accounts live as long as its process. What people and banks do at a
provider is a POST below /do; what goes wrong there is a POST to /trouble.
"""

import argparse
import asyncio
import hashlib
import hmac
import itertools
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from email.utils import formatdate
from typing import Any, Final
from urllib.parse import parse_qsl

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from invoicing.providers import DEVELOPMENT_SECRET

PORT: Final = 8001
MONTH: Final = 30 * 86_400
AMOUNTS: Final[Mapping[str, int]] = {
    "price_team": 2900,
}
"""What the prices of the catalogue are here, in cents a month."""
METERS: Final = ("invoices_sent",)
"""The events that meters of this provider count."""
KEPT_DAYS: Final = 35
"""How old an event may be that is still counted."""
PAST: Final = re.compile(r"^[a-z]+_(?:test_)?")
TRIES: Final = 20
"""How often an event is sent until it is heard."""

Said = dict[str, Any]
Send = Callable[[bytes, Mapping[str, str]], Awaitable[int]]
"""Posts an event with these headers: the status of the answer."""


class Error(Exception):
    """What Stripe answers when it does not do something."""

    def __init__(self, status: int, type_: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.said = {"error": {"type": type_, "message": message}}


class Fake:
    """The provider. `send` posts events; without it they are kept until somebody takes them."""

    def __init__(
        self,
        send: Send | None = None,
        now: Callable[[], float] = time.time,
        url: str = f"http://127.0.0.1:{PORT}",
    ) -> None:
        self._send = send
        self._url = url
        self._now = now
        self._numbers = itertools.count(1)
        self._second = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.kept: dict[tuple[str, str], tuple[str, int, Said]] = {}
        """What was answered to each idempotency key, with what was asked."""
        self.customers: dict[str, Said] = {}
        self.sessions: dict[str, Said] = {}
        self.subscriptions: dict[str, Said] = {}
        self.charges: dict[str, Said] = {}
        self.disputes: dict[str, Said] = {}
        self.metered: dict[str, Said] = {}
        """What was counted of meters, by the identifier of the event."""
        self.events: list[Said] = []
        self.calls: list[tuple[str, str, str]] = []
        """What was asked: the method, the path and the idempotency key."""
        self.fail: list[str] = []
        """How the next calls fail: `before` anything is done, `after` it, or with a `429`."""
        self.repeat = 1
        """How often each event is sent."""
        self.shuffle = False
        """Are the events of one act sent in any order?"""
        self.lose = False
        """Is nothing sent?"""

    # What is asked by the API.

    async def call(self, request: Request) -> Response:
        """One call of the API."""
        key = request.headers.get("idempotency-key", "")
        path = request.url.path.removeprefix("/v1/")
        self.calls.append((request.method, path, key))
        if not re.fullmatch(
            r"Bearer (sk|rk)_test_\w+", request.headers.get("authorization", "")
        ):
            return JSONResponse(
                {"error": {"type": "invalid_request_error", "message": "No test key."}},
                401,
            )
        trouble = self.fail.pop(0) if self.fail else ""
        if trouble == "before":
            return JSONResponse(
                {"error": {"type": "api_error", "message": "On demand."}}, 500
            )
        if trouble == "429":
            return JSONResponse(
                {"error": {"type": "rate_limit_error", "message": "On demand."}}, 429
            )
        body = (await request.body()).decode()
        asked = _nested(parse_qsl(body or request.url.query, keep_blank_values=True))
        await self._turn()
        try:
            status, said = self._once(request.method, path, key, body, asked)
        except Error as error:
            status, said = error.status, error.said
        await self.flush()
        if trouble == "after":
            return JSONResponse(
                {"error": {"type": "api_error", "message": "On demand."}}, 500
            )
        # A provider tells the time of its own clock, which is that of its events.
        return JSONResponse(
            said, status, {"date": formatdate(self._time(), usegmt=True)}
        )

    def _once(
        self, method: str, path: str, key: str, body: str, asked: Said
    ) -> tuple[int, Said]:
        place = (path, key)
        if key and place in self.kept:
            before, status, said = self.kept[place]
            if before != body:
                raise Error(
                    400, "idempotency_error", "The key was used with other parameters."
                )
            return status, said
        if key and any(known == key for _, known in self.kept):
            raise Error(
                400, "idempotency_error", "The key was used for something else."
            )
        try:
            status, said = 200, self._done(method, path.split("/"), asked)
        except Error as error:
            status, said = error.status, error.said
        if key:
            self.kept[place] = (body, status, json.loads(json.dumps(said)))
        return status, said

    def _done(self, method: str, path: list[str], asked: Said) -> Said:
        match method, path:
            case "POST", ["billing", "meter_events"]:
                return self._counted(asked)
            case "POST", ["customers"]:
                made = self._made(
                    "cus", "customer", name=asked.get("name"), livemode=False
                )
                self.customers[made["id"]] = made
                return made
            case "POST", ["checkout", "sessions"]:
                return self._checkout(asked)
            case "GET", ["checkout", "sessions", id_]:
                return _found(self.sessions, id_)
            case "POST", ["checkout", "sessions", id_, "expire"]:
                return self._visited("expire", _found(self.sessions, id_))
            case "GET", ["charges"]:
                since = int(asked["created"]["gte"])
                paid = [
                    e
                    for e in self.charges.values()
                    if e["customer"] == asked["customer"] and e["created"] >= since
                ]
                return {
                    "object": "list",
                    "data": paid[::-1],
                    "has_more": False,
                    "url": "/v1/charges",
                }
            case "GET", ["disputes"]:
                about = [
                    each
                    for each in self.disputes.values()
                    if each["charge"] == asked["charge"]
                ]
                return {
                    "object": "list",
                    "data": about[::-1],
                    "has_more": False,
                    "url": "/v1/disputes",
                }
            case "POST", ["billing_portal", "sessions"]:
                customer = _found(self.customers, asked["customer"])
                return self._made(
                    "bps",
                    "billing_portal.session",
                    url=f"https://billing.invalid/p/{customer['id']}",
                )
            case "GET", ["subscriptions"]:
                found = [
                    e
                    for e in self.subscriptions.values()
                    if e["customer"] == asked["customer"]
                ]
                return {
                    "object": "list",
                    "data": found[::-1],
                    "has_more": False,
                    "url": "/v1/subscriptions",
                }
            case "POST", ["subscriptions", id_]:
                return self._update(_found(self.subscriptions, id_), asked)
            case "POST", ["subscriptions", id_, "resume"]:
                return self._become(
                    _found(self.subscriptions, id_), "resumed", status="active"
                )
            case "POST", ["invoices", "create_preview"]:
                found_ = _found(self.subscriptions, asked["subscription"])
                new = _price(asked["subscription_details"]["items"]["0"]["price"])
                return self._made(
                    "upcoming_in",
                    "invoice",
                    amount_due=new - _amount(found_),
                    currency="eur",
                )
        raise Error(
            404,
            "invalid_request_error",
            f"There is no {method} /v1/{'/'.join(path)} here.",
        )

    def _checkout(self, asked: Said) -> Said:
        item = asked["line_items"]["0"]
        _price(item["price"])
        if asked["mode"] != "subscription" or item["quantity"] != "1":
            raise Error(400, "invalid_request_error", "One of a price is bought here.")
        made = self._made(
            "cs_test",
            "checkout.session",
            customer=_found(self.customers, asked["customer"])["id"],
            price=item["price"],
            status="open",
            expires_at=self._time() + 86_400,
            livemode=False,
        )
        made["url"] = f"{self._url}/do/{made['id']}"
        self.sessions[made["id"]] = made
        return made

    def _counted(self, asked: Said) -> Said:
        identifier, customer = (
            asked["identifier"],
            asked["payload"]["stripe_customer_id"],
        )
        if identifier in self.metered:
            raise Error(
                400,
                "invalid_request_error",
                f"An event already exists with identifier {identifier}.",
            )
        _found(self.customers, customer)
        if asked["event_name"] not in METERS:
            raise Error(
                400,
                "invalid_request_error",
                f"There is no meter {asked['event_name']}.",
            )
        at, value = int(asked["timestamp"]), int(asked["payload"]["value"])
        if (
            value < 0
            or not self._time() - KEPT_DAYS * 86_400 <= at <= self._time() + 300
        ):
            raise Error(
                400,
                "invalid_request_error",
                "The value or the moment cannot be counted.",
            )
        made = {
            "object": "billing.meter_event",
            "created": self._time(),
            "livemode": False,
            **asked,
            "timestamp": at,
        }
        self.metered[identifier] = made
        return made

    def _update(self, found: Said, asked: Said) -> Said:
        if found["status"] in ("canceled", "incomplete_expired"):
            raise Error(
                400,
                "invalid_request_error",
                "A subscription that has ended is not changed.",
            )
        more: Said = {}
        if "items" in asked:
            price = asked["items"]["0"]["price"]
            _price(price)
            more["items"] = _items(found["items"]["data"][0]["id"], price)
        if "cancel_at_period_end" in asked:
            more["cancel_at_period_end"] = asked["cancel_at_period_end"] == "true"
        return self._become(found, "updated", **more)

    # What people and banks do.

    async def act(self, request: Request) -> Response:
        """What happens to a checkout, a subscription, a dispute, or all of an account."""
        await self._turn()
        try:
            said = self.do(request.path_params["what"], request.path_params["id"])
        except Error as error:
            return JSONResponse(error.said, error.status)
        await self.flush()
        return JSONResponse(said)

    def do(self, what: str, id_: str) -> Said:
        """Lets something happen to what has this id; of an account, to its newest subscription."""
        if id_.startswith("cs_"):
            return self._visited(what, _found(self.sessions, id_))
        if id_.startswith("dp_"):
            return self._decided(what, _found(self.disputes, id_))
        if id_.startswith("cus_"):
            found = [
                each["id"]
                for each in self.subscriptions.values()
                if each["customer"] == id_
            ]
            id_ = found[-1] if found else ""
        return self._happened(what, _found(self.subscriptions, id_))

    def _visited(self, what: str, session: Said) -> Said:
        if session["status"] != "open":
            raise Error(400, "invalid_request_error", "The checkout is over.")
        if what == "expire":
            session["status"] = "expired"
            self._raise("checkout.session.expired", session)
            return session
        if what not in ("pay", "authenticate"):
            raise Error(
                404,
                "invalid_request_error",
                "Somebody may pay, authenticate or expire.",
            )
        found = self._made(
            "sub",
            "subscription",
            customer=session["customer"],
            status="incomplete",
            cancel_at_period_end=False,
            trial_end=None,
            livemode=False,
            items=_items(self._id("si"), session["price"]),
        )
        self.subscriptions[found["id"]] = found
        self._raise("customer.subscription.created", found)
        if what == "authenticate":  # the bank asks for more, and nothing is paid yet
            self._invoice(found, "payment_action_required")
            return found
        self._pay(found)
        session["status"] = "complete"
        session["subscription"] = found["id"]
        self._raise("checkout.session.completed", session)
        return found

    def _happened(self, what: str, found: Said) -> Said:
        match what:
            case "pay" | "renew":
                self._pay(found)
            case "fail":
                self._invoice(found, "payment_failed")
                self._become(found, "updated", status="past_due")
            case "give_up":
                self._become(found, "updated", status="unpaid")
            case "expire":
                self._become(found, "updated", status="incomplete_expired")
            case "pause":
                self._become(found, "paused", status="paused")
            case "end":
                self._become(found, "deleted", status="canceled")
            case "dispute":
                charges = [
                    e
                    for e in self.charges.values()
                    if e["customer"] == found["customer"]
                ]
                dispute = self._made(
                    "dp",
                    "dispute",
                    charge=charges[-1]["id"],
                    status="needs_response",
                    livemode=False,
                )
                self.disputes[dispute["id"]] = dispute
                charges[-1]["disputed"] = True
                self._raise("charge.dispute.created", dispute)
                return dispute
            case _:
                raise Error(
                    404, "invalid_request_error", f"Nothing here is called {what}."
                )
        return found

    def _decided(self, what: str, dispute: Said) -> Said:
        if what not in ("win", "lose"):
            raise Error(404, "invalid_request_error", "Somebody may win or lose it.")
        dispute["status"] = "won" if what == "win" else "lost"
        self._raise("charge.dispute.closed", dispute)
        return dispute

    def _pay(self, found: Said) -> None:
        charge = self._made(
            "ch",
            "charge",
            customer=found["customer"],
            amount=_amount(found),
            disputed=False,
            livemode=False,
        )
        self.charges[charge["id"]] = charge
        self._raise("charge.succeeded", charge)
        self._invoice(found, "paid")
        if found["status"] != "active":
            self._become(found, "updated", status="active")

    def _invoice(self, found: Said, what: str) -> None:
        details = {"subscription_details": {"subscription": found["id"]}}
        invoice = self._made(
            "in",
            "invoice",
            customer=found["customer"],
            parent=details,
            amount_due=_amount(found),
        )
        self._raise(f"invoice.{what}", invoice)

    def _become(self, found: Said, what: str, **more: Any) -> Said:
        found.update(more)
        self._raise(f"customer.subscription.{what}", found)
        return found

    # What is told.

    def _time(self) -> int:
        return int(self._now())

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):06d}{random.getrandbits(64):016x}"

    def _made(self, prefix: str, object_: str, **more: Any) -> Said:
        return {
            "id": self._id(prefix),
            "object": object_,
            "created": self._time(),
            **more,
        }

    def _raise(self, type_: str, about: Said) -> None:
        self._second = self._time()
        self.events.append(
            {
                "id": self._id("evt"),
                "object": "event",
                "type": type_,
                "created": self._second,
                "livemode": False,
                "data": {"object": json.loads(json.dumps(about))},
            }
        )

    async def _turn(self) -> None:
        """Waits for a second of which nothing is told yet: two acts are of two seconds, so that whoever
        hears of them knows which one was first."""
        while self._time() <= self._second:
            await asyncio.sleep(0.02)

    def take(self) -> list[Said]:
        """The events that nobody has sent yet."""
        found, self.events = self.events, []
        return found

    async def flush(self) -> None:
        """Begins to send what there is to be told, by a task of its own."""
        if self._send is None:
            return
        found = self.take()
        if self.lose or not found:
            return
        found = found * self.repeat
        if self.shuffle:
            random.shuffle(found)
        task = asyncio.create_task(self._told(found))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _told(self, events: Iterable[Said]) -> None:
        for event in events:
            content = json.dumps(event).encode()
            for attempt in range(TRIES):
                assert self._send is not None
                with suppress(httpx2.HTTPError):
                    if await self._send(content, signed(content)) < 300:
                        break
                await asyncio.sleep(min(5.0, 0.2 * 2**attempt))

    async def trouble(self, request: Request) -> Response:
        """What goes wrong from now on: {"fail": ["after"], "repeat": 3, "shuffle": true, "lose": false}."""
        said: Said = await request.json()
        self.fail = list(said.get("fail", self.fail))
        self.repeat = int(said.get("repeat", self.repeat))
        self.shuffle, self.lose = (
            bool(said.get("shuffle", self.shuffle)),
            bool(said.get("lose", self.lose)),
        )
        return JSONResponse(
            {
                "fail": self.fail,
                "repeat": self.repeat,
                "shuffle": self.shuffle,
                "lose": self.lose,
            }
        )

    @property
    def application(self) -> Starlette:
        """The provider over HTTP."""
        return Starlette(
            routes=[
                Route("/v1/{path:path}", self.call, methods=["GET", "POST"]),
                Route("/do/{id}/{what}", self.act, methods=["POST"]),
                Route("/trouble", self.trouble, methods=["POST"]),
            ]
        )


def signed(
    content: bytes, secret: str = DEVELOPMENT_SECRET, at: float | None = None
) -> dict[str, str]:
    """The headers of an event as Stripe signs it."""
    moment = int(time.time() if at is None else at)
    told = hmac.new(
        secret.encode(), f"{moment}.".encode() + content, hashlib.sha256
    ).hexdigest()
    return {
        "content-type": "application/json",
        "stripe-signature": f"t={moment},v1={told}",
    }


def posting(url: str) -> Send:
    """Sends events to the service."""
    client = httpx2.AsyncClient(timeout=10, trust_env=False)

    async def send(content: bytes, headers: Mapping[str, str]) -> int:
        return (
            await client.post(url, content=content, headers=dict(headers))
        ).status_code

    return send


def _nested(pairs: Iterable[tuple[str, str]]) -> Said:
    """What a form says: `line_items[0][price]` is inside of two others."""
    found: Said = {}
    for name, value in pairs:
        *above, last = re.findall(r"[^\[\]]+", name)
        inner = found
        for each in above:
            inner = inner.setdefault(each, {})
        inner[last] = value
    return found


def _items(id_: str, price: str) -> Said:
    return {
        "object": "list",
        "data": [{"id": id_, "object": "subscription_item", "price": {"id": price}}],
    }


def _amount(found: Said) -> int:
    return _price(found["items"]["data"][0]["price"]["id"])


def _price(price: str) -> int:
    if price not in AMOUNTS:
        raise Error(400, "invalid_request_error", f"There is no price {price}.")
    return AMOUNTS[price]


def _found(among: Mapping[str, Said], id_: str) -> Said:
    if id_ not in among:
        raise Error(
            404, "invalid_request_error", f"There is no {PAST.match(id_)} like that."
        )
    return among[id_]


def start(heard_at: str) -> str:
    """Starts it as a process of its own, which ends with this one and sends its events to a URL of
    the service; where it is."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    module = "invoicing.development.stripe"
    command = [
        sys.executable,
        "-m",
        module,
        "--with-parent",
        "--port",
        str(port),
        "--heard-at",
        heard_at,
    ]
    subprocess.Popen(command)  # noqa: S603 - this Python, and our own module
    return f"http://127.0.0.1:{port}"


async def _orphaned(server: uvicorn.Server) -> None:
    parent = os.getppid()
    while os.getppid() == parent and not server.should_exit:
        await asyncio.sleep(1)
    server.should_exit = True


async def _serve(port: int, url: str, *, with_parent: bool) -> None:
    fake = Fake(posting(url), url=f"http://127.0.0.1:{port}")
    server = uvicorn.Server(
        uvicorn.Config(
            fake.application,
            host="127.0.0.1",
            port=port,
            log_level="error",
            access_log=False,
            date_header=False,
        )
    )
    await asyncio.gather(server.serve(), *([_orphaned(server)] if with_parent else []))


def main() -> None:
    """Serves until it is interrupted."""
    parser = argparse.ArgumentParser(description="A billing provider for this machine.")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--heard-at", default="http://localhost:8000/webhooks/stripe")
    parser.add_argument(
        "--with-parent", action="store_true", help="end with whoever starts it"
    )
    options = parser.parse_args()
    asyncio.run(_serve(options.port, options.heard_at, with_parent=options.with_parent))


if __name__ == "__main__":
    main()

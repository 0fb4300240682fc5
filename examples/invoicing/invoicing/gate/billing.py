"""What events of the billing provider say of a tenant's subscription, recorded and nothing more.

The subscription follows by a trigger of the database, which looks at all that is recorded.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.problems import Problem
from invoicing.store.database import succeeded
from invoicing.store.statements import call as calling
from invoicing.types import Closed

HEAR: Final = calling("billing_hear_", 2)
PLANS: Final[Mapping[str, str]] = {
    "price_team": "team",
}
"""The plans by their prices: the catalogue is the service's own."""
STATES: Final[Mapping[str, str]] = {
    "incomplete": "incomplete",
    "incomplete_expired": "canceled",  # nobody has proven the first payment, and the trial is over
    "trialing": "trialing",
    "active": "active",
    "past_due": "past_due",
    "unpaid": "unpaid",
    "paused": "paused",
    "canceled": "canceled",
}
"""What a state of the provider's is here."""
PROGRESS: Final = (
    "incomplete",
    "trialing",
    "active",
    "past_due",
    "unpaid",
    "paused",
    "canceled",
)
"""What is taken for the later one of two states within a second, if nothing else says it."""
ASKED, FIRST, NEXT, PAYMENT, DISPUTE, LAST = -1_000_000, 1, 10, 30, 40, 90
"""The order of what is said of the same second: answers are of its beginning, in the order of their
microseconds, and an end is last."""
LATEST: Final = 253_402_300_799
"""The end of the year 9999, in seconds."""
MAX_ID: Final = 255
MAX_ITEMS: Final = 20

Said = dict[str, Any]


class ProviderEvent(Closed):
    """An event as it is signed: what is read of it is read by its type."""

    event: dict[str, Any]


async def follow(call: Call) -> Answer:
    """Records what an event says, in the transaction of its own record."""
    said = read(json.loads(call.body)["event"])
    if said is not None:
        statement, tenant = HEAR, call.principal.tenant_id
        succeeded(await call.database.run(statement, tenant, json.dumps(said)))
    return Answer(200, b"{}")


def read(event: Mapping[str, Any]) -> Said | None:
    """What an event says, or None where it says nothing of a subscription.

    Raises the problem of one that cannot be read.
    """
    type_, about = str(event.get("type")), _object(_object(event, "data"), "object")
    said = {
        "event_id": _text(event, "id"),
        "type": type_,
        "occurred_at": _moment(event.get("created")),
    }
    match type_.split("."):
        case ["checkout", "session", end]:
            return said | {"kind": end, "subject": _text(about, "id"), "rank": NEXT}
        case ["charge", "succeeded"]:
            return said | {
                "kind": "charge",
                "subject": _text(about, "id"),
                "rank": NEXT,
            }
        case ["charge", "dispute", "created"]:
            return said | {
                "kind": "disputed",
                "subject": _text(about, "id"),
                "rank": DISPUTE,
            }
        case ["charge", "dispute", "closed"]:
            kind = "lost" if about.get("status") == "lost" else "won"
            return said | {
                "kind": kind,
                "subject": _text(about, "id"),
                "rank": DISPUTE + 1,
            }
        case ["invoice", what]:
            subscription = _subscription(about)
            if subscription is None:
                return None  # of something that was bought once
            paid = what == "paid"
            return said | {
                "kind": "paid" if paid else "failed",
                "subject": subscription,
                "rank": PAYMENT + paid,
            }
        case _:
            found = snapshot(about)
            ranks = {"created": FIRST, "deleted": LAST}
            rank = ranks.get(
                type_.rpartition(".")[2], NEXT + PROGRESS.index(found["state"])
            )
            return said | found | {"rank": rank}


def snapshot(about: Mapping[str, Any]) -> Said:
    """What a subscription is, as the provider shows it. A price that is none of ours is no plan."""
    status = about.get("status")
    state = STATES.get(status) if isinstance(status, str) else None
    if state is None:
        raise _unreadable("its status")
    items, trial = _object(about, "items").get("data"), about.get("trial_end")
    prices = (
        [_price(each) for each in items[:MAX_ITEMS]] if isinstance(items, list) else []
    )
    return {
        "kind": "state",
        "subject": _text(about, "id"),
        "state": state,
        "plan": next((PLANS[each] for each in prices if each in PLANS), None),
        "began_at": _moment(about.get("created")),
        "ends_at": trial and _moment(trial),
    }


def _price(item: object) -> str:
    price = item.get("price") if isinstance(item, dict) else None
    return str(price.get("id")) if isinstance(price, dict) else ""


def _subscription(invoice: Mapping[str, Any]) -> str | None:
    """The subscription that an invoice is of: where it stands depends on the version of the API."""
    parent = invoice.get("parent")
    details = parent.get("subscription_details") if isinstance(parent, dict) else None
    found = (
        details.get("subscription")
        if isinstance(details, dict)
        else invoice.get("subscription")
    )
    return found if isinstance(found, str) and 1 <= len(found) <= MAX_ID else None


def _object(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = of.get(name)
    if not isinstance(found, dict):
        raise _unreadable(name)
    return found


def _text(of: Mapping[str, Any], name: str) -> str:
    found = of.get(name)
    if not isinstance(found, str) or not 1 <= len(found) <= MAX_ID or "\0" in found:
        raise _unreadable(name)
    return found


def _moment(value: object) -> str:
    """A moment as PostgreSQL reads it, of whole seconds since 1970."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not 0 <= value <= LATEST
    ):
        raise _unreadable("a moment")
    return datetime.fromtimestamp(value, UTC).isoformat()


def _unreadable(what: str) -> Problem:
    return Problem(
        422, "invalid_request", f"The event does not say {what} as it should."
    )

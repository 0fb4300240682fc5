"""Calls hooks of yours once the effect of an action is committed: at least once.

One that raises is called again, after a while that grows, until it has been called often enough.
Whatever it does elsewhere has to bear that: `Committed.id` is the same each time, and can be sent
along as an idempotency key.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

import structlog

from invoicing.gate.actions import hook
from invoicing.resources.invoice.models import SendInvoiceInput
from invoicing.work.queue import Ended, Message, Queue

if TYPE_CHECKING:
    import hooks.invoice


@dataclass(frozen=True, slots=True)
class Committed:
    """An action whose effect is committed, with who did it and when. It is no transaction: the row
    may be another one by now, or gone."""

    id: UUID
    tenant_id: UUID
    member_id: UUID
    at: datetime
    attempt: int


@dataclass(frozen=True, slots=True)
class CommittedRow(Committed):
    """The same of an action on a row, which had this version then."""

    row_id: UUID
    version: int


class AfterSendInvoice(Protocol):
    """What follows send_invoice."""

    async def __call__(
        self, committed: CommittedRow, data: SendInvoiceInput, /
    ) -> None: ...


after_send_invoice: AfterSendInvoice = hook("invoice", "after_send")

if TYPE_CHECKING:
    _after_send_invoice: AfterSendInvoice = hooks.invoice.after_send


async def _send_invoice(message: Message) -> None:
    await after_send_invoice(
        CommittedRow(**_row(message)),
        SendInvoiceInput.model_validate_json(message["payload"]),
    )


CALLS: Final[Mapping[str, Callable[[Message], Awaitable[None]]]] = {
    "invoice.send": _send_invoice,
}
"""What a message calls, by its hook."""


def queue() -> Queue:
    """The queue of these messages. Those about one row are worked on in the order of its versions."""
    return Queue(
        "hooks",
        call,
        table="outbox_message",
        lane="hook",
        same="b.resource_id = d.resource_id",
        before="b.resource_version < d.resource_version",
        answers=False,
    )


async def call(message: Message) -> Ended:
    """One attempt."""
    found = CALLS.get(message["hook"])
    if found is None:
        return Ended("unknown_hook")  # another release has it
    try:
        await found(message)
    except NotImplementedError:
        return Ended("not_implemented")
    except Exception as error:
        structlog.get_logger().error(
            "hook_failed",
            hook=message["hook"],
            message=str(message["id"]),
            exc_info=error,
        )
        return Ended("hook_failed")
    return Ended()


def _action(message: Message) -> dict[str, Any]:
    return {
        "id": message["id"],
        "tenant_id": message["tenant_id"],
        "member_id": message["member_id"],
        "at": message["created_at"],
        "attempt": message["attempts"],
    }


def _row(message: Message) -> dict[str, Any]:
    return {
        **_action(message),
        "row_id": message["resource_id"],
        "version": message["resource_version"],
    }

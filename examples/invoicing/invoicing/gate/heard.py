"""Events of providers that a function of yours decides about: which row it is, and what is done.

It is called in the transaction of the event's record, with what the event says as the spec types
it. It may name one operation's row and body, and nothing else: the operation itself is done by the
same guards, as the role of the provider, as where no function is asked.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol
from uuid import UUID

from pydantic import TypeAdapter

from invoicing.gate.actions import Reader, hook
from invoicing.gate.problems import Problem
from invoicing.resources.invoice.models import OnPaymentsChargeSucceededInput

if TYPE_CHECKING:
    import hooks.invoice


@dataclass(frozen=True, slots=True)
class Heard:
    """An event whose signature is good and whose account is the tenant's.

    `connection` reads what the role of the provider reads, in this tenant alone.
    """

    tenant_id: UUID
    provider: str
    event_id: str
    type: str
    request_id: str
    connection: Reader


@dataclass(frozen=True, slots=True)
class Decision:
    """The row that an operation is on, or below, and the JSON of its body."""

    row: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Hook:
    """A function of yours: the model of what it is told, and how it is called with that."""

    model: TypeAdapter[Any]
    call: Callable[[Heard, str], Awaitable[Decision | None]]


def not_yet() -> NoReturn:
    """Ends an event without effect, whose row is not there yet: the provider sends it again."""
    raise Problem(404, "not_found")


def _id(row: object) -> str:
    if not isinstance(row, UUID):
        raise TypeError("the row is no UUID")
    return str(row)


class OnPaymentsChargeSucceeded(Protocol):
    """Says what charge.succeeded of payments does: settle, or nothing."""

    async def __call__(
        self, event: Heard, data: OnPaymentsChargeSucceededInput, /
    ) -> UUID | None: ...


on_payments_charge_succeeded: OnPaymentsChargeSucceeded = hook(
    "invoice", "on_payments_charge_succeeded"
)

if TYPE_CHECKING:
    _on_payments_charge_succeeded: OnPaymentsChargeSucceeded = (
        hooks.invoice.on_payments_charge_succeeded
    )


async def _decide_on_payments_charge_succeeded(
    event: Heard, told: str
) -> Decision | None:
    found = await on_payments_charge_succeeded(
        event, OnPaymentsChargeSucceededInput.model_validate_json(told)
    )
    if found is None:
        return None
    return Decision(_id(found))


ON_PAYMENTS_CHARGE_SUCCEEDED: Final = Hook(
    TypeAdapter(OnPaymentsChargeSucceededInput), _decide_on_payments_charge_succeeded
)

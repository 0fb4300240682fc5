"""What the operations on invoices do, once a request has passed the gate."""

from pydantic import TypeAdapter

from invoicing.gate.actions import begin
from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import changed, created, done, found
from invoicing.gate.pages import arguments, page
from invoicing.resources.invoice import hooks, statements
from invoicing.resources.invoice.models import (
    InvoiceRow,
    RemindInvoiceInput,
    SendInvoiceChanges,
    SendInvoiceInput,
    SettleInvoiceChanges,
    TransmitInvoiceChanges,
    VoidInvoiceChanges,
    VoidInvoiceInput,
)

SEND_CHANGES = TypeAdapter(SendInvoiceChanges)
SETTLE_CHANGES = TypeAdapter(SettleInvoiceChanges)
VOID_CHANGES = TypeAdapter(VoidInvoiceChanges)
TRANSMIT_CHANGES = TypeAdapter(TransmitInvoiceChanges)


async def list_(call: Call) -> Answer:
    """List invoices."""
    limit, sort, key, last_id, filters = arguments(call, 20)
    row = await call.run(statements.LIST, limit, sort, key, last_id, filters)
    return page(row, call.query)


async def create(call: Call) -> Answer:
    """Create an invoice."""
    row = await call.run(
        statements.CREATE,
        call.body,
        call.idempotency_key,
        call.fingerprint,
        call.request_id,
    )
    return created(row, "/invoices")


async def read(call: Call) -> Answer:
    """Read an invoice."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))


async def update(call: Call) -> Answer:
    """Change an invoice."""
    row = await call.run(
        statements.UPDATE, call.id, call.match, call.body, call.request_id
    )
    return changed(row)


async def delete(call: Call) -> Answer:
    """Delete an invoice."""
    return done(await call.run(statements.DELETE, call.id, call.match, call.request_id))


async def send(call: Call) -> Answer:
    """Numbers, dates and mails the invoice to the customer."""
    async with begin(call, statements.BEGIN, "send", call.id, call.match) as work:
        if work.earlier is not None:
            return changed(work.earlier)
        row = InvoiceRow.model_validate_json(work.body)
        changes = await hooks.send(
            work.action, row, SendInvoiceInput.model_validate_json(call.body)
        )
        checked = SEND_CHANGES.validate_python(changes, strict=True)
        return await work.finish_item(
            statements.FINISH, SEND_CHANGES.dump_json(checked, by_alias=True)
        )


async def settle(call: Call) -> Answer:
    """Marks the invoice as paid in full."""
    async with begin(call, statements.BEGIN, "settle", call.id, call.match) as work:
        if work.earlier is not None:
            return changed(work.earlier)
        row = InvoiceRow.model_validate_json(work.body)
        changes = await hooks.settle(work.action, row)
        checked = SETTLE_CHANGES.validate_python(changes, strict=True)
        return await work.finish_item(
            statements.FINISH, SETTLE_CHANGES.dump_json(checked, by_alias=True)
        )


async def void(call: Call) -> Answer:
    """Void an invoice."""
    async with begin(call, statements.BEGIN, "void", call.id, call.match) as work:
        if work.earlier is not None:
            return changed(work.earlier)
        row = InvoiceRow.model_validate_json(work.body)
        changes = await hooks.void(
            work.action, row, VoidInvoiceInput.model_validate_json(call.body)
        )
        checked = VOID_CHANGES.validate_python(changes, strict=True)
        return await work.finish_item(
            statements.FINISH, VOID_CHANGES.dump_json(checked, by_alias=True)
        )


async def transmit(call: Call) -> Answer:
    """Hands the invoice to the e-invoicing network of the EU."""
    async with begin(call, statements.BEGIN, "transmit", call.id, call.match) as work:
        if work.earlier is not None:
            return changed(work.earlier)
        row = InvoiceRow.model_validate_json(work.body)
        changes = await hooks.transmit(work.action, row)
        checked = TRANSMIT_CHANGES.validate_python(changes, strict=True)
        return await work.finish_item(
            statements.FINISH, TRANSMIT_CHANGES.dump_json(checked, by_alias=True)
        )


async def remind(call: Call) -> Answer:
    """Mails a reminder for each invoice that is overdue."""
    async with begin(call, statements.BEGIN, "remind", None, None) as work:
        if work.earlier is not None:
            return done(work.earlier)
        await hooks.remind(
            work.action, RemindInvoiceInput.model_validate_json(call.body)
        )
        return await work.finish(statements.FINISH, None, None, None)

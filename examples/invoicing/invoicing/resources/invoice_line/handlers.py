"""What the operations on invoice lines do, once a request has passed the gate."""

from pydantic import TypeAdapter

from invoicing.gate.actions import begin
from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import changed, created, done, found
from invoicing.gate.pages import arguments, page
from invoicing.resources.invoice_line import hooks, statements
from invoicing.resources.invoice_line.models import (
    InvoiceLineRow,
    LockInvoiceLineChanges,
)

LOCK_CHANGES = TypeAdapter(LockInvoiceLineChanges)


async def list_(call: Call) -> Answer:
    """List invoice lines."""
    limit, sort, key, last_id, filters = arguments(call, 100)
    row = await call.run(statements.LIST, call.id, limit, sort, key, last_id, filters)
    return page(row, call.query)


async def create(call: Call) -> Answer:
    """Create an invoice line."""
    row = await call.run(
        statements.CREATE,
        call.id,
        call.body,
        call.idempotency_key,
        call.fingerprint,
        call.request_id,
    )
    return created(row, "/invoice-lines")


async def read(call: Call) -> Answer:
    """Read an invoice line."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))


async def update(call: Call) -> Answer:
    """Change an invoice line."""
    row = await call.run(
        statements.UPDATE, call.id, call.match, call.body, call.request_id
    )
    return changed(row)


async def delete(call: Call) -> Answer:
    """Delete an invoice line."""
    return done(await call.run(statements.DELETE, call.id, call.match, call.request_id))


async def lock(call: Call) -> Answer:
    """Freezes the line once its invoice is sent."""
    async with begin(call, statements.BEGIN, "lock", call.id, call.match) as work:
        if work.earlier is not None:
            return changed(work.earlier)
        row = InvoiceLineRow.model_validate_json(work.body)
        changes = await hooks.lock(work.action, row)
        checked = LOCK_CHANGES.validate_python(changes, strict=True)
        return await work.finish_item(
            statements.FINISH, LOCK_CHANGES.dump_json(checked, by_alias=True)
        )

"""What events of the payment provider do to invoices, with the hook in hooks/invoice.py."""

from tests.contract.harness import Service
from tests.contract.test_inbound import effective


def test_a_transfer_settles_the_invoice_that_it_pays_in_full(service: Service) -> None:
    event = effective(service, "payments", "charge.succeeded")
    assert event.request is not None
    here = event.request.world.tenant_id
    made = service.run(
        service.admin.fetchrow(
            "update invoicing.invoice set total = 500 where tenant_id = $1 returning *",
            here,
        )
    )
    assert made is not None
    told = event.sent["data"]["object"]
    told |= {"amount": 499, "metadata": {"number": made["number"]}}
    assert (event.send().status_code, event.outcome) == (202, "declined")
    event.id = event.sent["id"] = f"{event.id}2"
    told["amount"] = 500
    assert (event.send().status_code, event.outcome) == (200, "done")
    status = service.run(
        service.admin.fetchval(
            "select status from invoicing.invoice where tenant_id = $1", here
        )
    )
    assert status == "paid"

"""Clients of the invoicing service, who repeat each request until it is answered."""

import asyncio
import itertools
import json
import random
from typing import Any, Final

from .journal import Journal, Kept, Row
from .service import Caller
from .wire import SECONDS, Answer, Connection, request

AGAIN: Final = 0.15
"""How often an answered key is sent once more, and how often twice at the same time."""
ROWS: Final = 20
"""Of each resource, that a client goes on with."""
PLURAL: Final = {"customer": "customers", "invoice": "invoices", "payment": "payments"}
ADDRESS: Final = {"street": "Main", "postal_code": "1", "city": "Ghent", "country": "BE"}


class Unanswered(Exception):
    """A request was repeated for a minute, and never answered."""


class Client:
    """An accountant, who makes and changes rows of their own, and a few that are everybody's."""

    def __init__(
        self,
        number: int,
        caller: Caller,
        ports: list[int],
        journal: Journal,
        shared: list[Row],
        seed: int,
    ) -> None:
        self._name = f"c{number}"
        self._caller = caller
        self._ports = ports
        self._journal = journal
        self._shared = shared
        self._random = random.Random(f"{seed} {number}")  # noqa: S311
        self._numbers = itertools.count(1)
        self._connections: dict[tuple[int, int], Connection] = {}
        self._rows: dict[str, list[Row]] = {}
        self.kept: list[Kept] = []
        self._prefix = chr(65 + number // 26) + chr(65 + number % 26)

    async def run(self, ended: asyncio.Event) -> None:
        """Does one thing after the other until it is told to end."""
        steps = (
            *(self._customer, self._invoice, self._line, self._line, self._payment),
            *(self._change, self._change, self._change, self._change_shared),
            *(self._act, self._act, self._delete, self._remind, self._repeat),
        )
        try:
            while not ended.is_set():
                await self._random.choice(steps)()
        except Unanswered as error:
            self._journal.fault(str(error))
        finally:
            for each in self._connections.values():
                each.close()

    async def share(self) -> None:
        """Makes a row that every client of the tenant may change."""
        row = await self._customer()
        row.owned = False
        row.told[1] = ""
        self._rows["customer"].remove(row)
        self._shared.append(row)

    async def repeat(self, kept: Kept) -> None:
        """Sends a key again that was answered; nothing may happen."""
        method, path, body, match = kept.request
        answer, _ = await self._answered(method, path, body, match, kept.key)
        self._journal.same(kept.answer, answer, f"{kept.operation} {kept.key}")

    # What it does.

    async def _customer(self) -> Row:
        marker = self._marker()
        body = {"name": marker, "email": f"{marker}@example.com", "region": "eu"}
        return await self._create("customer", "/customers", body | {"address": ADDRESS}, marker)

    async def _invoice(self) -> Row:
        customer = await self._one("customer")
        marker = self._marker()
        body = {
            "number": f"{self._prefix}-{next(self._numbers):06}",
            "title": marker,
            "customer_id": customer.id,
            "region": "eu",
            "due_on": "2031-05-17",
        }
        row = await self._create("invoice", "/invoices", body, marker)
        row.facts |= {"status": "draft", "positions": itertools.count(1), "lines": 0}
        return row

    async def _line(self) -> Row:
        invoice = await self._one("invoice")
        marker = self._marker()
        body = {
            "position": next(invoice.facts["positions"]),
            "description": marker,
            "quantity": "2.5",
            "unit_price": 8000,
            "tax_rate": "20",
        }
        path = f"/invoices/{invoice.id}/invoice-lines"
        row = await self._create("invoice_line", path, body, marker)
        invoice.facts["lines"] += 1
        row.facts["invoice"] = invoice
        return row

    async def _payment(self) -> Row:
        """Nothing of a payment is unique: only its key keeps it from being recorded twice."""
        invoice = await self._one("invoice")
        marker = self._marker()
        body = {
            "invoice_id": invoice.id,
            "amount": 19_999,
            "method": "cash",
            "received_on": "2031-01-31",
            "payer_account": marker,
        }
        row = await self._create("payment", "/payments", body, marker)
        row.facts["status"] = "received"
        return row

    async def _change(self) -> None:
        """A PATCH with If-Match. Without a key, a repetition finds the version already made."""
        resource = self._random.choice(("customer", "invoice", "invoice_line"))
        row = await self._one(resource)
        if resource == "invoice" and row.facts["status"] != "draft":
            return
        marker = self._marker()
        path = _path(row)
        answer, doubtful = await self._answered(
            "PATCH", path, _body({_field(row): marker}), row.version
        )
        told = answer.header("x-request-id")
        if doubtful and answer.status == 412:
            answer, _ = await self._answered("GET", path)
            told = ""
        if answer.status != 200 or answer.json[_field(row)] != marker:
            self._journal.fault(f"PATCH {path} of version {row.version}: {answer}")
            self._rows[resource].remove(row)
            return
        self._moved(row, answer, told, marker)

    async def _change_shared(self) -> None:
        row = self._random.choice(self._shared)
        path, marker = _path(row), self._marker()
        seen, _ = await self._answered("GET", path)
        if seen.status != 200:
            self._journal.fault(f"GET {path}: {seen}")
            return
        version: int = seen.json["version"]
        answer, doubtful = await self._answered("PATCH", path, _body({"name": marker}), version)
        if answer.status == 200:
            row.told[version + 1] = answer.header("x-request-id")
            self._journal.acknowledged += 1
            if answer.json["version"] != version + 1:
                self._journal.fault(f"PATCH {path} of version {version}: {answer}")
        elif answer.status == 412 and doubtful:
            row.doubtful.add(version + 1)
        elif answer.status != 412:
            self._journal.fault(f"PATCH {path} of version {version}: {answer}")

    async def _act(self) -> None:
        """An action on a row, with its key and with its version."""
        if self._random.random() < 0.3:
            row, name, status = await self._one("payment"), "refund", "refunded"
            if row.facts["status"] != "received":
                return
        else:
            row = await self._one("invoice")
            choices = {
                "draft": [("send", "sent")] if row.facts["lines"] else [],
                "sent": [("settle", "paid"), ("void", "void"), ("transmit", "sent")],
            }.get(row.facts["status"], [])
            if not choices:
                return
            name, status = self._random.choice(choices)
        body = {"send": {}, "void": {"reason": "x"}, "refund": {"reason": "x"}}.get(name)
        kept = await self._keyed(
            f"{name}_{row.resource}", f"{_path(row)}/{name}", body, 200, row, row.version
        )
        if kept is not None:
            row.facts["status"] = status
            self._moved(row, kept.answer, "", row.marker)

    async def _delete(self) -> None:
        """A DELETE with If-Match. Without a key, a repetition finds nothing any more."""
        row = await self._one("invoice_line")
        answer, doubtful = await self._answered("DELETE", _path(row), None, row.version)
        self._rows["invoice_line"].remove(row)
        if answer.status == 204 or (doubtful and answer.status == 404):
            row.deleted = True
            row.facts["invoice"].facts["lines"] -= 1
            self._journal.acknowledged += 1
        else:
            self._journal.fault(f"DELETE {_path(row)} of version {row.version}: {answer}")

    async def _remind(self) -> None:
        await self._keyed("remind_invoice", "/invoices/remind", {}, 204, None)

    async def _repeat(self) -> None:
        if self.kept:
            await self.repeat(self._random.choice(self.kept))

    # How it does it.

    async def _one(self, resource: str) -> Row:
        """One of its rows, or a new one."""
        rows = self._rows.setdefault(resource, [])
        if rows and (len(rows) > ROWS / 2 or self._random.random() < 0.7):
            return self._random.choice(rows)
        make = {
            "customer": self._customer,
            "invoice": self._invoice,
            "invoice_line": self._line,
            "payment": self._payment,
        }
        return await make[resource]()

    async def _create(self, resource: str, path: str, body: dict[str, Any], marker: str) -> Row:
        kept = await self._keyed(f"create_{resource}", path, body, 201, None)
        if kept is None:
            raise Unanswered(f"create_{resource}: there is no row to go on with")
        row = Row(resource, kept.answer.json["id"], marker)
        if row.id in self._journal.rows:
            self._journal.fault(f"create_{resource} {kept.key} was told of an older row, {row.id}")
        self._journal.rows[row.id] = row
        kept.row, kept.version = row, 1
        rows = self._rows.setdefault(resource, [])
        rows.append(row)
        if len(rows) > ROWS:
            rows.pop(self._random.randrange(len(rows) - 1))
        return row

    async def _keyed(
        self,
        operation: str,
        path: str,
        body: dict[str, Any] | None,
        status: int,
        row: Row | None,
        match: int | None = None,
    ) -> Kept | None:
        """A request with a key of its own, sent until it is answered, and sometimes again."""
        key = self._marker()
        sent = ("POST", path, None if body is None else _body(body), match)
        if self._random.random() < AGAIN:
            (answer, _), (other, _) = await asyncio.gather(
                self._answered(*sent, key), self._answered(*sent, key, lane=1)
            )
            self._journal.same(answer, other, f"{operation} {key}")
        else:
            answer, _ = await self._answered(*sent, key)
        if answer.status != status:
            self._journal.fault(f"{operation} {key}: {answer}")
            return None
        kept = Kept(operation, self._caller.member.id, key, sent, answer)
        if row is not None:
            kept.row, kept.version = row, row.version + 1
        self.kept.append(kept)
        self._journal.kept.append(kept)
        self._journal.acknowledged += 1
        if self._random.random() < AGAIN:
            await self.repeat(kept)
        return kept

    def _moved(self, row: Row, answer: Answer, told: str, marker: str) -> None:
        row.version += 1
        row.marker = marker
        row.told[row.version] = told
        self._journal.acknowledged += 1
        if answer.json["version"] != row.version:
            self._journal.fault(f"{_path(row)} was changed to {answer}, not to {row.version}")

    async def _answered(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        match: int | None = None,
        key: str | None = None,
        *,
        lane: int = 0,
    ) -> tuple[Answer, bool]:
        """Sends a request to any process, again and again until one answers it.

        Returns the answer, and whether one before it may have had the effect: it was lost, or the
        service could not know. Raises Unanswered after a minute.
        """
        loop = asyncio.get_running_loop()
        deadline, doubtful, last = loop.time() + SECONDS, False, ""
        while loop.time() < deadline:
            port = self._random.choice(self._ports)
            try:
                connection = self._connections.get((port, lane))
                if connection is None or connection.closed:
                    connection = await Connection.open(port)
                    self._connections[port, lane] = connection
            except OSError as error:
                last = str(error)
                await asyncio.sleep(0.02)
                continue
            self._journal.attempts += 1
            try:
                (answer,) = await connection.send(
                    [
                        request(
                            method, path, port, self._caller.token, body=body, match=match, key=key
                        )
                    ]
                )
            except (OSError, TimeoutError) as error:
                doubtful, last = True, str(error)
                continue
            if answer.status == 503:
                doubtful = True
            elif answer.code != "idempotency_in_flight":
                return answer, doubtful
            last = str(answer)
            await asyncio.sleep(0.02)
        raise Unanswered(f"{method} {path} {key or ''} was not answered: {last}")

    def _marker(self) -> str:
        return f"{self._name}-{next(self._numbers)}"


def _field(row: Row) -> str:
    return {"customer": "name", "invoice": "title", "invoice_line": "description"}[row.resource]


def _path(row: Row) -> str:
    return f"/{row.resource.replace('_', '-')}s/{row.id}"


def _body(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()

"""Endpoints hear of events: what is declared, signed, and nobody else's (AZ-3, AZ-4)."""

import asyncio
import base64
import hmac
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from invoicing import worker
from invoicing.development import world
from invoicing.development.world import Connection
from invoicing.gate.derived import DEVELOPMENT_KEY, parsed, secret
from invoicing.store.startup import UnsafeConfiguration
from invoicing.work.addresses import Addresses
from invoicing.work.queue import Message
from invoicing.work.webhooks import AGENT, Webhooks, body, queue
from tests.contract.harness import (
    ACCESS,
    Service,
    World,
    again,
    allowed,
    bound,
    prepare,
    world_of,
)
from tests.contract.tls import Authority

Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
KEY = b"w" * 32
"""The key of the service under test."""
URL = "https://hooks.example.com/"
SCHEMA = "invoicing"
TYPE = "invoice.changed"

RAISED: list[tuple[str, str, list[str]]] = [
    ("invoice.created", "create_invoice", []),
    ("invoice.changed", "update_invoice", ["status"]),
    ("invoice.changed", "settle_invoice", ["status"]),
    ("invoice.changed", "void_invoice", ["status"]),
    ("invoice.sent", "send_invoice", ["number", "status", "total", "issued_on"]),
    ("invoice.deleted", "delete_invoice", []),
]
"""The events, each with an operation that raises it and the fields that it tells."""


def hearing(here: World, *types: str, **given: object) -> str:
    """A new endpoint of a tenant that hears of these events; returns its id."""
    return here.row(
        "webhook_endpoint",
        **{"url": URL, "events": list(types), "active": True, **given},
    )


def messages(service: Service, tenant_id: UUID) -> list[Message]:
    """What there is to be told to the endpoints of a tenant."""
    query = f"select *, xmin::text as written from {SCHEMA}.webhook_delivery where tenant_id = $1 order by event"
    return [dict(each) for each in service.run(service.admin.fetch(query, tenant_id))]


def waiting(here: World, endpoint: str, **given: object) -> str:
    """A message that waits; returns its id."""
    values = {
        "event": TYPE,
        "resource": "some",
        "resource_id": str(uuid4()),
        "resource_version": 1,
        "payload": "{}",
    }
    row = {"tenant_id": str(here.tenant_id), "endpoint_id": endpoint, **values, **given}
    return str(
        here.service.run(world.insert(here.service.admin, "webhook_delivery", row))
    )


def claimed(service: Service, endpoint: str) -> list[Message]:
    """What a worker claims now for one endpoint: others of these tests may have messages too."""
    return [each for each in taken(service) if str(each["endpoint_id"]) == endpoint]


def taken(service: Service, most: int = 1000, each: int = 1000) -> list[Message]:
    """What a worker claims now."""

    async def claim() -> list[Message]:
        async with worker.pool(service.database.worker) as pool:
            return await queue(hooks()).claim(pool, most, each)

    return service.run(claim())


def state(service: Service, message: str) -> Message:
    """A message as it is stored now."""
    query = f"select *, due_at > now() as later from {SCHEMA}.webhook_delivery where id = $1"
    row = service.run(service.admin.fetchrow(query, UUID(message)))
    assert row is not None
    return dict(row)


def due(service: Service, message: str) -> None:
    """Lets time pass until a message is due."""
    query = f"update {SCHEMA}.webhook_delivery set due_at = now() where id = $1 and due_at is not null"
    service.run(service.admin.execute(query, UUID(message)))


def tried(service: Service, message: Message, hooks: Webhooks) -> str:
    """The state of a message after one attempt."""

    async def attempt() -> str:
        async with worker.pool(service.database.worker) as pool:
            found = queue(hooks)
            return await worker.Worker(pool, [found], worker.Metrics()).attempt(
                found, message
            )

    return service.run(attempt())


def hooks(**given: Any) -> Webhooks:
    """What posts messages, to this machine as well."""
    return Webhooks((KEY,), Addresses(development=True), **given)


@asynccontextmanager
async def answering(
    serve: Server, context: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """The port of a server on this machine."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def saying(answer: bytes, heard: list[bytes] | None = None) -> Server:
    """A server that says this to whoever has posted a message."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(
            head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        )
        said = await reader.readexactly(length)
        if heard is not None:
            heard.append(head + said)
        writer.write(answer)
        await writer.drain()
        writer.close()

    return serve


def message_to(url: str, **given: object) -> Message:
    """A message as it is claimed, for an endpoint at a URL."""
    return {
        "id": uuid4(),
        "tenant_id": uuid4(),
        "endpoint_id": uuid4(),
        "event": TYPE,
        "resource_id": uuid4(),
        "resource_version": 3,
        "payload": '{"a":"ü"}',
        "created_at": datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        "attempts": 1,
        "url": url,
        "active": True,
        "secret_version": 1,
        "former_secret_version": None,
        "former_valid_until": None,
        **given,
    }


def signatures(message: Message, sender: Webhooks) -> list[str]:
    """The signatures of a message."""
    return sender.signed(message, body(message))["webhook-signature"].split(" ")


def signature(key: bytes, headers: Mapping[str, str], content: bytes) -> str:
    """What Standard Webhooks makes of a secret, from scratch."""
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    return "v1," + base64.b64encode(hmac.new(key, text, "sha256").digest()).decode()


@pytest.mark.parametrize(("type_", "operation", "told"), RAISED)
def test_an_effect_is_told(
    service: Service, type_: str, operation: str, told: list[str]
) -> None:
    request = allowed(service, operation)
    endpoint = hearing(request.world, type_)
    response = request.send()
    assert response.is_success, response.text
    (message,) = messages(service, request.world.tenant_id)
    assert (message["event"], str(message["endpoint_id"])) == (type_, endpoint)
    assert (message["state"], message["attempts"]) == ("waiting", 0)
    about = ACCESS[operation]
    assert message["resource"] == about["resource"]
    row = f'select * from {SCHEMA}."{about["resource"]}" where id = $1'
    found = service.run(service.admin.fetchrow(row, message["resource_id"]))
    if about["verb"] == "delete":
        assert found is None
        assert str(message["resource_id"]) in request.path
        assert message["resource_version"] == 2
    else:
        assert found is not None
        assert message["resource_version"] == found["version"]
    assert sorted(json.loads(message["payload"])) == sorted(told)


@pytest.mark.parametrize(("type_", "operation", "told"), RAISED)
def test_it_is_told_in_the_transaction_of_the_effect(
    service: Service, type_: str, operation: str, told: list[str]
) -> None:
    del told
    request = allowed(service, operation)
    hearing(request.world, type_)
    assert request.send().is_success
    (message,) = messages(service, request.world.tenant_id)
    recorded = f"select xmin::text from {SCHEMA}.audit_event where tenant_id = $1"
    found = service.run(service.admin.fetchval(recorded, request.world.tenant_id))
    assert message["written"] == found


@pytest.mark.parametrize(("type_", "operation", "told"), RAISED)
def test_what_is_refused_is_not_told(
    service: Service, type_: str, operation: str, told: list[str]
) -> None:
    del told
    request = prepare(service, operation, None)
    hearing(request.world, type_)
    assert request.send().status_code == 403
    request = allowed(service, operation)
    hearing(request.world, type_)
    if ACCESS[operation]["conditional"]:
        request.headers["if-match"] = '"7"'
        assert request.send().status_code == 412
    else:
        request.body = {"unknown": 1}
        assert request.send().status_code == 422
    assert messages(service, request.world.tenant_id) == []


@pytest.mark.parametrize(("type_", "operation", "told"), RAISED)
def test_nobody_else_hears_of_it(
    service: Service, type_: str, operation: str, told: list[str]
) -> None:
    del told
    request = allowed(service, operation)
    others = world_of(service, None)
    hearing(others, type_)
    hearing(request.world, type_, active=False)
    hearing(request.world, "another.event")
    assert request.send().is_success
    assert messages(service, request.world.tenant_id) == []
    assert messages(service, others.tenant_id) == []


REPEATED = [
    each for each in RAISED if ACCESS[each[1]].get("idempotency_key", "none") != "none"
]


@pytest.mark.parametrize(("type_", "operation", "told"), REPEATED or RAISED[:1])
def test_what_is_repeated_is_told_once(
    service: Service, type_: str, operation: str, told: list[str]
) -> None:
    del told
    request = allowed(service, operation)
    hearing(request.world, type_)
    first, second = request.send(), request.send()
    if (type_, operation) in [each[:2] for each in REPEATED]:
        assert first.is_success
        assert second.is_success
    assert len(messages(service, request.world.tenant_id)) == 1
    again(request)


def test_messages_and_endpoints_are_a_tenants_own(
    service: Service, runtime: Connection
) -> None:
    here, other = (world_of(service, None) for _ in range(2))
    for each in (here, other):
        waiting(each, hearing(each, TYPE))

    async def seen() -> set[UUID]:
        async with bound(runtime, here.tenant_id, here.me.id):
            rows = [
                row
                for table in ("webhook_endpoint", "webhook_delivery")
                if table
                in world.CATALOG["resources"]  # what nobody is granted is not even read
                for row in await runtime.fetch(
                    f"select tenant_id from {SCHEMA}.{table}"
                )
            ]
            return {row["tenant_id"] for row in rows}

    assert service.run(seen()) <= {here.tenant_id}


def test_the_service_adds_messages_to_its_tenant_alone(
    service: Service, runtime: Connection
) -> None:
    here, other = (world_of(service, None) for _ in range(2))

    async def add() -> None:
        async with bound(runtime, here.tenant_id, here.me.id):
            await runtime.execute(
                f"insert into {SCHEMA}.webhook_delivery (tenant_id, endpoint_id, event, resource, resource_id,"
                " resource_version, payload) values ($1, $2, 'a', 'a', $2, 1, '{}')",
                other.tenant_id,
                uuid4(),
            )

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        service.run(add())


def test_the_worker_reaches_messages_and_nothing_else(service: Service) -> None:
    database = service.database
    service.run(worker.check(database.worker, development=True))
    with pytest.raises(UnsafeConfiguration, match="reaches more than messages"):
        service.run(worker.check(database.app, development=True))
    with pytest.raises(UnsafeConfiguration, match="do not bind"):
        service.run(worker.check(database.admin, development=True))

    async def reach(statement: str) -> None:
        connection = await asyncpg.connect(database.worker)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    for statement in (
        f"select from {SCHEMA}.member",
        f"update {SCHEMA}.webhook_delivery set payload = '{{}}'",
        f"update {SCHEMA}.webhook_delivery set tenant_id = gen_random_uuid()",
        f"update {SCHEMA}.webhook_endpoint set url = ''",
        f"insert into {SCHEMA}.webhook_delivery default values",
        f"delete from {SCHEMA}.webhook_delivery",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            service.run(reach(statement))


def test_a_message_is_leased_to_one_worker(service: Service) -> None:
    here = world_of(service, None)
    endpoint = hearing(here, TYPE)
    message = waiting(here, endpoint)
    (first,) = claimed(service, endpoint)
    assert first["attempts"] == 1
    assert claimed(service, endpoint) == []
    assert state(service, message)["later"]


def test_what_a_worker_dies_with_is_due_after_its_lease(service: Service) -> None:
    here = world_of(service, None)
    endpoint = hearing(here, TYPE, url="http://localhost:1/")
    message = waiting(here, endpoint)
    (lost,) = claimed(service, endpoint)
    due(service, message)
    (second,) = claimed(service, endpoint)
    assert (second["id"], second["attempts"]) == (lost["id"], 2)
    # Whoever comes back to life with it changes nothing.
    before = state(service, message)
    tried(service, lost, hooks())
    assert state(service, message) == before


def test_messages_of_a_row_are_told_in_order(service: Service) -> None:
    here = world_of(service, None)
    endpoint, another = hearing(here, TYPE), hearing(here, TYPE)
    row = str(uuid4())
    second = waiting(here, endpoint, resource_id=row, resource_version=2)
    first = waiting(here, endpoint, resource_id=row, resource_version=1)
    of_another_row = waiting(here, endpoint, resource_version=5)
    elsewhere = waiting(here, another, resource_id=row, resource_version=2)
    found = {
        str(each["id"]): each
        for each in taken(service)
        if each["tenant_id"] == here.tenant_id
    }
    assert found.keys() == {first, of_another_row, elsewhere}
    # While the first one fails, and until it is due again, the second one waits.
    assert (
        tried(service, {**found[first], "url": "http://localhost:1/"}, hooks())
        == "waiting"
    )
    assert claimed(service, endpoint) == []
    due(service, first)
    (message,) = claimed(service, endpoint)
    assert str(message["id"]) == first
    tried(service, {**message, "active": False}, hooks())
    (message,) = claimed(service, endpoint)
    assert str(message["id"]) == second


def test_no_endpoint_takes_the_whole_worker(service: Service) -> None:
    here = world_of(service, None)
    endpoint = hearing(here, TYPE)
    for _ in range(5):
        waiting(here, endpoint)
    mine = [
        each for each in taken(service, each=3) if str(each["endpoint_id"]) == endpoint
    ]
    assert len(mine) == 3


def test_a_message_arrives_signed(service: Service) -> None:
    here = world_of(service, None)
    heard: list[bytes] = []

    async def posted() -> str:
        async with (
            answering(saying(b"HTTP/1.1 204 No Content\r\n\r\n", heard)) as port,
            worker.pool(service.database.worker) as pool,
        ):
            endpoint = await asyncio.to_thread(
                hearing, here, TYPE, url=f"http://localhost:{port}/in"
            )
            await asyncio.to_thread(waiting, here, endpoint, payload='{"a":"b"}')
            found = queue(hooks())
            working = worker.Worker(pool, [found], worker.Metrics())
            for message in await working.step(found):
                if message["tenant_id"] == here.tenant_id:
                    return await working.attempt(found, message)
            return ""

    assert asyncio.run(posted()) == "delivered"
    (message,) = messages(service, here.tenant_id)
    assert (message["state"], message["last_status"], message["due_at"]) == (
        "delivered",
        204,
        None,
    )
    head, _, content = heard[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /in HTTP/1.1"
    headers = {
        name.lower(): value
        for name, _, value in (each.partition(": ") for each in lines[1:])
    }
    assert headers["user-agent"] == AGENT
    assert headers["webhook-id"] == str(message["id"])
    key = secret(KEY, str(here.tenant_id), str(message["endpoint_id"]), 1)
    assert headers["webhook-signature"] == signature(key, headers, content)
    assert abs(int(headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60
    told = json.loads(content)
    assert told == {
        "type": TYPE,
        "timestamp": message["created_at"].isoformat(),
        "data": {"id": str(message["resource_id"]), "version": 1, "a": "b"},
    }


@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "", 200),
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", "status", 500),
        (
            b"HTTP/1.1 302 Found\r\nlocation: http://localhost:1/\r\n\r\n",
            "redirect",
            302,
        ),
        (b"HTTP/1.1 410 Gone\r\n\r\n", "gone", 410),
        (b"no HTTP\r\n\r\n", "protocol", None),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 100_000, "protocol", None),
    ],
)
def test_an_answer_counts_by_its_status_alone(
    answer: bytes, error: str, status: int | None
) -> None:
    heard: list[bytes] = []

    async def posted() -> tuple[str, int | None]:
        async with answering(saying(answer, heard)) as port:
            ended = await hooks().deliver(message_to(f"http://localhost:{port}/"))
            return ended.error, ended.status

    assert asyncio.run(posted()) == (error, status)
    assert len(heard) == 1  # no redirect was followed


def test_an_answer_without_end_is_not_read() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65_536)
                await writer.drain()
        except OSError:
            writer.close()

    async def posted() -> int | None:
        async with answering(serve) as port:
            return (
                await hooks().deliver(message_to(f"http://localhost:{port}/"))
            ).status

    assert asyncio.run(asyncio.wait_for(posted(), 10)) == 200


def test_an_answer_that_does_not_come_is_not_waited_for() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def posted() -> str:
        async with answering(serve) as port:
            return (
                await hooks(seconds=0.1).deliver(
                    message_to(f"http://localhost:{port}/")
                )
            ).error

    assert asyncio.run(asyncio.wait_for(posted(), 10)) == "timeout"


@pytest.mark.parametrize(
    ("named", "error"), [("localhost", ""), ("another.example.com", "certificate")]
)
def test_the_server_has_to_be_the_host_of_the_url(
    tmp_path: Path, named: str, error: str
) -> None:
    authority = Authority(tmp_path, named)
    authority.context.set_alpn_protocols(["http/1.1"])
    trusting = ssl.create_default_context(cafile=str(authority.file))

    async def posted() -> str:
        async with answering(
            saying(b"HTTP/1.1 200 OK\r\n\r\n"), authority.context
        ) as port:
            sender = hooks(context=trusting)
            return (
                await sender.deliver(message_to(f"https://localhost:{port}/"))
            ).error

    assert asyncio.run(posted()) == error


def test_a_certificate_of_nobody_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path)

    async def posted() -> str:
        async with answering(
            saying(b"HTTP/1.1 200 OK\r\n\r\n"), authority.context
        ) as port:
            return (
                await hooks().deliver(message_to(f"https://localhost:{port}/"))
            ).error

    assert asyncio.run(posted()) == "certificate"


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://localhost:1")
        monkeypatch.setenv(name.lower(), "http://localhost:1")

    async def posted() -> int | None:
        async with answering(saying(b"HTTP/1.1 200 OK\r\n\r\n")) as port:
            return (
                await hooks().deliver(message_to(f"http://localhost:{port}/"))
            ).status

    assert asyncio.run(posted()) == 200


def test_outside_of_development_this_machine_hears_nothing() -> None:
    sender = Webhooks((KEY,), Addresses())
    ended = asyncio.run(sender.deliver(message_to("http://localhost:8000/")))
    assert (ended.error, ended.final) == ("not_https", False)


@pytest.mark.parametrize(
    ("given", "error"),
    [({"url": None}, "endpoint_deleted"), ({"active": False}, "endpoint_inactive")],
)
def test_who_is_switched_off_hears_nothing(
    given: dict[str, object], error: str
) -> None:
    ended = asyncio.run(hooks().deliver({**message_to("http://localhost:1/"), **given}))
    assert (ended.error, ended.final) == (error, True)


def test_a_rotated_secret_signs_for_its_overlap() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    sender = hooks(now=now.timestamp)
    fresh = message_to(URL, secret_version=4)
    during = {
        **fresh,
        "former_secret_version": 1,
        "former_valid_until": now + timedelta(seconds=1),
    }
    after = {**during, "former_valid_until": now}
    old = signatures({**fresh, "secret_version": 1}, sender)
    new = signatures(fresh, sender)
    assert new != old
    assert signatures(during, sender) == new + old
    assert signatures(after, sender) == new


def test_every_key_of_the_deployment_signs() -> None:
    keys = (b"n" * 32, b"o" * 32)
    message = message_to(URL)
    new, old = (
        signatures(message, Webhooks((key,), Addresses(), now=lambda: 0))
        for key in keys
    )
    assert signatures(message, Webhooks(keys, Addresses(), now=lambda: 0)) == new + old


def test_a_secret_is_of_one_row_and_one_version() -> None:
    tenant, row = str(uuid4()), str(uuid4())
    found = {
        secret(*each)
        for each in (
            (KEY, tenant, row, 1),
            (KEY, tenant, row, 2),
            (KEY, tenant, tenant, 1),
            (KEY, row, row, 1),
            (b"another", tenant, row, 1),
        )
    }
    assert len(found) == 5
    assert {len(each) for each in found} == {32}


def test_outside_of_development_a_key_is_asked_for() -> None:
    assert parsed("", development=True) == (DEVELOPMENT_KEY,)
    assert parsed(f" {'a' * 32} , {'b' * 32}", development=False) == (
        b"a" * 32,
        b"b" * 32,
    )
    for bad in ("", ",", "short", f"{'a' * 32},short"):
        with pytest.raises(UnsafeConfiguration, match="WEBHOOK_KEYS must have keys"):
            parsed(bad, development=False)


def test_a_secret_is_told_and_stored_nowhere(service: Service) -> None:
    response = allowed(service, "create_webhook_endpoint").send()
    assert response.status_code == 201, response.text
    told = base64.b64decode(response.json()["secret"].removeprefix("whsec_"))
    row = f"select tenant_id, t::text as text from {SCHEMA}.webhook_endpoint t where id = $1"
    found = service.run(service.admin.fetchrow(row, UUID(response.json()["id"])))
    assert found is not None
    assert told == secret(KEY, str(found["tenant_id"]), response.json()["id"], 1)
    assert response.json()["secret"] not in found["text"]
    assert told.hex() not in found["text"]


def test_a_tenant_has_so_many_endpoints_at_most(service: Service) -> None:
    request = allowed(service, "create_webhook_endpoint")
    for _ in range(20):
        hearing(request.world, TYPE)
    assert request.send().status_code == 409


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://user:password@hooks.example.com/",
        "https://[::1]/",
        "ftp://hooks.example.com/",
        "https://hooks.example.com/ a",
        "hooks.example.com",
    ],
)
def test_an_address_of_another_form_is_refused(service: Service, url: str) -> None:
    request = allowed(service, "create_webhook_endpoint")
    assert request.body is not None
    request.body["url"] = url
    assert request.send().status_code == 422


def test_a_rotation_makes_another_secret(service: Service) -> None:
    request = allowed(service, "rotate_webhook_endpoint")
    request.body = {"overlap": 60}
    response = request.send()
    assert response.status_code == 200, response.text
    told = base64.b64decode(response.json()["secret"].removeprefix("whsec_"))
    row = f"select * from {SCHEMA}.webhook_endpoint where id = $1"
    found = service.run(service.admin.fetchrow(row, UUID(request.path.split("/")[2])))
    assert found is not None
    assert (found["secret_version"], found["former_secret_version"]) == (2, 1)
    assert told == secret(KEY, str(found["tenant_id"]), str(found["id"]), 2)
    left = found["former_valid_until"] - datetime.now(UTC)
    assert timedelta(0) < left <= timedelta(seconds=60)


def test_a_retry_is_due_at_once(service: Service) -> None:
    request = allowed(service, "retry_webhook_delivery")
    message = request.path.split("/")[2]
    query = f"update {SCHEMA}.webhook_delivery set state = 'dead', due_at = null, attempts = 16 where id = $1"
    service.run(service.admin.execute(query, UUID(message)))
    response = request.send()
    assert response.status_code == 200, response.text
    assert "payload" not in response.json()
    found = state(service, message)
    assert (found["state"], found["attempts"], found["later"]) == ("waiting", 0, False)

"""A running service, and worlds to send requests from: a tenant, a caller and a row each."""

import asyncio
import itertools
import json
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

import asyncpg
import httpx2
import uvicorn
from pydantic import SecretStr

from invoicing import app
from invoicing.development import plans, world
from invoicing.development.database import Database, roles
from invoicing.development.examples import example
from invoicing.development.issuer import DevelopmentIssuer
from invoicing.development.world import Connection, Member
from invoicing.gate.operation import JSON, MERGE_PATCH, Operation
from invoicing.operations import OPERATIONS
from invoicing.settings import Settings
from invoicing.store.statements import CALLER

Result = TypeVar("Result")

DATABASE: Final = f"invoicing_test_{os.getpid()}"
"""The database of this process."""
OWNER, APP, BACKUP, WORKER = roles(DATABASE)
HERE: Final = Path(__file__).parent
ACCESS: Final[Mapping[str, Any]] = json.loads((HERE / "access.json").read_text("utf-8"))
"""Who may do what, from the spec, with a world in which each answer is to be expected."""
CONTRACT: Final[Mapping[str, Any]] = json.loads(app.CONTRACT.read_text("utf-8"))
RECEIVERS: Final = {
    each.path: CONTRACT["paths"].pop(each.path)
    for each in OPERATIONS
    if each.provider is not None
}
"""What the contract says of the operations that a signature lets in, in place of a token: all other
tests are about tokens."""
TABLE: Final[Mapping[str, Operation]] = {
    each.id: each for each in OPERATIONS if each.provider is None
}
SLUGS: Final = (f"tenant-{number}" for number in itertools.count())
EVERY_ROLE: Final = "{" + ",".join(sorted(world.CATALOG["roles"])) + "}"
NOBODY: Final = "00000000-0000-4000-8000-ffffffffffff"
"""The id of what never existed."""


class Service:
    """The service on a port of this machine, in a thread of its own."""

    def __init__(
        self, database: Database, issuer: DevelopmentIssuer, **settings: Any
    ) -> None:
        self.database = database
        self.issuer = issuer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        # Named as TCP, so that asyncio sets TCP_NODELAY on what it accepts.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        chosen: dict[str, Any] = {
            "environment": "development",
            "database_url": SecretStr(database.app),
            "development_jwks": str(issuer.public),
            "allowed_hosts": f"127.0.0.1:{port}",
            "pseudonym_key": SecretStr("of the tests, and of nothing else"),
            "payments_webhook_secret": SecretStr(
                "d2l0aCB3aGljaCBvdXIgdGVzdHMgc2lnbiBldmVudHM="
            ),
            "stripe_webhook_secret": SecretStr(
                "d2l0aCB3aGljaCBvdXIgdGVzdHMgc2lnbiBldmVudHM="
            ),
            "webhook_keys": SecretStr("w" * 32),
            "log_level": "ERROR",
        }
        application = app.create_app(Settings(**(chosen | settings)))
        config = uvicorn.Config(
            application,
            http="invoicing.server:Connection",
            log_level="error",
            access_log=False,
            lifespan="on",
        )
        self._server = uvicorn.Server(config)
        self._serving = asyncio.run_coroutine_threadsafe(
            self._serve(listener), self._loop
        )
        while not self._server.started:
            if self._serving.done():
                self._serving.result()
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx2.Client(base_url=self.url, timeout=20)
        self.kept: dict[str, Prepared] = {}
        self.admin: Connection = self.run(asyncpg.connect(database.admin))

    async def _serve(self, listener: socket.socket) -> None:
        try:
            await self._server.serve([listener])
        except SystemExit:
            raise RuntimeError("the service did not start; its log says why") from None

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Runs a coroutine beside the service."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self) -> None:
        """Stops serving."""
        self.client.close()
        self.run(self.admin.close())
        self._server.should_exit = True
        self._serving.result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()


@dataclass
class World:
    """A tenant with one caller, and the rows that a request needs."""

    service: Service
    tenant_id: UUID
    me: Member
    claims: dict[str, object]
    number: int = 0
    rows: dict[str, str] = field(default_factory=dict)
    shown: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By resource: the values of a row that the caller may see."""

    @property
    def token(self) -> str:
        """The caller's access token."""
        return self.service.issuer.sign(self.claims)

    def row(self, resource: str, /, **given: object) -> str:
        """A new row of the caller's tenant; returns its id."""
        self.number += 1
        values = {name: self.resolve(value) for name, value in given.items()}
        connection = self.service.admin
        return str(
            self.service.run(
                world.add_row(connection, resource, self.me, self.number, **values)
            )
        )

    def resolve(self, value: object) -> object:
        """A value of the access matrix, with the members and rows of this world put in."""
        if isinstance(value, list):
            return [self.resolve(each) for each in value]
        if value == "@me":
            return str(self.me.id)
        if value == "@other":
            return str(self._colleague().id)
        if isinstance(value, str) and value.startswith("@row:"):
            resource = value.removeprefix("@row:")
            if resource not in self.rows:
                given = dict(self.shown.get(resource, {}))
                given.pop("id", None)
                self.rows[resource] = self.row(resource, **given)
            return self.rows[resource]
        if isinstance(value, str) and value.startswith("@new:"):
            return self.row(value.removeprefix("@new:"))
        return value

    def _colleague(self) -> Member:
        connection = self.service.admin
        name = f"colleague-{uuid4()}"
        return self.service.run(world.add_member(connection, self.tenant_id, name))


def world_of(
    service: Service, role: str | None, facts: Mapping[str, Any] | None = None
) -> World:
    """A new tenant and a caller with one role, or with none, as `facts` describe them."""
    facts = facts or {"user": {}, "tenant": {}}
    connection = service.admin
    tenant_id = service.run(
        world.add_tenant(connection, next(SLUGS), **facts["tenant"])
    )
    service.run(plans.hold_off(connection, tenant_id))
    subject = f"{role or 'nobody'}-{uuid4()}"
    roles = [role] if role else []
    me = service.run(world.add_member(connection, tenant_id, subject, *roles))
    claims = service.issuer.claims(subject, str(tenant_id), service=me.service)
    found = World(service, tenant_id, me, claims, shown=facts.get("references", {}))
    for name, value in facts["user"].items():
        claims[name] = found.resolve(value)
    return found


def colleague(here: World, role: str) -> World:
    """Another caller in the same tenant, with one role."""
    service, subject = here.service, f"{role}-{uuid4()}"
    me = service.run(world.add_member(service.admin, here.tenant_id, subject, role))
    claims = service.issuer.claims(subject, str(here.tenant_id), service=me.service)
    return World(service, here.tenant_id, me, claims)


@dataclass
class Prepared:
    """A request that is ready to be sent, and may be spoilt first."""

    world: World
    operation: Operation
    path: str
    headers: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None

    @property
    def content(self) -> bytes | None:
        """The body as it is sent, if there is one."""
        return None if self.body is None else json.dumps(self.body).encode()

    def send(self, client: httpx2.Client | None = None) -> httpx2.Response:
        """Sends it, to another process of the service if its client is given."""
        return (client or self.world.service.client).request(
            self.operation.method,
            self.path,
            params=self.query,
            headers=self.headers,
            content=self.content,
        )


def prepare(
    service: Service,
    operation_id: str,
    role: str | None,
    facts: Mapping[str, Any] | None = None,
    *,
    caller: World | None = None,
) -> Prepared:
    """A request of a caller in this role for a row as `facts` describe it.

    With another `caller`, the row stays where it is and the token is theirs.
    """
    operation, about = TABLE[operation_id], ACCESS[operation_id]
    facts = facts or _any_allowed(about)
    here = world_of(service, role, facts)
    if plans.WIDEST not in about.get("plans", (plans.WIDEST,)):
        service.run(plans.subscribe(service.admin, here.tenant_id, about["plans"][0]))
    headers = {"authorization": f"Bearer {(caller or here).token}"}
    if about["conditional"]:
        headers["if-match"] = '"1"'
    if about["idempotency_key"] != "none":
        headers["idempotency-key"] = str(uuid4())
    if operation.body is not None:
        media_type = MERGE_PATCH if operation.body.media_type == MERGE_PATCH else JSON
        headers["content-type"] = media_type.decode()
    return Prepared(
        here,
        operation,
        _path(here, operation, about, facts),
        headers,
        body=body_of(here, operation_id, facts),
    )


def _any_allowed(about: Mapping[str, Any]) -> Mapping[str, Any]:
    """A world in which somebody is allowed: for callers who are not, whatever the row is."""
    for each in about["roles"].values():
        if each["allowed"]:
            facts: Mapping[str, Any] = each
            return facts
    return {"row": {}, "user": {}, "tenant": {}, "parent": {}, "fields": None}


def _path(
    here: World,
    operation: Operation,
    about: Mapping[str, Any],
    facts: Mapping[str, Any],
) -> str:
    if "{" not in operation.path:
        return operation.path
    if about["parent"]:
        found = here.row(about["parent"], **(facts.get("parent") or {}))
        here.rows[about["parent"]] = found
    else:
        found = here.row(about["resource"], **facts["row"])
    head, _, tail = operation.path.partition("{")
    return head + found + tail.partition("}")[2]


def body_of(
    here: World, operation_id: str, facts: Mapping[str, Any]
) -> dict[str, Any] | None:
    """A body that the contract accepts, for this world."""
    schema = body_schema(operation_id)
    if schema is None:
        return None
    about = ACCESS[operation_id]
    here.number += 1
    if about["verb"] == "update":
        properties = schema["properties"]
        return {
            name: example(properties[name], here.number)
            for name in facts["fields"] or ()
        }
    body: dict[str, Any] = example(schema, here.number)
    if about["verb"] == "create":
        references = world.CATALOG["resources"][about["resource"]]["references"]
        for name in body:
            if name in references:
                body[name] = here.resolve(f"@row:{references[name]}")
        covered = facts["fields"] or schema["properties"]
        for name, value in facts["row"].items():
            if name in schema["properties"] and name in covered:
                body[name] = here.resolve(value)
    if "gives" in facts and "roles" in body:
        body["roles"] = facts["gives"][:1]
        if about["verb"] == "create":
            body["email"] = f"invited-{here.number}@example.com"
        if "kind" in body and operation_id == "create_billing_request":
            if body["kind"] in {
                "checkout",
                "change",
                "preview",
            }:
                body.setdefault("plan", "team")
            else:
                body.pop("plan", None)
    return body


def body_schema(operation_id: str) -> dict[str, Any] | None:
    """The schema of an operation's body in the contract."""
    operation = TABLE[operation_id]
    promised = CONTRACT["paths"][operation.path][operation.method.lower()]
    if "requestBody" not in promised:
        return None
    (content,) = promised["requestBody"]["content"].values()
    name = content["schema"]["$ref"].rpartition("/")[2]
    found: dict[str, Any] = CONTRACT["components"]["schemas"][name]
    return found


def cases(allowed: bool) -> list[tuple[str, str]]:
    """Every operation with every role that is, or is not, allowed it."""
    return [
        (operation, role)
        for operation, about in ACCESS.items()
        for role, answer in about["roles"].items()
        if answer["allowed"] is allowed
    ]


def allowed_role(operation_id: str) -> str:
    """A role that is allowed the operation, and on several rows if there is such a role."""
    roles = ACCESS[operation_id]["roles"]
    found = sorted(
        (role for role, answer in roles.items() if answer["allowed"]),
        key=lambda role: not roles[role]["many"],
    )
    return str(found[0])


def allowed_facts(operation_id: str) -> dict[str, Any]:
    """The world in which that role is allowed the operation."""
    found: dict[str, Any] = ACCESS[operation_id]["roles"][allowed_role(operation_id)]
    return found


def allowed(service: Service, operation_id: str) -> Prepared:
    """A request that succeeds if it is sent as it is."""
    role = allowed_role(operation_id)
    return prepare(service, operation_id, role, allowed_facts(operation_id))


def arguments(operation_id: str) -> dict[str, Any]:
    """What a list can be asked for: the schemas of the contract by name."""
    body = body_schema(operation_id)
    if body is not None:
        found: dict[str, Any] = body["properties"]
        return found
    promised = CONTRACT["paths"][TABLE[operation_id].path]["get"]["parameters"]
    return {
        each["name"]: each["schema"] for each in promised if each.get("in") == "query"
    }


def ask(request: Prepared, **asked: Any) -> httpx2.Response:
    """Sends a list with these filters, this order and page, and no other."""
    if request.body is not None:
        request.body = asked
        return request.send()
    request.query = {name: _text(value) for name, value in asked.items()}
    return request.send()


def _text(value: Any) -> str:
    """A value as a query says it."""
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def listed(request: Prepared, facts: Mapping[str, Any] | None = None) -> str:
    """One more row for the list that is asked for, as `facts` describe it; returns its id."""
    about = ACCESS[request.operation.id]
    given = dict((facts or allowed_facts(request.operation.id))["row"])
    if about["parent"]:
        given[f"{about['parent']}_id"] = request.world.rows[about["parent"]]
    return request.world.row(about["resource"], **given)


def spoilable(service: Service, operation_id: str) -> Prepared:
    """The same, made once for all the tests that spoil it: it never has an effect."""
    if operation_id not in service.kept:
        service.kept[operation_id] = allowed(service, operation_id)
    kept = service.kept[operation_id]
    return replace(
        kept, headers=dict(kept.headers), query={}, body=kept.body and dict(kept.body)
    )


@asynccontextmanager
async def bound(
    connection: Connection,
    tenant_id: UUID | None,
    member_id: UUID,
    roles: str = EVERY_ROLE,
    attributes: str = "{}",
) -> AsyncIterator[None]:
    """A transaction that is bound to a caller, and to a tenant if one is given."""
    bindings = {
        f"{CALLER}.member_id": str(member_id),
        f"{CALLER}.roles": roles,
        f"{CALLER}.attributes": attributes,
        "app.environment": "development",
    }
    async with connection.transaction():
        if tenant_id is not None:
            bindings["app.tenant_id"] = str(tenant_id)
        for name, value in bindings.items():
            await connection.execute("select set_config($1, $2, true)", name, value)
        yield


def again(request: Prepared) -> Prepared:
    """A request that was sent before, as a new one."""
    if "idempotency-key" in request.headers:
        request.headers["idempotency-key"] += "-again"
    return request


def effects(service: Service, tenant_id: object) -> int:
    """How many effects the audit log of a tenant has."""
    query = "select count(*) from invoicing.audit_event where tenant_id = $1"
    found: int = service.run(service.admin.fetchval(query, tenant_id))
    return found


def reachable(*verbs: str) -> list[str]:
    """The operations with one of these verbs that some role is allowed; all without any."""
    return [
        operation
        for operation, about in ACCESS.items()
        if (not verbs or about["verb"] in verbs)
        and any(answer["allowed"] for answer in about["roles"].values())
    ]


def plain() -> str:
    """An operation for tests that need any: one that changes nothing."""
    return reachable("list", "read")[0]


def let_in(response: httpx2.Response) -> bool:
    """Is it what a caller is told who may ask for it?"""
    return response.status_code == 200


def seen(response: httpx2.Response) -> tuple[int, bytes, dict[str, str]]:
    """What a caller can tell of an answer: all but what differs from request to request."""
    noise = {"date", "x-request-id", "ratelimit"}
    headers = {
        name: value for name, value in response.headers.items() if name not in noise
    }
    return response.status_code, response.content, headers


def told(service: Service, claims: Mapping[str, object]) -> tuple[int, str]:
    """What the service answers to a token with these claims: the status, and why it refuses."""
    request = spoilable(service, reachable()[0])
    request.headers["authorization"] = f"Bearer {service.issuer.sign(claims)}"
    response = request.send()
    return response.status_code, "" if response.is_success else code(response)


def code(response: httpx2.Response) -> str:
    """The reason code of a problem document."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    found: str = response.json()["code"]
    return found

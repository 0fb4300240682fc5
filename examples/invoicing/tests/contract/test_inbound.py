"""Events of providers: signed, recorded once, and doing what their role may (PAY-1, AZ-4, TEST-2)."""

import base64
import hashlib
import hmac
import importlib
import inspect
import json
import random
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID, uuid4

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, TypeAdapter
from typer.testing import CliRunner

from invoicing import admin
from invoicing.app import create_app
from invoicing.development.database import Database
from invoicing.development.examples import example
from invoicing.development.issuer import DevelopmentIssuer
from invoicing.development.world import Connection
from invoicing.gate import admission, heard
from invoicing.gate.limits import Limit
from invoicing.gate.problems import Problem
from invoicing.gate.receive import Effect, Provider
from invoicing.gate.signatures import Signatures
from invoicing.operations import OPERATIONS
from invoicing.providers import DEVELOPMENT_SECRET
from invoicing.store.startup import UnsafeConfiguration
from invoicing.store.statements import CALLER
from tests.contract.harness import (
    ACCESS,
    CONTRACT,
    RECEIVERS,
    Prepared,
    Service,
    code,
    effects,
    prepare,
    world_of,
)
from tests.contract.test_startup import settings as production

PATHS: Final = {
    each.provider.name: each.path for each in OPERATIONS if each.provider is not None
}
PROVIDERS: Final = {
    each.provider.name: each.provider
    for each in OPERATIONS
    if each.provider is not None
}
EFFECTS: Final = [
    ("payments", "invoice.paid"),
    ("payments", "charge.succeeded"),
]
"""The events whose effect a tenant can be made for."""
ON_ROWS: Final = [
    ("payments", "invoice.paid"),
    ("payments", "charge.succeeded"),
]
"""Those on a row, which is there afterwards."""
STRIPE: Final[frozenset[str]] = frozenset(
    {
        "payments",
        "stripe",
    }
)
OPERATION: Final = {
    ("payments", "invoice.paid"): "settle_invoice",
    ("payments", "charge.succeeded"): "settle_invoice",
}
HOOKS: Final = [
    ("invoice", "on_payments_charge_succeeded"),
]
"""The functions of yours that decide about events, each after its module."""
DECIDED: Final = [
    ("payments", "charge.succeeded"),
]
"""The events that they decide about, among those whose effect a tenant can be made for."""
PAYLOADS: Final[Mapping[tuple[str, str], dict[str, Any]]] = {
    ("payments", "charge.succeeded"): {
        "type": "object",
        "properties": {
            "number": {
                "type": "string",
                "maxLength": 16,
                "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]*$",
            },
            "amount": {"type": "integer", "minimum": 1, "maximum": 1000000000000000},
        },
        "required": ["number", "amount"],
    },
}
"""What these tell, as JSON Schemas."""
BODIES: Final[Mapping[tuple[str, str], TypeAdapter[Any]]] = {}
"""What the functions say as the bodies of their operations."""
NAMES: Final[Mapping[str, str]] = {}
"""The members of these that Python calls otherwise."""
FUNCTIONS: Final = {
    ("payments", "charge.succeeded"): "on_payments_charge_succeeded",
}
SAID: Final[dict[UUID, object]] = {}
"""What the stand-in for these functions says in a tenant."""
UNKNOWN: Final = "nothing.of.ours"


@dataclass
class Event:
    """An event that can be sent, and spoilt first."""

    service: Service
    provider: Provider
    sent: dict[str, Any]
    id: str = field(default_factory=lambda: f"evt_{uuid4().hex}")
    request: Prepared | None = None

    @property
    def content(self) -> bytes:
        """The body."""
        return json.dumps(self.sent).encode()

    def headers(
        self,
        content: bytes | None = None,
        at: int | None = None,
        secret: str = DEVELOPMENT_SECRET,
    ) -> dict[str, str]:
        """The headers with a signature."""
        content = self.content if content is None else content
        at = int(time.time()) if at is None else at
        return {"content-type": "application/json"} | sign(
            self.provider.name, secret, self.id, str(at), content
        )

    def send(
        self, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> httpx2.Response:
        """Sends it, signed now if nothing else is said."""
        content = self.content if content is None else content
        return self.service.client.post(
            PATHS[self.provider.name],
            headers=self.headers(content) if headers is None else headers,
            content=content,
        )

    @property
    def recorded(self) -> dict[str, Any] | None:
        """What is recorded of it."""
        row = self.service.run(
            self.service.admin.fetchrow(
                "select * from invoicing.webhook_event where provider = $1 and event_id = $2",
                self.provider.name,
                self.id,
            )
        )
        return None if row is None else dict(row)

    @property
    def outcome(self) -> str:
        """What became of it, as it is recorded."""
        return str((self.recorded or {}).get("outcome"))


def sign(
    provider: str, secret: str, id_: str, at: str, content: bytes
) -> dict[str, str]:
    """A signature, made apart from what verifies it."""
    if provider in STRIPE:
        told = hmac.new(
            secret.encode(), f"{at}.".encode() + content, hashlib.sha256
        ).hexdigest()
        return {"stripe-signature": f"t={at},v1={told}"}
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.new(key, f"{id_}.{at}.".encode() + content, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(made).decode()}"
    return {"webhook-id": id_, "webhook-timestamp": at, "webhook-signature": signature}


def put(sent: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    """Puts a value at a path of an event, unless there is one."""
    *above, last = path
    for each in above:
        sent = sent.setdefault(each, {})
    sent.setdefault(last, value)


def event_of(
    service: Service, name: str, type_: str = UNKNOWN, account: str = ""
) -> Event:
    """An event of a type, as it is sent to a machine of a developer."""
    provider = PROVIDERS[name]
    found = Event(service, provider, {"type": type_})
    if provider.id is not None:
        put(found.sent, provider.id, found.id)
    if provider.mode is not None:
        put(found.sent, provider.mode, False)
    if provider.order is not None:
        put(found.sent, provider.order, 1_700_000_000)
    put(found.sent, provider.account, account or f"account-{uuid4()}")
    return found


def account_of(event: Event) -> str:
    """The account that an event names."""
    found: Any = event.sent
    for each in event.provider.account:
        found = found[each]
    return str(found)


def mapped(event: Event, tenant: UUID) -> None:
    """Makes the account of an event one of a tenant."""
    event.service.run(
        event.service.admin.execute(
            "insert into invoicing.webhook_account (provider, account, tenant_id) values ($1, $2, $3)",
            event.provider.name,
            account_of(event),
            tenant,
        )
    )


def effective(service: Service, name: str, type_: str) -> Event:
    """An event that has an effect, for a tenant of its own."""
    provider, operation = PROVIDERS[name], OPERATION[name, type_]
    request = prepare(
        service, operation, provider.role, ACCESS[operation]["roles"][provider.role]
    )
    me = request.world.me
    service.run(  # events act as the member of their provider: here it is whoever has the row
        service.admin.execute(
            "update invoicing.member set issuer = 'webhook', subject = $1 where tenant_id = $2 and id = $3",
            name,
            me.tenant_id,
            me.id,
        )
    )
    effect = provider.effects[type_]
    found = event_of(service, name, type_)
    if effect.hook is not None:
        SAID[request.world.tenant_id] = _decision(name, type_, request)
        for field_, value in example(PAYLOADS[name, type_], 1).items():
            put(found.sent, (effect.fields or {})[field_], value)
    else:
        _fill(found.sent, effect, request)
    found.request = request
    mapped(found, request.world.tenant_id)
    return found


def _decision(name: str, type_: str, request: Prepared) -> object:
    """What a function would say to have the operation of a request done."""
    said: list[object] = []
    if "{" in request.operation.path:
        said.append(UUID(request.path.split("/")[2]))
    if (name, type_) in BODIES:
        body = {
            NAMES.get(each, each): value for each, value in (request.body or {}).items()
        }
        said.append(BODIES[name, type_].validate_json(json.dumps(body)))
    return tuple(said) if len(said) > 1 else said[0] if said else True


async def as_said(event: heard.Heard, _: object) -> object:
    """The stand-in for a function of yours."""
    return SAID[event.tenant_id]


@pytest.fixture(autouse=True)
def quiet_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the stand-in where the functions of yours are: these tests are about what guards them."""
    for _, function in HOOKS:
        monkeypatch.setattr(heard, function, as_said)


def _fill(sent: dict[str, Any], effect: Effect, request: Prepared) -> None:
    if effect.row is not None:
        put(sent, effect.row, request.path.split("/")[2])
    for field_, path in (effect.fields or {}).items():
        if field_ in (request.body or {}):
            put(sent, path, (request.body or {})[field_])


def done(event: Event) -> int:
    """How many effects its tenant has seen."""
    assert event.request is not None
    return effects(event.service, event.request.world.tenant_id)


@pytest.mark.parametrize(("name", "type_"), EFFECTS)
def test_a_genuine_event_has_its_effect_once(
    service: Service, name: str, type_: str
) -> None:
    event = effective(service, name, type_)
    first = event.send()
    assert first.status_code == 200, (first.text, event.outcome)
    assert (event.outcome, done(event)) == ("done", 1)
    assert event.request is not None
    row = service.run(
        service.admin.fetchrow(
            "select member_id, operation from invoicing.audit_event where tenant_id = $1",
            event.request.world.tenant_id,
        )
    )
    assert row is not None
    assert (row["member_id"], row["operation"]) == (
        event.request.world.me.id,
        OPERATION[name, type_],
    )
    again = event.send()
    assert (again.status_code, again.json()) == (200, {"outcome": "replayed"})
    assert (event.outcome, done(event)) == ("done", 1)


@pytest.mark.parametrize(("name", "type_"), EFFECTS)
def test_fifty_at_once_have_one_effect(service: Service, name: str, type_: str) -> None:
    event = effective(service, name, type_)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: event.send(), range(50)))
    assert {each.status_code for each in answers} <= {200, 409}, [
        each.text for each in answers
    ]
    assert event.send().status_code == 200
    assert (event.outcome, done(event)) == ("done", 1)


@pytest.mark.parametrize(("name", "type_"), EFFECTS)
def test_an_account_that_is_nobodys_has_no_effect(
    service: Service, name: str, type_: str
) -> None:
    event = effective(service, name, type_)
    service.run(
        service.admin.execute(
            "delete from invoicing.webhook_account where account = $1",
            account_of(event),
        )
    )
    assert event.send().status_code == 202
    assert (event.outcome, done(event)) == ("unmapped", 0)
    assert event.request is not None
    mapped(event, event.request.world.tenant_id)  # sent again by hand, it has
    assert event.send().status_code == 200
    assert (event.outcome, done(event)) == ("done", 1)


@pytest.mark.parametrize(("name", "type_"), EFFECTS)
def test_who_is_let_in_no_more_has_no_effect(
    service: Service, name: str, type_: str
) -> None:
    event = effective(service, name, type_)
    assert event.request is not None
    me = event.request.world.me
    service.run(
        service.admin.execute(
            "update invoicing.member set active = false where tenant_id = $1 and id = $2",
            me.tenant_id,
            me.id,
        )
    )
    assert event.send().status_code == 202
    assert (event.outcome, done(event)) == ("not_a_member", 0)


@pytest.mark.parametrize(("name", "type_"), EFFECTS)
def test_one_id_stands_for_one_event(service: Service, name: str, type_: str) -> None:
    event = effective(service, name, type_)
    assert event.send().status_code == 200
    event.sent["more"] = "than before"
    answer = event.send()
    assert (answer.status_code, code(answer)) == (409, "webhook_reused")
    assert (event.outcome, done(event)) == ("done", 1)


@pytest.mark.parametrize(("name", "type_"), EFFECTS)
@pytest.mark.parametrize("mode", [True, "live", None, 1, "neither"])
def test_another_mode_has_no_effect(
    service: Service, name: str, type_: str, mode: object
) -> None:
    event = effective(service, name, type_)
    if event.provider.mode is None:
        return  # its events do not say
    inner = event.sent
    for each in event.provider.mode[:-1]:
        inner = inner[each]
    inner[event.provider.mode[-1]] = mode
    assert event.send().status_code == 202
    assert (event.outcome, done(event)) == ("other_mode", 0)


@pytest.mark.parametrize(("name", "type_"), ON_ROWS)
def test_a_row_of_another_tenant_is_not_reached(
    service: Service, name: str, type_: str
) -> None:
    event, other = effective(service, name, type_), effective(service, name, type_)
    other.sent, row = dict(event.sent), event.sent
    other.id = event.id
    if (
        event.request
        and other.request
        and event.provider.effects[type_].hook is not None
    ):
        SAID[other.request.world.tenant_id] = SAID[event.request.world.tenant_id]
    service.run(
        service.admin.execute(
            "update invoicing.webhook_account set tenant_id = $1 where account = $2",
            other.request.world.tenant_id if other.request else None,
            account_of(event),
        )
    )
    answer = event.send()
    assert (answer.status_code, code(answer)) == (409, "webhook_too_early")
    assert (event.outcome, done(event), done(other)) == ("not_found", 0, 0)
    assert row is event.sent


@pytest.mark.parametrize(("name", "type_"), ON_ROWS)
def test_a_late_event_undoes_nothing(service: Service, name: str, type_: str) -> None:
    event = effective(service, name, type_)
    if event.provider.order is None:
        return  # nothing puts its events in order
    order = random.Random(7)  # noqa: S311 - moments, and no secrets
    newest, done_ = 0, 0
    for _ in range(12):
        each = replace(event, sent=json.loads(event.content), id=f"evt_{uuid4().hex}")
        if each.provider.id is not None:
            each.sent[each.provider.id[0]] = each.id
        moment = order.randrange(1, 9)
        inner = each.sent
        for step in event.provider.order[:-1]:
            inner = inner[step]
        inner[event.provider.order[-1]] = moment
        answer = each.send()
        late = moment < newest
        assert (answer.status_code, each.outcome) == (
            (202, "stale") if late else (200, "done")
        )
        newest, done_ = max(newest, moment), done_ + (not late)
        assert done(event) == done_
    assert 1 < done_ < 12


@pytest.mark.parametrize(("resource", "function"), HOOKS)
def test_a_function_that_decides_is_written(resource: str, function: str) -> None:
    hook = getattr(importlib.import_module(f"hooks.{resource}"), function, None)
    to_do = f"write {function} in hooks/{resource}.py"
    assert callable(hook), to_do
    names = getattr(getattr(inspect.unwrap(hook), "__code__", None), "co_names", ())
    assert "NotImplementedError" not in names, to_do


@pytest.mark.parametrize(("name", "type_"), DECIDED)
def test_who_decides_is_told_what_is_verified_and_reads_as_the_role(
    service: Service, name: str, type_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = effective(service, name, type_)
    given: list[Any] = []

    async def deciding(event: heard.Heard, data: Any) -> object:
        reads = event.connection
        given.append((event, data))
        given.append(
            await reads.fetchval("select current_setting($1)", f"{CALLER}.roles")
        )
        given.append(await reads.fetchval("select current_setting('app.tenant_id')"))
        given.append(await reads.fetchval("show transaction_read_only"))
        return SAID[event.tenant_id]

    monkeypatch.setattr(heard, FUNCTIONS[name, type_], deciding)
    assert event.send().status_code == 200, event.outcome
    assert event.send().json() == {"outcome": "replayed"}
    (told, data), roles, bound, read_only = given
    assert event.request is not None
    here = event.request.world
    assert (told.tenant_id, told.provider, told.event_id, told.type) == (
        here.tenant_id,
        name,
        event.id,
        type_,
    )
    assert (roles, bound, read_only) == (
        f"{{{PROVIDERS[name].role}}}",
        str(here.tenant_id),
        "on",
    )
    assert json.loads(
        data.model_dump_json(by_alias=True, exclude_unset=True)
    ) == example(PAYLOADS[name, type_], 1)


@pytest.mark.parametrize(("name", "type_"), DECIDED)
def test_what_is_not_as_declared_is_not_told(
    service: Service, name: str, type_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = effective(service, name, type_)
    inner = event.sent
    *above, last = next(iter((event.provider.effects[type_].fields or {}).values()))
    for each in above:
        inner = inner[each]
    inner[last] = {"no": "scalar"}
    monkeypatch.setattr(heard, FUNCTIONS[name, type_], never)
    assert event.send().status_code == 202
    assert (event.outcome, done(event)) == ("invalid_request", 0)


async def never(event: heard.Heard, data: object) -> object:
    """What is not called."""
    raise AssertionError(f"{event.type} was told as {data}")


@pytest.mark.parametrize(("name", "type_"), DECIDED)
def test_nothing_is_done_where_nothing_is_decided(
    service: Service, name: str, type_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = effective(service, name, type_)
    assert event.request is not None
    decided, SAID[event.request.world.tenant_id] = (
        SAID[event.request.world.tenant_id],
        None,
    )
    assert event.send().status_code == 202
    assert (event.outcome, done(event)) == ("declined", 0)

    async def early(event: heard.Heard, data: object) -> object:
        del event, data
        heard.not_yet()

    monkeypatch.setattr(heard, FUNCTIONS[name, type_], early)
    answer = event.send()
    assert (answer.status_code, code(answer)) == (409, "webhook_too_early")
    assert (event.outcome, done(event)) == ("not_found", 0)
    monkeypatch.setattr(heard, FUNCTIONS[name, type_], as_said)
    SAID[event.request.world.tenant_id] = decided
    assert event.send().status_code == 200
    assert (event.outcome, done(event)) == ("done", 1)


@pytest.mark.parametrize(("name", "type_"), DECIDED)
@pytest.mark.parametrize("how", ["raises", "writes", "is not written", "says too much"])
def test_a_function_that_fails_leaves_no_trace(
    service: Service, name: str, type_: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = effective(service, name, type_)

    async def failing(event: heard.Heard, _: object) -> object:
        if how == "writes":
            await event.connection.fetch("delete from invoicing.webhook_event")
        if how == "is not written":
            raise NotImplementedError
        if how == "raises":
            raise RuntimeError("a mistake")
        return ("nothing", {"nothing": "of ours"}, "more")

    monkeypatch.setattr(heard, FUNCTIONS[name, type_], failing)
    assert event.send().status_code == (501 if how == "is not written" else 500)
    assert (event.recorded, done(event)) == (None, 0)
    monkeypatch.setattr(heard, FUNCTIONS[name, type_], as_said)
    assert event.send().status_code == 200  # the provider sends it again
    assert (event.outcome, done(event)) == ("done", 1)


ALTERED: Final = (
    "a byte",
    "a space",
    "a charset",
    "another secret",
    "an empty secret",
    "too old",
    "from the future",
    "no signature",
    "nothing but a token",
    "truncated",
    "another scheme",
    "twice",
    "signed time",
    "padded time",
    "too many",
    "another time",
)


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("what", ALTERED)
def test_what_is_altered_is_refused(service: Service, name: str, what: str) -> None:
    event = event_of(service, name)
    now, content = int(time.time()), event.content
    headers = altered(event, what, now)
    if what == "a byte":
        content = content.replace(b"nothing", b"Nothing")
    elif what == "a space":
        content += b" "
    elif what == "a charset":
        content = content.decode().encode("utf-16")
    if what == "twice":
        pairs = [*headers.items()]
        answer = service.client.post(
            PATHS[name],
            headers=[*pairs, *(each for each in pairs if each[0] != "content-type")],
            content=content,
        )
        assert (answer.status_code, code(answer)) == (400, "malformed_request")
    else:
        answer = event.send(headers, content)
        assert (answer.status_code, code(answer)) == (401, "unauthenticated")
    assert event.recorded is None


def altered(event: Event, what: str, now: int) -> dict[str, str]:
    """The headers of an event that is altered."""
    far = event.provider.tolerance + 5
    match what:
        case "another secret":
            return event.headers(secret="whsec_" + base64.b64encode(b"k" * 32).decode())
        case "an empty secret":
            return event.headers(secret="")
        case "too old":
            return event.headers(at=now - far)
        case "from the future":
            return event.headers(at=now + far)
        case "no signature":
            return {"content-type": "application/json"}
        case "nothing but a token":
            token = world_of(event.service, None).token
            return {
                "content-type": "application/json",
                "authorization": f"Bearer {token}",
            }
    headers = event.headers()
    name = "stripe-signature" if event.provider.name in STRIPE else "webhook-signature"
    text = headers[name]
    stamp = "stripe-signature" if event.provider.name in STRIPE else "webhook-timestamp"
    match what:
        case "truncated":
            headers[name] = text[:-1]
        case "another scheme":
            headers[name] = text.replace("v1", "v0")
        case "signed time":
            headers |= sign(
                event.provider.name,
                DEVELOPMENT_SECRET,
                event.id,
                f"+{now}",
                event.content,
            )
        case "padded time":
            headers |= sign(
                event.provider.name,
                DEVELOPMENT_SECRET,
                event.id,
                f"0{now}",
                event.content,
            )
        case "too many":
            more = "v1=00," if event.provider.name in STRIPE else "v1,AA== "
            parts = (
                text.partition(",") if event.provider.name in STRIPE else ("", "", text)
            )
            headers[name] = parts[0] + parts[1] + more * 10 + parts[2]
        case "another time":
            headers |= sign(
                event.provider.name,
                DEVELOPMENT_SECRET,
                event.id,
                str(now + 1),
                event.content,
            )
            headers[stamp] = headers[stamp].replace(str(now + 1), str(now))
    return headers


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_token_is_not_looked_at(service: Service, name: str) -> None:
    event = event_of(service, name)
    assert (
        event.send(event.headers() | {"authorization": "Bearer nothing"}).status_code
        == 202
    )
    assert event.outcome == "ignored"


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_type_that_is_not_declared_is_recorded_without_effect(
    service: Service, name: str
) -> None:
    event = event_of(service, name)
    tenant = world_of(service, None).tenant_id
    mapped(event, tenant)
    assert event.send().status_code == 202
    recorded = event.recorded
    assert recorded is not None
    assert (recorded["type"], recorded["outcome"], recorded["tenant_id"]) == (
        UNKNOWN,
        "ignored",
        tenant,
    )
    assert recorded["account"] == account_of(event)
    assert effects(service, tenant) == 0


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_body_is_bounded_before_it_is_verified(service: Service, name: str) -> None:
    event = event_of(service, name)
    (limit,) = (
        each.body.limit for each in OPERATIONS if each.path == PATHS[name] and each.body
    )
    answer = event.send(event.headers(), b" " * (limit + 1))
    assert (answer.status_code, code(answer)) == (413, "body_too_large")
    answer = event.send(event.headers() | {"content-type": "text/plain"})
    assert (answer.status_code, code(answer)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"type": 1, "type": 2}', b'{"a": NaN}', b'"\xff"']
)
def test_what_is_signed_is_an_object(
    service: Service, name: str, content: bytes
) -> None:
    event = event_of(service, name)
    assert event.send(event.headers(content), content).status_code in (400, 422)
    assert event.recorded is None


@pytest.mark.parametrize("name", PROVIDERS)
def test_two_secrets_are_good_while_they_change(name: str) -> None:
    provider = PROVIDERS[name]
    first, second = (
        f"whsec_{base64.b64encode(each * 32).decode()}" for each in (b"1", b"2")
    )
    content, now = b'{"type": "x"}', 1_700_000_000

    def heard(*secrets: str, by: str, later: int = 0) -> bool:
        keys = [provider.scheme.key(each) for each in secrets]
        signed = sign(name, by, "evt_1", str(now), content)
        given = {each.encode(): value.encode() for each, value in signed.items()}
        known = Signatures({name: keys}, "staging", lambda: now + later)
        try:
            return known.sender(provider, given, content).provider is provider
        except Problem as problem:
            assert problem.status == 401
            return False

    assert (
        heard(first, by=first)
        and heard(second, first, by=first)
        and heard(second, first, by=second)
    )
    assert not heard(second, by=first)
    edge = provider.tolerance
    assert [
        heard(first, by=first, later=each)
        for each in (-edge - 1, -edge, edge, edge + 1)
    ] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_contract_says_who_signs(name: str) -> None:
    promised = RECEIVERS[PATHS[name]]["post"]
    ((scheme, _),) = promised["security"][0].items()
    about = CONTRACT["components"]["securitySchemes"][scheme]
    header = "stripe-signature" if name in STRIPE else "webhook-signature"
    assert (about["type"], about["in"], about["name"].lower()) == (
        "apiKey",
        "header",
        header,
    )
    assert promised.get("x-runs-as", "") == PROVIDERS[name].role
    assert set(promised["x-effects"]) == set(PROVIDERS[name].effects)
    assert "x-roles" not in promised


def test_nobody_reads_events_but_the_one_that_is_worked_on(
    service: Service, runtime: Connection
) -> None:
    name = next(iter(PROVIDERS))
    event = event_of(service, name)
    mapped(event, world_of(service, None).tenant_id)
    assert event.send().status_code == 202

    async def seen(table: str, **bound: str) -> int:
        async with runtime.transaction():
            for setting, value in bound.items():
                await runtime.execute(
                    "select set_config($1, $2, true)", f"app.{setting}", value
                )
            return len(await runtime.fetch(f"select from invoicing.{table}"))

    tenant = str((event.recorded or {})["tenant_id"])
    for table in ("webhook_event", "webhook_account"):
        assert service.run(seen(table, tenant_id=tenant)) == 0
        assert service.run(seen(table, tenant_id=tenant, webhook=name)) == 0
    assert service.run(seen("webhook_event", webhook=name, webhook_event=event.id)) == 1
    assert (
        service.run(
            seen("webhook_account", webhook=name, webhook_account=account_of(event))
        )
        == 1
    )


@pytest.mark.parametrize("name", PROVIDERS)
@given(
    content=st.binary(max_size=200),
    header=st.text(
        st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=80
    ),
)
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_whatever_comes_is_refused_in_order(
    service: Service, name: str, content: bytes, header: str
) -> None:
    """What nobody signed is a 401, and what is signed and no event is the sender's fault."""
    event = event_of(service, name)
    signature = "stripe-signature" if name in STRIPE else "webhook-signature"
    made = event.headers(content) | {signature: header.strip()}
    assert event.send(made, content).status_code == 401
    assert event.send(event.headers(content), content).status_code in (202, 400, 422)


STRANGERS: Final[dict[str, UUID]] = {}
"""By provider: a tenant in which nobody lets its events in."""
JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("name", PROVIDERS)
@given(data=st.data())
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_signed_is_answered_in_order(
    service: Service, name: str, data: st.DataObject
) -> None:
    """An event of a known account that says anything where it is read is no failure of ours."""
    provider = PROVIDERS[name]
    type_ = data.draw(st.sampled_from([*provider.effects, UNKNOWN]))
    event = event_of(service, name, type_)
    if name not in STRANGERS:
        STRANGERS[name] = world_of(service, None).tenant_id
    mapped(event, STRANGERS[name])
    effect = provider.effects.get(type_)
    paths = [
        provider.order,
        provider.mode,
        effect and effect.row,
        *((effect and effect.fields) or {}).values(),
    ]
    for path in [each for each in paths if each] + [
        ("data", "object", data.draw(st.text(max_size=9)))
    ]:
        if data.draw(st.booleans()):
            spoil(event.sent, path, data.draw(JSON))
    assert event.send().status_code in (200, 202, 400, 409, 422), event.content


def spoil(sent: Any, path: tuple[str, ...], value: object) -> None:
    """Puts a value at a path of an event, whatever is there; nothing where that is no object."""
    *above, last = path
    for each in above:
        if not isinstance(sent, dict):
            return
        sent = sent.setdefault(each, {})
    if isinstance(sent, dict):
        sent[last] = value


@dataclass
class Command:
    """The administration as the owner of the tables."""

    service: Service

    def __call__(self, *arguments: object) -> list[dict[str, Any]]:
        """The rows that it prints; the service may log a decision meanwhile."""
        ended = CliRunner().invoke(
            admin.app, ["webhook", *map(str, arguments), "--json"]
        )
        assert ended.exit_code == 0, ended.output
        rows = map(json.loads, ended.stdout.splitlines())
        return [each for each in rows if "request_id" not in each]

    def refused(self, *arguments: object) -> str:
        """What it says when it does nothing."""
        ended = CliRunner().invoke(admin.app, ["webhook", *map(str, arguments)])
        assert ended.exit_code in (1, 2), ended.output
        return " ".join(ended.output.replace("│", " ").split())


@pytest.fixture
def command(service: Service, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The commands about accounts."""
    monkeypatch.setenv("OWNER_DATABASE_URL", service.database.owner)
    monkeypatch.setenv("OPERATOR", "on-call@example.com")
    return Command(service)


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_operator_says_whose_an_account_is(
    service: Service, command: Command, name: str
) -> None:
    here, other = world_of(service, None).tenant_id, world_of(service, None).tenant_id
    account = f"account-{uuid4()}"
    given = ("--provider", name, "--account", account)
    (row,) = command("add", here, *given)
    assert (row["tenant_id"], row["provider"], row["account"]) == (
        str(here),
        name,
        account,
    )
    assert [each["account"] for each in command("list", here)] == [account]
    assert command("list", other) == []
    assert "It is there already" in command.refused("add", other, *given)
    assert "not one of this tenant" in command.refused("remove", other, *given)
    member = service.run(
        service.admin.fetchrow(
            "select kind, subject, roles, active from invoicing.member"
            " where tenant_id = $1 and issuer = 'webhook'",
            here,
        )
    )
    role = PROVIDERS[name].role
    assert (member and tuple(member)) == (
        ("service", name, [role], True) if role else None
    )
    command("remove", here, *given)
    assert command("list", here) == []
    assert "not one of this tenant" in command.refused("remove", here, *given)
    command("add", other, *given)
    rows = service.run(
        service.admin.fetch(
            "select e.operation, m.subject from invoicing.audit_event e"
            " join invoicing.member m on m.tenant_id = e.tenant_id and m.id = e.member_id"
            " where e.tenant_id = $1 order by e.occurred_at",
            here,
        )
    )
    done_ = ("add_webhook_account", "remove_webhook_account")
    assert [tuple(each) for each in rows] == [
        (each, "on-call@example.com") for each in done_
    ]


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_operator_finds_the_events_of_an_account(
    service: Service, command: Command, name: str
) -> None:
    event = event_of(service, name)
    here = world_of(service, None).tenant_id
    command("add", here, "--provider", name, "--account", account_of(event))
    assert event.send().status_code == 202
    (found,) = (
        each for each in command("events", here) if each["event_id"] == event.id
    )
    assert (found["provider"], found["outcome"], found["account"]) == (
        name,
        "ignored",
        account_of(event),
    )
    outcomes = {
        each["outcome"] for each in command("events", here, "--outcome", "ignored")
    }
    assert outcomes == {"ignored"}
    assert command("events", here, "--outcome", "nothing") == []
    assert "nobody" in command.refused(
        "add", here, "--provider", "nobody", "--account", "1"
    )


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_has_a_limit(
    database: Database,
    issuer: DevelopmentIssuer,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission, "EVENTS", Limit("webhook", 1, 3600))
    running = Service(database, issuer)  # whose limits are its own
    try:
        answers = [event_of(running, name).send() for _ in range(3)]
    finally:
        running.close()
    assert [each.status_code for each in answers] == [202, 429, 429]
    assert {code(each) for each in answers[1:]} == {"too_many_requests"}


def test_an_address_that_keeps_failing_is_told_to_wait(
    database: Database, issuer: DevelopmentIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        admission.LIMITS,
        "failed_authentication",
        Limit("failed_authentication", 2, 3600),
    )
    running = Service(database, issuer)
    try:
        event = event_of(running, next(iter(PROVIDERS)))
        forged = [event.send(event.headers(secret=SAFE)).status_code for _ in range(4)]
        assert forged == [401, 401, 429, 429]
        assert (
            event.send().status_code == 202
        )  # who signs is heard, wherever it comes from
    finally:
        running.close()


SAFE: Final = "whsec_" + base64.b64encode(b"s" * 32).decode()


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (None, "is empty"),
        ("", "is empty"),
        ("c2hvcnQ=", "is shorter"),
        (DEVELOPMENT_SECRET, "that of development"),
    ],
)
@pytest.mark.parametrize(
    "setting",
    [
        "payments_webhook_secret",
        "stripe_webhook_secret",
    ],
)
def test_a_secret_is_there_and_its_own(
    database: Database, setting: str, secret: str | None, said: str
) -> None:
    create_app(production(database))
    changed = {setting: None if secret is None else SecretStr(secret)}
    with pytest.raises(UnsafeConfiguration, match=said):
        create_app(production(database, **changed))

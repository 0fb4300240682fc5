"""Inbound webhooks: what the language refuses, and what official libraries sign."""

import base64
import hashlib
import hmac
import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scaffold.design.resolve import resolve
from scaffold.design.surface import surface
from scaffold.explain import explain
from scaffold.features.inbound.design import receivers
from scaffold.lint.rules import advise
from scaffold.plan.files import unformatted
from scaffold.project.hooks import hooks, modules
from scaffold.spec.load import load, loads, loads_with_positions
from scaffold.spec.problems import SpecError
from tests.emitted import SPEC

LIBRARY = """
scaffold: 2
service: {name: library, title: Library}
tenancy: {tenant: town}
identity:
  issuers: [{issuer: "https://login.example.com/", audience: library, algorithms: [ES256]}]
roles:
  reader: {can: [{do: [list, read, create], on: book}, {do: create, on: page}]}
  worker:
    kind: service
    can:
      - {do: [create, lend, close], on: book}
      - {do: create, on: page}
  strong: {kind: service, mfa: any, can: [{do: lend, on: book}]}
resources:
  book:
    fields: {title: {type: string, max: 80}, note: {type: string, max: 80, optional: true}}
    actions: {lend: {on: item}, close: {on: item, step_up: 5m}}
  page: {parent: book, fields: {text: {type: string, max: 80}}}
webhooks:
  shop:
    scheme: standard
    secrets: SHOP_SECRET
    account: [data, account]
    mode: live
    order: timestamp
    runs_as: worker
    events: {book.lent: {do: lend, on: book, id: [data, book_id]}}
"""
LENT = "{do: lend, on: book, id: [data, book_id]}"
HOOKED = (
    "{do: lend, on: book, hook: true, input: {title: {type: string, max: 80}}, body: {title: t}}"
)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("runs_as: worker", "runs_as: nobody", 'There is no role "nobody"'),
        ("runs_as: worker", "runs_as: reader", "reader is a role of people"),
        ("runs_as: worker", "runs_as: strong", "strong asks for a second factor"),
        (LENT, "{do: lend, on: cup, id: a}", 'There is no resource "cup"'),
        (LENT, "{do: burn, on: book, id: a}", 'There is no operation "burn"'),
        (LENT, "{do: delete, on: book, id: a}", "worker is not granted delete on book"),
        (LENT, "{do: close, on: book, id: a}", "close asks for a sign-in that is fresh"),
        (LENT, "{do: lend, on: book}", "Nothing says where the event has the id of the row"),
        (LENT, "{do: create, on: page, body: {text: a}}", "the id of the parent"),
        (LENT, "{do: create, on: book, id: a, body: {title: a}}", "create on book is on no row"),
        (LENT, "{do: create, on: book, body: {note: a}}", "create on book needs title"),
        (LENT, "{do: create, on: book, body: {title: a, x: b}}", 'There is no field "x"'),
        (LENT, HOOKED.replace("on: book,", "on: book, id: a,"), "The hook says which row it is"),
        (LENT, "{do: lend, on: book, hook: true}", "Nothing says what the hook is told"),
        (LENT, HOOKED.replace("{title: t}", "{x: t}"), 'There is no input "x"'),
        (LENT, HOOKED.replace("{title: t}", "{}"), "Nothing says where the event has title"),
        (LENT, HOOKED.replace("hook: true, ", ""), "There is no hook that would be told the input"),
        (LENT, HOOKED.replace("type: string,", "filter: eq, type: string,"), "cannot have filter"),
        (LENT, HOOKED.replace("title", "card_number"), "the number of a payment card"),
        (
            LENT,
            HOOKED.replace("{type: string, max: 80}", "{type: reference, to: page}"),
            "A value of an event cannot be of type reference",
        ),
        (f"book.lent: {LENT}", f"a.b: {HOOKED}, a_b: {HOOKED}", "and so is another one"),
        ("secrets: SHOP_SECRET", "secrets: shop", '"shop" cannot name an environment variable'),
        ("secrets: SHOP_SECRET", "secrets: DATABASE_URL", "cannot name an environment variable"),
        ("    mode: live", "    tolerance: 2h", "tolerance must be from 1s to 1h"),
        ("shop:", "Shop-1:", '"Shop-1" cannot name a provider'),
        ("account: [data, account]", "account: []", "account"),
    ],
)
def test_what_cannot_be_is_refused(before: str, after: str, said: str) -> None:
    assert before in LIBRARY
    with pytest.raises(SpecError, match=re.escape(said)):
        loads(LIBRARY.replace(before, after))


def test_a_hook_of_an_event_has_a_name_of_its_own() -> None:
    spec = LIBRARY.replace(LENT, HOOKED)
    design = resolve(loads(spec))
    (decider,) = design.entity("book").deciders
    assert decider.name == "on_shop_book_lent"
    with pytest.raises(SpecError, match="and so is another one"):
        loads(spec.replace("lend: {on: item}", "lend: {on: item}, on_shop_book_lent: {on: item}"))
    # A class of an action of a resource is the class of the hook.
    book = "  book_lent:\n    fields: {a: {type: boolean}}\n    actions: {on_shop: {on: item}}\n"
    with pytest.raises(SpecError, match="and so is another one"):
        loads(spec.replace("  page: {", f"{book}  page: {{"))


def test_a_secret_is_of_one_provider() -> None:
    _, section = LIBRARY.split("webhooks:\n")
    with pytest.raises(SpecError, match="that of another provider, too"):
        loads(LIBRARY + section.replace("  shop:", "  bank:"))


def test_a_resource_does_not_take_the_path() -> None:
    with pytest.raises(SpecError, match="the path below which the providers send"):
        loads(LIBRARY.replace("  page: {parent", "  page: {plural: webhooks, parent"))


def test_what_is_asked_without_a_token_is_said() -> None:
    design = resolve(load(SPEC))
    found, taken = receivers(design)
    assert (taken.name, taken.effects) == ("stripe", ())
    assert [each.operation.id for each in found.effects] == ["settle_invoice"] * 2
    facts = surface(design)
    assert facts["access"]["receive_payments without a token"] == "events signed as stripe"
    assert facts["access"]["webhook payments invoice.paid"].startswith("settle_invoice, id at ")
    assert facts["access"]["webhook payments charge.succeeded"] == (
        "settle_invoice, as on_payments_charge_succeeded says, amount at data.object.amount "
        "(money(EUR, 1..1000000000000000)), number at data.object.metadata.number (string(0..16))"
    )
    assert facts["access"]["webhook payments runs as"] == "billing_worker"
    assert "POST /webhooks/payments" in explain(design, format="markdown")


def test_a_service_without_providers_has_none() -> None:
    files = unformatted(resolve(loads(LIBRARY.partition("webhooks:\n")[0])))
    said = [path for path, text in files.items() if "webhook" in (path + text).lower()]
    assert said == []


def test_a_provider_that_is_bounded_is_advised_about_nothing() -> None:
    spec, positions = loads_with_positions(LIBRARY)
    found = {each.id for each in advise(resolve(spec), spec, positions)}
    assert not found & {"L951", "L953", "L954"}


def test_who_acts_on_events_alone_needs_no_version() -> None:
    text = LIBRARY.replace("{do: [create, lend, close], on: book}", "{do: [lend, close], on: book}")
    spec, positions = loads_with_positions(text)
    found = [each.message for each in advise(resolve(spec), spec, positions) if each.id == "L304"]
    assert [each.partition(",")[0] for each in found] == [
        "worker may close book",
        "strong may lend book",
    ]


NOW = 1_790_000_000
SECRET = "whsec_" + base64.b64encode(b"0" * 32).decode()
EVENT = b'{"id":"evt_1","object":"event","type":"invoice.paid"}'
BY_STRIPE = "6a7b4d74788967115f6b8572e2409fac8ae538a434393ff74d5e333c404c9e8d"
"""What stripe 16.1.0 signs it with at that time."""
BY_STANDARD = "v1,y5CvVMK8EPn2JA14mSn0t+M0NEfxqtd+HsLQzluAX6s="
"""What standardwebhooks 1.1.0 and svix 2.9.1 do, as the message `msg_1`."""


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The module that verifies, of a service that hears both schemes."""
    home = tmp_path_factory.mktemp("emitted")
    second = LIBRARY.partition("webhooks:\n")[2].replace("shop:", "bank:").replace("SHOP", "BANK")
    both = LIBRARY + second.replace("scheme: standard", "scheme: stripe")
    for path, text in unformatted(resolve(loads(both))).items():
        place = home / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    sys.path.insert(0, str(home))
    try:
        yield importlib.import_module("library.gate.signatures")
    finally:
        sys.path.remove(str(home))
        for each in [name for name in sys.modules if name.partition(".")[0] == "library"]:
            del sys.modules[each]


class Sent:
    """What is asked of a provider to verify its events."""

    name = "tried"
    tolerance = 300

    def __init__(self, scheme: Any) -> None:
        self.scheme = scheme


def heard(
    module: ModuleType, scheme: str, headers: Mapping[str, str], content: bytes = EVENT
) -> bool:
    """Is the event accepted with these headers?"""
    used = getattr(module, scheme)
    given = {name.lower().encode(): value.encode() for name, value in headers.items()}
    known = module.Signatures({"tried": [used.key(SECRET)]}, "staging", lambda: NOW)
    try:
        known.sender(Sent(used), given, content)
    except Exception as error:
        assert getattr(error, "status", None) == 401
        return False
    return True


def stripe(at: int, scheme: str = "v1") -> str:
    """One signature after the recipe of Stripe."""
    told = hmac.new(SECRET.encode(), f"{at}.".encode() + EVENT, hashlib.sha256)
    return f"{scheme}={told.hexdigest()}"


@pytest.mark.parametrize(
    ("header", "good"),
    [
        (f"t={NOW},v1={BY_STRIPE}", True),
        (f"t={NOW - 300},{stripe(NOW - 300)}", True),
        (f"t={NOW - 301},{stripe(NOW - 301)}", False),
        (f"t={NOW + 300},{stripe(NOW + 300)}", True),
        (f"t={NOW + 301},{stripe(NOW + 301)}", False),
        (f"t={NOW + 3600},{stripe(NOW + 3600)}", False),  # stripe 16.1.0 accepts it
        (f"t=+{NOW},{stripe(NOW)}", False),  # and this
        (f"t={NOW},v1=00,{stripe(NOW)}", True),
        (f"t={NOW},{stripe(NOW, 'v0')}", False),
        (f"t={NOW - 999},t={NOW},{stripe(NOW)}", False),
        (stripe(NOW), False),
        ("t=abc,v1=00", False),
        (f"t=-1,{stripe(-1)}", False),
        ("", False),
        (f"t={NOW},v1=", False),
        (f"t={NOW}," + "v1=00," * 10 + stripe(NOW), False),
        (f"t={NOW},{stripe(NOW)}," + "x" * 5_000, False),
    ],
)
def test_what_libraries_of_stripe_were_asked(verified: ModuleType, header: str, good: bool) -> None:
    assert stripe(NOW) == f"v1={BY_STRIPE}"
    assert heard(verified, "STRIPE", {"Stripe-Signature": header}) is good


@pytest.mark.parametrize(
    ("changed", "good"),
    [
        ({}, True),
        ({"signature": f"v1,AAAA {BY_STANDARD}"}, True),
        ({"id": "msg_2"}, False),
        ({"timestamp": str(NOW + 1)}, False),
        ({"timestamp": f" {NOW}"}, False),
        ({"timestamp": f"{NOW}.0"}, False),
        ({"signature": BY_STANDARD.replace("v1,", "v1a,")}, False),
        ({"signature": BY_STANDARD[:-1]}, False),
        ({"signature": ""}, False),
        ({"signature": "v1,AAAA " * 10 + BY_STANDARD}, False),
        ({"id": ""}, False),
        ({"id": "msg_1\u00e9"}, False),
    ],
)
@pytest.mark.parametrize("names", ["webhook", "svix"])
def test_what_libraries_of_standard_webhooks_were_asked(
    verified: ModuleType, names: str, changed: Mapping[str, str], good: bool
) -> None:
    given = {"id": "msg_1", "timestamp": str(NOW), "signature": BY_STANDARD, **changed}
    headers = {f"{names}-{name}": value for name, value in given.items()}
    assert heard(verified, "STANDARD", headers) is good
    both = headers | {"webhook-signature": BY_STANDARD, "svix-signature": BY_STANDARD}
    assert not heard(verified, "STANDARD", both)


OTHER = (
    b'{\n  "id": "evt_2",\n  "type": "invoice.paid",\n  "data": {"name": "'
    + "Żółć & Søn \u2013 発票".encode()
    + b'", "amount": 1.0}\n}\n'
)
BY_NODE = [
    ("STRIPE", EVENT, {"stripe-signature": f"t={NOW},v1={BY_STRIPE}"}),
    (
        "STRIPE",
        OTHER,
        {
            "stripe-signature": f"t={NOW},v1="
            "89e0c9664e7890876e904a78989d046abd671bcc0305b43f365eb71272a5afa8"
        },
    ),
    *(
        (
            "STANDARD",
            content,
            {f"{names}-id": "msg_1", f"{names}-timestamp": str(NOW), f"{names}-signature": made},
        )
        for content, made in (
            (EVENT, BY_STANDARD),
            (OTHER, "v1,Ypan4HrucwJlDXY2OEEBgnaccD18NNsv8D2uopMTTig="),
        )
        for names in ("webhook", "svix")
    ),
]
"""What the libraries for Node sign at that time: stripe 23.1.0, standardwebhooks 1.1.1, and svix
1.99.1."""


@pytest.mark.parametrize(("scheme", "content", "headers"), BY_NODE)
def test_what_libraries_for_node_sign_is_heard(
    verified: ModuleType, scheme: str, content: bytes, headers: Mapping[str, str]
) -> None:
    assert heard(verified, scheme, headers, content)


@pytest.mark.parametrize(("scheme", "content", "headers"), BY_NODE)
def test_every_alteration_of_what_they_sign_is_refused(
    verified: ModuleType, scheme: str, content: bytes, headers: Mapping[str, str]
) -> None:
    """Each byte of the body and each character of each header changed, left out or doubled."""
    bodies = {content + b" ", content.rstrip() if content != content.rstrip() else b" " + content}
    for place, byte in enumerate(content):
        before, behind = content[:place], content[place + 1 :]
        bodies |= {before + bytes([byte ^ 1]) + behind, before + behind}
    assert content not in bodies
    for body in bodies:
        assert not heard(verified, scheme, headers, body), body
    for name, value in headers.items():
        assert not heard(
            verified, scheme, {key: each for key, each in headers.items() if key != name}, content
        )
        for place, letter in enumerate(value):
            before, behind = value[:place], value[place + 1 :]
            for other in {"0", "A", "~"} - {letter}:
                altered = {**headers, name: before + other + behind}
                assert not heard(verified, scheme, altered, content), altered
            for altered_value in (before + behind, before + letter + letter + behind):
                if altered_value != value:
                    assert not heard(verified, scheme, {**headers, name: altered_value}, content)


def test_a_hook_of_an_event_is_listed_and_a_dead_one_named(tmp_path: Path) -> None:
    spec = LIBRARY.replace(LENT, HOOKED)
    stubs = modules("library", resolve(loads(spec)).hook_modules)
    (path,) = stubs
    assert "async def on_shop_book_lent(event: Heard, data: OnShopBookLentInput) -> UUID |" in (
        stubs[path].replace("\n", " ")
    )
    (tmp_path / path).parent.mkdir()
    (tmp_path / path).write_text(stubs[path], "utf-8")

    def states(spec: str) -> dict[str, str]:
        return {each.name: each.state for each in hooks(tmp_path, resolve(loads(spec)))}

    assert states(spec)["on_shop_book_lent"] == "stub"
    assert states(LIBRARY)["on_shop_book_lent"] == "dead"

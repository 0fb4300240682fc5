"""Billing: what the language refuses, its facts and advice, and what is not there without it."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from scaffold.design import states
from scaffold.design.model import Design
from scaffold.design.resolve import resolve
from scaffold.design.surface import surface
from scaffold.explain import explain
from scaffold.features.billing.database import FAILS, LOSES, PAYS
from scaffold.features.billing.design import KINDS, TYPES
from scaffold.lint.rules import advise
from scaffold.plan.files import unformatted
from scaffold.spec.load import load, loads, loads_with_positions
from scaffold.spec.problems import SpecError
from tests.emitted import SPEC, made

LIBRARY = """
scaffold: 2
service: {name: library, title: Library}
tenancy: {tenant: town}
identity:
  issuers: [{issuer: "https://login.example.com/", audience: library, algorithms: [ES256]}]
roles:
  reader: {can: [{do: [list, read, create], on: book}]}
  treasurer: {mfa: any, can: [{do: [list, read, create], on: billing_request}]}
resources: {book: {fields: {title: {type: string, max: 80}}}}
plans: {free: {}, team: {price: price_team}, firm: {price: price_firm}}
billing:
  provider: stripe
  webhook: {secrets: STRIPE_WEBHOOK_SECRET}
  when_unpaid: {after: 7d, plan: free}
"""
PLAIN = LIBRARY.partition("plans:")[0].replace(
    "  treasurer: {mfa: any, can: [{do: [list, read, create], on: billing_request}]}\n", ""
)


@pytest.fixture(scope="module")
def library() -> Design:
    """A service that sells two plans."""
    return resolve(loads(LIBRARY))


@pytest.fixture(scope="module")
def files(library: Design) -> Mapping[str, str]:
    """Its generated files."""
    return unformatted(library)


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        (
            ", team: {price: price_team}, firm: {price: price_firm}",
            "",
            "E-BILLING",
            "nothing to pay",
        ),
        ("price_firm", "price_team", "E-BILLING", "too"),
        ("plan: free}", "plan: team}", "E-BILLING", "not the first plan"),
        ("provider: stripe", "provider: paypal", "E-VALUE", "stripe"),
        ("after: 7d", "after: 91d", "E-RANGE", "90d"),
        (
            "secrets: STRIPE_WEBHOOK_SECRET",
            "secrets: sk_live_1",
            "E-NAME",
            "PAYMENTS_WEBHOOK_SECRET",
        ),
        (
            "secrets: STRIPE_WEBHOOK_SECRET",
            "secrets: [A_SECRET, A_SECRET]",
            "E-REPEATED",
            "A_SECRET",
        ),
        ("webhook: {", "webhook: {tolerance: 2h, ", "E-RANGE", "1h"),
        ("provider: stripe", "provider: stripe\n  price: 5", "E-UNKNOWN-KEY", "price"),
        ("do: [list, read, create], on: billing_r", "do: update, on: billing_r", "E-GRANT", "list"),
    ],
)
def test_what_cannot_be_said(old: str, new: str, code: str, said: str) -> None:
    assert old in LIBRARY
    with pytest.raises(SpecError) as caught:
        loads(LIBRARY.replace(old, new, 1))
    problem, *_ = caught.value.problems
    assert problem.code == code
    assert said in f"{problem.message} {problem.hint}"


def test_a_provider_of_its_own_has_another_name_and_secret() -> None:
    other = """
webhooks:
  stripe:
    scheme: stripe
    secrets: STRIPE_WEBHOOK_SECRET
    account: account
    runs_as: worker
    events: {made: {do: create, on: book, body: {title: title}}}
"""
    worker = "  worker: {kind: service, can: [{do: create, on: book}]}\nresources:"
    with pytest.raises(SpecError) as caught:
        loads(LIBRARY.replace("resources:", worker) + other)
    assert {each.code for each in caught.value.problems} == {"E-COLLISION", "E-BILLING"}


def test_without_billing_there_is_nothing_of_it(tmp_path: Path) -> None:
    said = re.compile(r"billing|stripe", re.IGNORECASE)
    files = unformatted(resolve(loads(PLAIN)))
    assert [path for path, text in files.items() if said.search(path + text)] == []
    project = made("library", tmp_path / "library", PLAIN.encode())
    own = [path for path in project.rglob("*") if path.is_file() and "requirements-s" in path.name]
    assert [path.name for path in own if "stripe" in path.name] == []
    for name in ("pyproject.toml", "Makefile", "Dockerfile", "compose.yaml"):
        assert not said.search((project / name).read_text()), name


def test_with_it_a_project_pins_the_sdk(tmp_path: Path) -> None:
    project = made("library", tmp_path / "library", LIBRARY.encode())
    assert re.search(r"^stripe==", (project / "requirements-stripe.txt").read_text(), re.MULTILINE)
    assert '"stripe>=16,<17",' in (project / "pyproject.toml").read_text()
    assert (
        "-r requirements-dev.txt -r requirements-stripe.txt" in (project / "Makefile").read_text()
    )
    assert "-r /requirements-stripe.txt" in (project / "Dockerfile").read_text()
    composed = (project / "compose.yaml").read_text()
    service, worker = composed.split("  worker:")
    assert "STRIPE_WEBHOOK_SECRET" in service and "STRIPE_SECRET_KEY" not in service
    assert "STRIPE_SECRET_KEY" in worker and "BILLING_RETURN_URL" in worker


def test_what_is_sold_is_a_fact_of_the_surface(library: Design) -> None:
    found = surface(library)
    assert found["billing"]["grace after a missed payment"] == "604800 s"
    assert found["plans"]["grace after a missed payment"] == "604800 s"
    assert found["billing"]["team sold as"] == "price_team"
    assert found["operations"]["billing_request:create step_up"] == "300 s"
    assert found["operations"]["billing_request:create idempotency_key"] == "required"
    assert found["access"]["receive_stripe without a token"] == "events signed as stripe"
    assert found["access"]["webhook stripe runs as"] == "nobody"
    assert found["access"]["webhook stripe invoice.paid"] == "stripe"
    told = explain(library, format="markdown")
    assert "billing\\_request:create" in told and "receive\\_stripe" in told


def test_a_caller_names_a_kind_and_a_plan(files: Mapping[str, str], library: Design) -> None:
    create = library.entity("billing_request").operation("create")
    assert create is not None
    assert {each.name for each in library.entity("billing_request").columns if each.creatable} == {
        "kind",
        "plan",
    }
    function = files["library/store/functions/000_shared.sql"].partition("billing_price_(")[2]
    assert "when 'team' then 'price_team'" in function and "when 'firm'" in function


def test_the_service_has_no_key_of_the_provider(files: Mapping[str, str]) -> None:
    """The process that people reach cannot call the provider."""
    for path, text in files.items():
        if path.startswith("library/") and "/work/" not in path and path != "library/worker.py":
            assert "stripe_secret_key" not in text.lower(), path
            assert "import stripe" not in text or "/development/" in path, path


def test_what_moves_a_subscription_is_a_transition() -> None:
    known = {(each.source, each.target) for each in states.TRANSITIONS}
    assert {(each, "past_due") for each in FAILS} <= known
    assert {(each, "active") for each in PAYS} <= known
    assert {("active", "disputed"), ("disputed", "unpaid"), ("past_due", "unpaid")} <= known
    assert set(LOSES) == {each for each in states.to("disputed") if each != "disputed"} | {"unpaid"}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (", create], on: billing_request}", "], on: billing_request}", "L335"),
        (
            "create], on: billing_request}",
            "create], on: billing_request, when: {kind: portal}}",
            "L335",
        ),
        ("[list, read, create], on: billing_request", "create, on: billing_request", "L336"),
        ("after: 7d", "after: 0s", "L337"),
        ("webhook: {", "webhook: {tolerance: 30m, ", "L338"),
        ("treasurer: {mfa: any, ", "treasurer: {", "L704"),
        ("treasurer: {mfa: any, ", "treasurer: {kind: service, ", "L105"),
    ],
)
def test_what_is_advised(old: str, new: str, rule: str) -> None:
    def advice(text: str) -> set[str]:
        spec, positions = loads_with_positions(text)
        return {each.id for each in advise(resolve(spec), spec, positions)}

    assert old in LIBRARY
    assert rule in advice(LIBRARY.replace(old, new, 1)) - advice(LIBRARY)


def test_the_contract_has_what_is_asked_and_heard(files: Mapping[str, str]) -> None:
    contract = files["library/openapi.json"]
    assert '"/webhooks/stripe"' in contract and '"/billing-requests"' in contract
    for each in (*KINDS, *TYPES):
        assert f'"{each}"' in contract, each


def test_the_reference_spec_uses_it() -> None:
    assert surface(resolve(load(SPEC)))["billing"]["provider"] == "stripe"

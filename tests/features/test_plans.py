"""Plans: what the language refuses, what changes the surface, and the one table of states."""

from dataclasses import replace
from pathlib import Path

import pytest

import scaffold
from scaffold.database.files import database
from scaffold.design import states
from scaffold.design.model import Design
from scaffold.design.resolve import resolve
from scaffold.design.surface import surface
from scaffold.features.plans.design import Plans, plans_of
from scaffold.plan.files import FEATURE_NAMES, unformatted
from scaffold.plan.templates import environment
from scaffold.spec.load import load, loads
from scaffold.spec.problems import SpecError
from tests.emitted import SPEC

ROOM = Path(scaffold.__file__).parent / "features" / "plans"
HEAD = """
scaffold: 2
service: {name: library, title: Library}
tenancy: {tenant: town}
identity:
  issuers: [{issuer: "https://login.example.com/", audience: library, algorithms: [ES256]}]
roles: {reader: {can: [{do: [list, read, create, delete, lend, mend], on: book}]}}
resources:
  book:
    fields: {title: {type: string, max: 80}}
    actions: {lend: {on: item, feature: lending}, mend: {on: item}}
"""
PLANS = """
plans:
  free: {quotas: {book: 5, book.mend: 2/day}}
  full: {price: price_1, features: lending, quotas: {book: 50, book.mend: 9/day}}
"""


def design(more: str = PLANS) -> Design:
    """What a spec means."""
    return resolve(loads(HEAD + more))


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("free: {", "free: {price: price_0, ", "E-PLAN", "14:17: free is the first plan"),
        ("features: lending", "features: [lending, print]", "E-UNKNOWN-FEATURE", '"print"'),
        ("book: 50,", "", "E-QUOTA", "full says no quota of book, and free does"),
        ("book: 50,", "book: 50/day,", "E-QUOTA", "another period than free"),
        ("book: 50,", "book: 50, chair: 2,", "E-UNKNOWN-RESOURCE", '"chair"'),
        ("book.mend: 9/day", "book.mend: 9/day, book.sell: 1/day", "E-UNKNOWN-ACTION", '"sell"'),
        ("book.mend: 9/day", "book.mend: 9", "E-QUOTA", "9/month or 9/day"),
        ("book: 50,", "book: 0,", "E-QUOTA", "is not a quota"),
        ("book: 50,", "book: 5/week,", "E-QUOTA", "is not a quota"),
        ("price: price_1", "price: ' '", "E-PRICE", "catalogue"),
        ("plans:", "trial: {plan: gold, days: 3}\nplans:", "E-UNKNOWN-PLAN", '"gold"'),
        ("plans:", "trial: {plan: full, days: 0}\nplans:", "E-RANGE", "days"),
        (
            "free: {",
            "free: {limits: {tenant: {unlimited_because: It is ours.}}, ",
            "E-RATE",
            "rate",
        ),
    ],
)
def test_what_is_wrong_has_a_code_and_a_place(old: str, new: str, code: str, said: str) -> None:
    with pytest.raises(SpecError) as refused:
        loads(HEAD + PLANS.replace(old, new, 1))
    found = [each for each in refused.value.problems if each.code == code]
    assert any(said in str(each) for each in found), refused.value


def test_a_gate_needs_plans_and_is_one() -> None:
    with pytest.raises(SpecError, match="no plans that could have the feature"):
        loads(HEAD)
    twice = HEAD.replace("  book:\n", "  book:\n    feature: reading\n")
    plans = PLANS.replace("features: lending", "features: [lending, reading]")
    with pytest.raises(SpecError, match="lend needs the feature reading already"):
        loads(twice + plans)


def test_a_subscription_is_there_where_plans_are() -> None:
    reads = HEAD.replace("on: book}]", "on: book}, {do: read, on: subscription}]")
    found = resolve(loads(reads + PLANS)).entity("subscription")
    assert [each.permission for each in found.operations] == ["subscription:read"]
    assert not any(each.name == "subscription" for each in design().entities)
    with pytest.raises(SpecError, match='no resource "subscription"'):
        loads(reads.replace(", feature: lending", ""))
    asked = reads.replace("on: subscription}", "on: subscription, when: {plan: full}}")
    with pytest.raises(SpecError, match="looks at plan of a subscription"):
        loads(asked + PLANS)


def test_plans_that_limit_need_a_limit_everywhere() -> None:
    unlimited = "limits: {tenant: {unlimited_because: It is all ours.}}\n"
    rated = PLANS.replace("full: {", "full: {limits: {tenant: 9/min}, ")
    with pytest.raises(SpecError, match=r"limits\.tenant says that none is"):
        loads(HEAD + rated + unlimited)
    both = rated.replace("free: {", "free: {limits: {tenant: 3/min}, ")
    with pytest.raises(SpecError, match=r"limits\.tenant says that none is"):
        loads(HEAD + both + unlimited)
    found = plans_of(design(rated))
    assert found is not None and found.rated
    assert [each.rate and each.rate.count for each in found.each] == [3000, 9]


def test_a_feature_of_a_resource_is_asked_of_all_of_it() -> None:
    whole = HEAD.replace("  book:\n", "  book:\n    feature: lending\n").replace(
        ", feature: lending}", "}"
    )
    facts = surface(resolve(loads(whole + PLANS)))["operations"]
    gated = {name for name, value in facts.items() if value == "lending"}
    verbs = ("list", "read", "create", "delete", "lend", "mend")
    assert gated == {f"book:{each} feature" for each in verbs}


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("book: 50,", "book: 51,", "full quota book"),
        ("book: 50,", "book: {unlimited_because: It costs nothing.},", "full quota book"),
        ("price_1", "price_2", "full price"),
        ("free: {", "free: {features: lending, ", "free features"),
        ("free: {", "free: {limits: {tenant: 9/min}, ", "free limit of a tenant"),
        ("plans:", "trial: {plan: full, days: 3}\nplans:", "trial"),
    ],
)
def test_what_a_plan_has_is_a_fact(old: str, new: str, name: str) -> None:
    before, after = surface(design())["plans"], surface(design(PLANS.replace(old, new, 1)))["plans"]
    assert before.get(name) != after[name]


def test_a_gate_that_is_gone_is_a_fact() -> None:
    plain = HEAD.replace(", feature: lending}", "}")
    before = surface(design())["operations"]
    after = surface(resolve(loads(plain + PLANS.replace("features: lending, ", ""))))["operations"]
    assert before.keys() - after.keys() == {"book:lend feature"}


def test_without_rates_only_what_needs_a_plan_looks_it_up() -> None:
    files = unformatted(design())
    book = files["library/store/functions/book.sql"]
    assert "out plan text" not in book and "library/gate/plans.py" not in files
    assert "v_caller.plan" not in book, "a quota looks it up where not every plan has enough"


def test_a_grace_counts_until_it_is_over() -> None:
    """What a later room says of unpaid subscriptions."""
    found = design()
    plans = plans_of(found)
    assert plans is not None
    graced = tuple(replace(e, grace=86400) if isinstance(e, Plans) else e for e in found.traits)
    text = shared(replace(found, traits=graced))
    assert "if s.state = 'past_due' and s.past_due_at + interval '86400 s' > now() then" in text
    assert "past_due_at +" not in shared(found)


def shared(found: Design) -> str:
    """The functions that all operations share."""
    templates = environment("service")

    def body(name: str, view: object) -> str:
        own = name.partition("/")[0] in FEATURE_NAMES
        path = f"{name}.sql.jinja" if own else f"store/{name}.sql.jinja"
        return templates.get_template(path).render(view=view)

    return database(found, body).derived["store/functions/000_shared.sql"]


def test_the_table_of_states_is_that_of_the_code() -> None:
    assert states.table() in (ROOM / "README.md").read_text("utf-8")


def test_every_state_is_reached_and_left() -> None:
    known = set(states.names())
    assert {each.target for each in states.TRANSITIONS} == known
    assert {each.source for each in states.TRANSITIONS} == known | {""}
    pairs = [(each.source, each.target) for each in states.TRANSITIONS]
    assert len(set(pairs)) == len(pairs)
    assert all("active" in {t for s, t in pairs if s == name} for name in known - {"active"})


def test_the_reference_spec_uses_every_part() -> None:
    found = plans_of(resolve(load(SPEC)))
    assert found is not None
    assert found.rated and found.trial and found.held and found.features

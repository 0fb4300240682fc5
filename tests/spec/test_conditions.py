"""Conditions: data that can be compared, with types that agree."""

from decimal import Decimal

import pytest

from scaffold.spec.load import loads
from scaffold.spec.model import Condition, Term

from .samples import check_refused, grant

UUID = "01890a5d-ac96-774b-bcce-b302099a8057"


def when(text: str, on: str = "order") -> str:
    """A spec with a grant under these conditions."""
    return grant(f"{{do: read, on: {on}, when: {{{text}}}}}")


def field(name: str) -> Term:
    return Term("field", name)


@pytest.mark.parametrize(
    ("text", "left", "operator", "right"),
    [
        ("status: open", field("status"), "eq", ("open",)),
        ("status: {in: [open, done]}", field("status"), "in", ("open", "done")),
        ("title: Urgent", field("title"), "eq", ("Urgent",)),
        ("paid: false", field("paid"), "eq", (False,)),
        ("number: {in: [1, 2]}", field("number"), "in", (1, 2)),
        (f"parent_order: {UUID}", field("parent_order"), "eq", (UUID,)),
        ("owner_id: $user.id", field("owner_id"), "eq", Term("user", "id")),
        ("title: $user.region", field("title"), "eq", Term("user", "region")),
        ("title: {in: $user.regions}", field("title"), "in", Term("user", "regions")),
        ("parent_order: {in: $user.regions}", field("parent_order"), "in", Term("user", "regions")),
        ("number: $user.level", field("number"), "eq", Term("user", "level")),
        ("title: $tenant.region", field("title"), "eq", Term("tenant", "region")),
        ("title: $service.environment", field("title"), "eq", Term("environment", "environment")),
        ("$tenant.region: eu", Term("tenant", "region"), "eq", ("eu",)),
        ("$tenant.region: $user.region", Term("tenant", "region"), "eq", Term("user", "region")),
        ("$user.level: {in: [1, 9]}", Term("user", "level"), "in", (1, 9)),
        (
            "$service.environment: {in: [staging, production]}",
            Term("environment", "environment"),
            "in",
            ("staging", "production"),
        ),
    ],
)
def test_conditions(text: str, left: Term, operator: str, right: object) -> None:
    (condition,) = loads(when(text)).roles["clerk"].can[0].when
    assert condition == Condition(left, operator, right)  # type: ignore[arg-type]
    assert isinstance(hash(condition), int)


OWN_ID, LEVEL = Term("user", "id"), Term("user", "level")


@pytest.mark.parametrize(
    ("text", "left", "operator", "right", "negated"),
    [
        ("status: {not: open}", "status", "eq", ("open",), True),
        ("status: {not: {in: [open, done]}}", "status", "in", ("open", "done"), True),
        ("owner_id: {not: $user.id}", "owner_id", "eq", OWN_ID, True),
        ("reviewer: {not: $user.id}", "reviewer", "eq", OWN_ID, True),
        ("title: {not: {in: $user.regions}}", "title", "in", Term("user", "regions"), True),
        (f"parent_order: {{not: {UUID}}}", "parent_order", "eq", (UUID,), True),
        ("total: {lte: $user.level}", "total", "lte", LEVEL, False),
        ("rate: {gt: 1.50}", "rate", "gt", (Decimal("1.50"),), False),
        ("rate: {lt: $user.level}", "rate", "lt", LEVEL, False),
        ("due: {lt: $user.until}", "due", "lt", Term("user", "until"), False),
        ("due: 2030-01-31", "due", "eq", ("2030-01-31",), False),
        ("seen: {gte: '2030-01-31T12:00:00Z'}", "seen", "gte", ("2030-01-31T12:00:00Z",), False),
        ("took: {lt: 5d}", "took", "lt", ("5d",), False),
        ("total: null", "total", "null", (), False),
        ("total: {not: null}", "total", "null", (), True),
        ("tags: null", "tags", "null", (), False),
        ("members: {contains: $user.id}", "members", "contains", OWN_ID, False),
        ("tags: {contains: vip}", "tags", "contains", ("vip",), False),
        ("tags: {not: {contains: vip}}", "tags", "contains", ("vip",), True),
        ("tags: {contains: $user.region}", "tags", "contains", Term("user", "region"), False),
    ],
)
def test_conditions_with_operators(
    text: str, left: str, operator: str, right: object, negated: bool
) -> None:
    (condition,) = loads(when(text)).roles["clerk"].can[0].when
    assert condition == Condition(field(left), operator, right, negated)  # type: ignore[arg-type]


def test_several_operators_are_as_many_conditions() -> None:
    found = loads(when("number: {gte: 1, lt: 9, not: 5}")).roles["clerk"].can[0].when
    assert [(each.operator, each.negated) for each in found] == [
        ("gte", False),
        ("lt", False),
        ("eq", True),
    ]


def test_a_parent_is_compared_by_the_name_of_its_resource() -> None:
    assert loads(when(f"order: {UUID}", on="order_line"))


def test_several_conditions_are_a_conjunction_in_order() -> None:
    found = loads(when("paid: true, status: done")).roles["clerk"].can[0].when
    assert [str(condition.left) for condition in found] == ["paid", "status"]


def test_terms_print_as_they_are_spelled() -> None:
    spelled = ["title", "$user.id", "$tenant.region", "$service.environment"]
    terms = [field("title"), Term("user", "id"), Term("tenant", "region")]
    assert [str(t) for t in [*terms, Term("environment", "environment")]] == spelled


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("▸statu: open", "E-UNKNOWN-FIELD", "Did you mean status?"),
        ("▸parent_order_id: x", "E-UNKNOWN-FIELD", "Did you mean parent_order?"),
        ("status: ▸opn", "E-VALUE", "Did you mean open?"),
        ("status: {in: [open, ▸opn]}", "E-VALUE", "Did you mean open?"),
        ("status: ▸true", "E-TYPE", "text"),
        ("paid: ▸open", "E-TYPE", "true or false"),
        ("number: ▸1000", "E-RANGE", "between 1 and 999"),
        ("number: ▸'1'", "E-TYPE", "whole number"),
        ("parent_order: ▸x", "E-VALUE", "UUID"),
        ("title: ▸1.5", "E-TYPE", "is not text"),
        ("title: ▸[a]", "E-CONDITION", "is not a value"),
        ("total: ▸5.5", "E-TYPE", "in minor units"),
        ("▸note: x", "E-CONDITION", "of type text"),
        ("status: ▸{}", "E-CONDITION", "empty"),
        ("status: {▸not_in: [open]}", "E-CONDITION", "not an operator"),
        ("status: {in: ▸open}", "E-CONDITION", "needs a list"),
        ("status: {in: ▸[]}", "E-CONDITION", "needs a list"),
        ("status: {in: [▸$user.region]}", "E-CONDITION", "cannot be in a list"),
        ("owner_id: ▸x", "E-CONDITION", "$user.id"),
        ("title: ▸$user.id", "E-CONDITION", "such as the owner"),
        ("owner_id: ▸$user.region", "E-CONDITION", "such as the owner"),
        ("▸$user.id: x", "E-CONDITION", "owner field"),
        ("title: ▸$user", "E-CONDITION", "$user.ATTRIBUTE"),
        ("title: ▸$usr.region", "E-CONDITION", "cannot use"),
        ("title: ▸$service.enviroment", "E-CONDITION", "Did you mean $service.environment?"),
        ("▸title: $user.regio", "E-UNKNOWN-ATTRIBUTE", "Did you mean region?"),
        ("▸$tenant.regions: eu", "E-UNKNOWN-ATTRIBUTE", "Did you mean region?"),
        ("title: ▸$user.regions", "E-CONDITION", "{in: $user.regions}"),
        ("title: {in: ▸$user.region}", "E-CONDITION", "{title: $user.region}"),
        ("title: {in: ▸$tenant.region}", "E-CONDITION", "needs a list"),
        ("▸$user.regions: eu", "E-CONDITION", "is a list"),
        ("title: ▸$user.level", "E-CONDITION", "holds text"),
        ("paid: ▸$user.level", "E-CONDITION", "a boolean"),
        ("number: ▸$user.region", "E-CONDITION", "an integer"),
        ("status: ▸$user.region", "E-CONDITION", "no value in common"),
        ("parent_order: ▸$user.region", "E-CONDITION", "no value in common"),
        ("$tenant.region: ▸asia", "E-VALUE", "Known: eu and us"),
        ("$user.level: ▸10", "E-RANGE", "between 0 and 9"),
        ("$service.environment: ▸prod", "E-VALUE", "production"),
        ("status: {not: ▸opn}", "E-VALUE", "Did you mean open?"),
        ("status: {not: {in: [open, ▸opn]}}", "E-VALUE", "Did you mean open?"),
        ("status: {not: {▸lte: open}}", "E-CONDITION", "Write gt instead"),
        ("status: {not: {▸not: open}}", "E-CONDITION", "cannot be inside not"),
        ("status: {not: ▸{}}", "E-CONDITION", "one value or one operator"),
        ("status: {▸lt: open}", "E-CONDITION", "have an order"),
        ("title: {▸gte: a}", "E-CONDITION", "have an order"),
        ("paid: {▸gt: false}", "E-CONDITION", "have an order"),
        ("owner_id: {▸gt: $user.id}", "E-CONDITION", "have an order"),
        (f"parent_order: {{▸gt: {UUID}}}", "E-CONDITION", "have an order"),
        ("$user.region: {▸gt: eu}", "E-CONDITION", "have an order"),
        ("number: {lt: ▸$user.regions}", "E-CONDITION", "is a list"),
        ("number: {lt: ▸$user.until}", "E-CONDITION", "holds an integer"),
        ("due: {lt: ▸$user.level}", "E-CONDITION", "holds a date"),
        ("seen: {lt: ▸$user.until}", "E-CONDITION", "holds a moment"),
        ("took: {lt: ▸$user.level}", "E-CONDITION", "holds a duration"),
        ("number: {lt: ▸5000}", "E-RANGE", "between 1 and 999"),
        ("number: {lt: ▸1.5}", "E-TYPE", "whole number"),
        ("rate: {lt: ▸1.555}", "E-RANGE", "2 places"),
        ("rate: {lt: ▸a}", "E-VALUE", "Write it as 1.50"),
        ("due: {lt: ▸2030-02-30}", "E-VALUE", "Write it as 2030-01-31"),
        ("seen: {lt: ▸2030-02-01}", "E-VALUE", "not a moment"),
        ("took: {lt: ▸5}", "E-TYPE", "quotes"),
        ("took: {lt: ▸50d}", "E-RANGE", "not between"),
        ("total: {lt: ▸true}", "E-TYPE", "in minor units"),
        ("number: ▸null", "E-CONDITION", "optional"),
        ("number: {not: ▸null}", "E-CONDITION", "never null"),
        ("owner_id: ▸null", "E-CONDITION", "never null"),
        ("shape: ▸null", "E-CONDITION", "of type object"),
        ("$user.region: ▸null", "E-CONDITION", "is absent is refused"),
        ("▸parent_order: ", "E-EMPTY", "no value"),
        ("parent_order: ▸~", "E-EMPTY", "no value"),
        ("parent_order: {in: [▸null]}", "E-EMPTY", "no value"),
        ("parent_order: {not: ▸$user.region}", "E-CONDITION", "another spelling"),
        ("parent_order: {not: {in: ▸$user.regions}}", "E-CONDITION", "another spelling"),
        ("▸tags: a", "E-CONDITION", "{contains: value}"),
        ("▸prices: a", "E-CONDITION", "of type list"),
        ("title: {▸contains: a}", "E-CONDITION", "{title: value}"),
        ("owner_id: {▸contains: $user.id}", "E-CONDITION", "no list"),
        ("▸$user.regions: {contains: a}", "E-CONDITION", "is a list"),
        ("prices: {▸contains: 1.5}", "E-CONDITION", "enum, string, integer or uuid"),
        ("tags: {contains: ▸5}", "E-TYPE", "text"),
        ("tags: {contains: ▸$user.id}", "E-CONDITION", "Only a list of uuid"),
        ("tags: {contains: ▸$user.regions}", "E-CONDITION", "is a list"),
        ("tags: {contains: ▸$user.level}", "E-CONDITION", "holds text"),
        ("members: {contains: ▸$user.region}", "E-CONDITION", "no value in common"),
        ("members: {contains: ▸x}", "E-VALUE", "UUID"),
    ],
)
def test_what_is_wrong_with_a_condition(text: str, code: str, says: str) -> None:
    check_refused(when(text), code, says)


def test_conditions_need_a_mapping() -> None:
    check_refused(grant("{do: read, on: order, when: ▸open}"), "E-TYPE", "mapping")
    check_refused(grant("{do: read, on: order, when: ▸{}}"), "E-TYPE", "leave the key out")


def test_a_condition_must_hold_for_every_resource_of_the_grant() -> None:
    sample = when("▸status: open", on="[order, order_line]")
    check_refused(sample, "E-UNKNOWN-FIELD", "order_line")


def test_an_action_on_the_collection_has_no_field_to_compare() -> None:
    check_refused(
        grant("{do: [read, load], on: order, when: {▸paid: true}}"),
        "E-CONDITION",
        "Grant it separately",
    )
    assert loads(grant("{do: load, on: order, when: {$tenant.region: eu}}"))


def test_a_service_role_has_no_user() -> None:
    for text in ("▸owner_id: $user.id", "▸$user.region: eu"):
        sample = grant(f"{{do: read, on: order, when: {{{text}}}}}", role="kind: service, ")
        check_refused(sample, "E-CONDITION", "service role cannot use $user")

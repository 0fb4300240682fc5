"""Conditions: data that can be compared, with types that agree."""

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
        ("title: ▸1.5", "E-CONDITION", "is not a value"),
        ("title: ▸[a]", "E-CONDITION", "is not a value"),
        ("▸total: 5", "E-CONDITION", "of type money"),
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

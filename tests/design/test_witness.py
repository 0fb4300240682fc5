"""The worlds of the access matrix: what the emitted tests try, said in full."""

from typing import Any

from scaffold.plan.access import access

from .samples import design, granted

LIMITED = """
identity:
  issuers: [{issuer: https://login.example.com/, audience: shop, algorithms: [ES256]}]
  attributes: {regions: {list: string}, limit: {type: integer, min: 0, max: 9}}
resources:
  order:
    fields:
      total: {type: money, min: 0}
      size: {type: integer, min: 1, max: 99}
      region: {type: enum, values: [eu, us], optional: true}
      due: {type: date, optional: true, default: 2030-01-31}
      people: {type: list, of: {type: uuid}, max_items: 9, min_items: 2}
      above: {type: reference, to: order, optional: true}
"""


def test_a_world_outside_a_condition_leaves_nothing_open_that_another_grant_looks_at() -> None:
    """What is left open is filled in with an example, which might meet the other grant."""
    found = granted(
        "{do: update, on: order, when: {owner_id: $user.id, status: open}}",
        "{do: update, on: order, when: {region: eu, status: open}}",
        "{do: update, on: order, when: {$tenant.region: eu, status: open}}",
    )
    outside = access(found)["update_order"]["roles"]["clerk"]["outside"]
    (another_owner,) = (each for each in outside if each["why"] == "not owner_id is $user.id")
    assert another_owner["row"] == {"owner_id": "@other", "status": "open", "region": "us"}
    assert another_owner["tenant"] == {"region": "us"}


def facts(*conditions: str, do: str = "delete") -> dict[str, Any]:
    """What is tried of a grant under these conditions."""
    grants = ", ".join(f"{{do: {do}, on: order, when: {{{each}}}}}" for each in conditions)
    found = design(f"roles: {{clerk: {{can: [{grants}]}}}}{LIMITED}")
    told: dict[str, Any] = access(found)[f"{do}_order"]["roles"]["clerk"]
    return told


def test_a_comparison_is_tried_at_its_bound() -> None:
    found = facts("size: {gte: 10, lt: 20}")
    tried = {each["why"]: each["row"]["size"] for each in found["outside"]}
    assert 10 <= found["row"]["size"] < 20
    assert tried == {"not size >= 10": 9, "not size < 20": 20}
    found = facts("total: {lte: $user.limit}")
    assert found["row"]["total"] == found["user"]["limit"]
    assert found["outside"][0]["row"]["total"] == found["outside"][0]["user"]["limit"] + 1


def test_what_lacks_a_claim_is_outside_and_so_is_another_type() -> None:
    for when in ("total: {lte: $user.limit}", "region: {not: {in: $user.regions}}"):
        (lacking,) = (each for each in facts(when)["outside"] if "for want of" in each["why"])
        assert lacking["user"] == {}
        assert len(lacking["unread"]) == 1


def test_null_is_said_where_a_default_would_take_its_place() -> None:
    found = facts("due: null")
    assert found["row"] == {"due": None}
    assert found["outside"][0]["row"]["due"] is not None
    assert facts("due: {not: null}")["row"]["due"] is not None
    assert facts("region: {not: eu}")["row"]["region"] is None


def test_a_list_is_as_long_as_it_has_to_be() -> None:
    found = facts("people: {contains: $user.id}")
    assert found["row"]["people"][0] == "@me"
    assert len(found["row"]["people"]) == 2
    (without,) = found["outside"]
    assert "@me" not in without["row"]["people"]


def test_a_value_is_found_between_others() -> None:
    found = facts("size: {gt: 1, not: {in: [2, 3, 5]}, lt: 6}")
    assert found["row"]["size"] == 4
    assert not facts("size: {gt: 1, not: 2, lt: 3}")["allowed"]

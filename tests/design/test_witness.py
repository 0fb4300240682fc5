"""The worlds of the access matrix: what the emitted tests try, said in full."""

from scaffold.plan.access import access

from .samples import granted


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

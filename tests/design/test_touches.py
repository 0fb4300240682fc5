"""What hooks do to other rows: resolved once, and said wherever authority is said."""

import json
import re

from scaffold.database.files import database
from scaffold.database.guards import grant
from scaffold.design.model import Design
from scaffold.design.surface import surface
from scaffold.explain import explain
from scaffold.plan.access import access
from scaffold.plan.files import unformatted

from .samples import SPECS, design


def recruiting() -> Design:
    """The reference spec in which hooks touch rows."""
    from scaffold.design.resolve import resolve
    from scaffold.spec.load import load

    return resolve(load(SPECS / "recruiting.yaml"))


def test_a_touch_is_resolved_on_both_sides() -> None:
    found = recruiting()
    hire = next(each for each in found.operations if each.id == "hire_application")
    assert [(each.verb, each.entity, each.fields) for each in hire.touches] == [
        ("read", "position", ()),
        ("update", "position", ("places", "filled_on")),
        ("update", "candidate", ("stage", "hired_on")),
        ("create", "offer", ("candidate_id", "salary", "terms")),
    ]
    touched = [each for entity in found.entities for each in entity.touched]
    declared = [each for operation in found.operations for each in operation.touches]
    assert sorted(touched, key=repr) == sorted(declared, key=repr)
    assert all(each.roles == ("recruiter",) for each in hire.touches)


def test_the_service_may_write_what_hooks_write() -> None:
    offer = grant(recruiting().entity("offer"))
    assert (offer.insert, offer.delete, offer.update) == (True, True, ())
    position = grant(recruiting().entity("position"))
    assert {"places", "filled_on", "version", "updated_at"} <= set(position.update)


def test_the_surface_and_the_matrix_say_it() -> None:
    facts = surface(recruiting())["operations"]
    assert facts["application:hire touches position update"] == "filled_on, places"
    assert facts["application:hire touches offer create"] == "candidate_id, salary, terms"
    assert facts["application:decline touches offer delete"] == "whole rows"
    told = json.loads(explain(recruiting(), operation="hire_application", format="json"))
    assert told["operations"][0]["touches"][1] == {
        "do": "update",
        "on": "position",
        "fields": ["places", "filled_on"],
    }
    assert "updates position (places, filled_on)" in explain(
        recruiting(), format="markdown"
    ).replace("\\", "")


def test_a_field_that_is_not_shown_on_every_row_is_no_filter_of_its_role() -> None:
    found = access(
        design(
            "roles: {clerk: {can: [{do: list, on: order, except: title}, "
            "{do: list, on: order, when: {status: open}}, {do: [create, finish], on: order}]}}"
        )
    )
    assert found["list_orders"]["roles"]["clerk"]["blind"] == ["title"]
    assert "blind" not in found["create_order"]["roles"]["clerk"]


def test_every_policy_of_a_resource_asks_for_a_role() -> None:
    """Whether a hook is bounded does not hang on a condition elsewhere."""
    for each in (design(""), recruiting()):
        stored = database(each, lambda *_: "")
        own = {entity.name for entity in each.declared}
        policies = [p for p in stored.guards.policies if p.table in own and not p.restrictive]
        assert policies
        for policy in policies:
            said = f"{policy.using} {policy.check}"
            assert re.search(r"roles|false", said), policy


def test_a_service_whose_hooks_touch_nothing_has_none_of_it() -> None:
    files = unformatted(design("roles: {clerk: {can: [{do: [list, finish], on: order}]}}"))
    assert not [path for path in files if path.endswith(("/rows.py", "test_touches.py"))]
    assert "Generic" not in files["shop/gate/actions.py"]

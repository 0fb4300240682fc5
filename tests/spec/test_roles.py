"""Roles and grants: what they name exists, and every word of them has an effect."""

import pytest

from scaffold.spec.load import loads
from scaffold.spec.problems import SpecError

from .samples import check_refused, grant, spec


@pytest.mark.parametrize(
    "text",
    [
        "{do: list, on: order}",
        "{do: [list, read], on: [order, order_line]}",
        "{do: [update, finish], on: order, only: title}",
        "{do: [list, read], on: order, except: [owner_id, token]}",
        "{do: read, on: order, only: [total, status]}",
        "{do: [read, update], on: order, only: [total, title]}",
        "{do: create, on: order, only: [title, code]}",
        "{do: read, on: order_line, only: [order, amount]}",
    ],
)
def test_grants(text: str) -> None:
    assert loads(grant(text)).roles["clerk"].can


def test_a_grant_keeps_absent_and_named_fields_apart() -> None:
    clerk = loads(grant("{do: read, on: order, except: title}")).roles["clerk"]
    assert (clerk.can[0].only, clerk.can[0].except_) == (None, ("title",))


def test_roles_may_extend_several_roles() -> None:
    text = spec(
        roles="{a: {can: [{do: read, on: order}]}, b: {}, c: {extends: [a, b]}, d: {extends: c}}"
    )
    assert loads(text).roles["c"].extends == ("a", "b")


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("{do: ▸reed, on: order}", "E-UNKNOWN-OPERATION", "Did you mean read?"),
        ("{do: [read, ▸finish], on: [order, order_line]}", "E-UNKNOWN-OPERATION", "of order_line"),
        (
            "{do: ▸all, on: order}",
            "E-WILDCARD",
            "create, delete, finish, list, load, read or update",
        ),
        ("{do: '▸*', on: order}", "E-WILDCARD", "no wildcards"),
        ("{do: read, on: ▸any}", "E-WILDCARD", "order, order_line"),
        ("{do: read, on: ▸ordr}", "E-UNKNOWN-RESOURCE", "Did you mean order?"),
        ("{do: read, on: [order, ▸order]}", "E-REPEATED", "twice"),
        ("{do: [read, ▸read], on: order}", "E-REPEATED", "twice"),
        ("{do: read, on: order, only: [▸titel]}", "E-UNKNOWN-FIELD", "Did you mean title?"),
        ("{do: read, on: order, only: ▸all}", "E-WILDCARD", "no wildcards"),
        ("{do: read, on: [order, order_line], only: [▸title]}", "E-UNKNOWN-FIELD", "of order_line"),
        ("{do: read, on: order, only: ▸[]}", "E-RANGE", "empty"),
        ("{do: read, on: order, only: title, ▸except: note}", "E-GRANT", "both only and except"),
        ("{do: delete, on: order, ▸only: title}", "E-GRANT", "no meaning for delete"),
        ("{do: finish, on: order, ▸except: title}", "E-GRANT", "no meaning for finish"),
        ("{do: update, on: order, only: [title, ▸total]}", "E-GRANT", "only hooks set it"),
        ("{do: create, on: order, only: [▸status]}", "E-GRANT", "only hooks set it"),
        ("{do: update, on: order, only: [▸code]}", "E-GRANT", "immutable"),
        ("{do: update, on: order, only: [▸owner_id]}", "E-GRANT", "the service sets it"),
        ("{do: read, on: order, only: [▸token]}", "E-GRANT", "secret"),
        ("{▸d: read, on: order, do: read}", "E-UNKNOWN-KEY", "Did you mean do?"),
        ("▸read", "E-TYPE", "mapping"),
    ],
)
def test_what_is_wrong_with_a_grant(text: str, code: str, says: str) -> None:
    check_refused(grant(text.replace("'▸", "▸'")), code, says)


@pytest.mark.parametrize(
    ("roles", "code", "says"),
    [
        ("{a: {can: [{do: read, on: order}]}, b: {extends: ▸c}}", "E-UNKNOWN-ROLE", "role"),
        (
            "{viewer: {can: [{do: read, on: order}]}, b: {extends: [▸viwer]}}",
            "E-UNKNOWN-ROLE",
            "Did you mean viewer?",
        ),
        (
            "{a: {can: [{do: read, on: order}]}, b: {kind: service, extends: ▸a}}",
            "E-ROLE-KIND",
            "service role extends the human role a",
        ),
        ("{a: {extends: ▸a, can: [{do: read, on: order}]}}", "E-CYCLE", "extends itself"),
        (
            "{a: {extends: b, can: [{do: read, on: order}]}, b: {extends: c}, c: {extends: ▸a}}",
            "E-CYCLE",
            "extends itself",
        ),
        ("{▸a: {can: [{do: read, on: order}], mfa: ▸none}}", "E-VALUE", "phishing_resistant"),
        ("{a: {can: [{do: read, on: order}], kind: ▸robot}}", "E-VALUE", "human and service"),
        ("{▸all: {can: [{do: read, on: order}]}}", "E-WILDCARD", "no wildcards"),
        ("▸{}", "E-RANGE", "empty"),
    ],
)
def test_what_is_wrong_with_a_role(roles: str, code: str, says: str) -> None:
    check_refused(spec(roles=roles.replace("{▸a: {can", "{a: {can")), code, says)


def test_some_role_must_be_granted_something() -> None:
    text = spec(roles="{a: {}, b: {extends: a}}").replace("roles:", "▸roles:")
    check_refused(text, "E-NO-GRANT", "No role may do anything")


def test_a_grant_of_a_broken_field_is_no_problem_of_its_own() -> None:
    text = grant("{do: [create, update], on: order, only: [title]}")
    broken = text.replace("title: {type: string, max: 100}", "title: {type: lost}", 1)
    assert broken != text
    with pytest.raises(SpecError) as refused:
        loads(broken)
    assert "the service sets it" not in str(refused.value)

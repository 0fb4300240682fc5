"""From the spec to the design: roles, grants, operations, columns and names."""

import pytest

from scaffold.design.model import Alternative, Design, Operation
from scaffold.design.surface import condition_text
from scaffold.features.audit.design import days_of
from scaffold.features.idempotency.design import need_of
from scaffold.features.limits.design import limits_of
from scaffold.features.step_up.design import seconds_of

from .samples import design, granted

LADDER = """
roles:
  reader: {can: [{do: [list, read], on: order}]}
  writer: {extends: reader, mfa: any, can: [{do: create, on: order}]}
  auditor: {extends: reader}
  chief: {extends: [writer, auditor], can: [{do: delete, on: order}]}
  boss: {extends: chief, mfa: phishing_resistant}
  deputy: {extends: boss, mfa: any}
"""


def operation(found: Design, permission: str) -> Operation:
    """The operation with a permission."""
    return next(each for each in found.operations if each.permission == permission)


def alternatives(found: Design, permission: str) -> list[tuple[str, str, tuple[str, ...] | None]]:
    """The alternatives of an operation: roles, conditions and fields."""
    return [
        (
            " ".join(each.roles),
            " and ".join(map(condition_text, each.conditions)),
            each.fields,
        )
        for each in operation(found, permission).alternatives
    ]


# Roles


def test_a_role_includes_itself_and_all_that_it_extends() -> None:
    includes = {each.name: each.includes for each in design(LADDER).roles}
    assert includes == {
        "reader": ("reader",),
        "writer": ("reader", "writer"),
        "auditor": ("auditor", "reader"),
        "chief": ("auditor", "chief", "reader", "writer"),
        "boss": ("auditor", "boss", "chief", "reader", "writer"),
        "deputy": ("auditor", "boss", "chief", "deputy", "reader", "writer"),
    }


def test_a_role_demands_the_strongest_factor_of_all_that_it_includes() -> None:
    assert {each.name: each.mfa for each in design(LADDER).roles} == {
        "reader": None,
        "writer": "any",
        "auditor": None,
        "chief": "any",
        "boss": "phishing_resistant",
        "deputy": "phishing_resistant",
    }


def test_grants_are_held_by_every_role_that_extends_their_own() -> None:
    found = design(LADDER)
    assert operation(found, "order:list").roles == (
        "auditor",
        "boss",
        "chief",
        "deputy",
        "reader",
        "writer",
    )
    assert operation(found, "order:create").roles == ("boss", "chief", "deputy", "writer")
    assert operation(found, "order:delete").roles == ("boss", "chief", "deputy")


# Alternatives


def test_roles_with_the_same_grant_share_an_alternative() -> None:
    found = design("""
roles:
  a: {can: [{do: read, on: order, when: {status: open, region: eu}}]}
  b: {can: [{do: read, on: order, when: {region: eu, status: open}}]}
""")
    assert alternatives(found, "order:read") == [("a b", "region = eu and status = open", None)]


@pytest.mark.parametrize(
    ("grants", "left"),
    [
        pytest.param(
            ["{do: read, on: order, when: {status: open}}", "{do: read, on: order}"],
            [("clerk", "", None)],
            id="fewer conditions",
        ),
        pytest.param(
            [
                "{do: read, on: order, when: {status: open, region: eu}}",
                "{do: read, on: order, when: {region: eu}}",
            ],
            [("clerk", "region = eu", None)],
            id="one condition less",
        ),
        pytest.param(
            ["{do: read, on: order, only: [title]}", "{do: read, on: order}"],
            [("clerk", "", None)],
            id="every field",
        ),
        pytest.param(
            [
                "{do: read, on: order, only: [title]}",
                "{do: read, on: order, only: [title, region]}",
            ],
            [("clerk", "", ("region", "title"))],
            id="more fields",
        ),
        pytest.param(
            ["{do: read, on: order}", "{do: read, on: order}"],
            [("clerk", "", None)],
            id="the same twice",
        ),
        pytest.param(
            [
                "{do: read, on: order, when: {status: open}}",
                "{do: read, on: order, when: {region: eu}}",
            ],
            [("clerk", "region = eu", None), ("clerk", "status = open", None)],
            id="neither covers the other",
        ),
        pytest.param(
            [
                "{do: read, on: order, when: {status: open}}",
                "{do: read, on: order, only: [title]}",
            ],
            [("clerk", "", ("title",)), ("clerk", "status = open", None)],
            id="more rows but fewer fields",
        ),
    ],
)
def test_what_a_wider_grant_covers_is_absorbed(
    grants: list[str], left: list[tuple[str, str, tuple[str, ...] | None]]
) -> None:
    assert alternatives(granted(*grants), "order:read") == left
    assert alternatives(granted(*reversed(grants)), "order:read") == left


def test_only_the_roles_with_the_wider_grant_leave_the_narrow_one() -> None:
    found = design("""
roles:
  member: {can: [{do: read, on: order, when: {owner_id: $user.id}}]}
  chief: {extends: member, can: [{do: read, on: order}]}
""")
    assert alternatives(found, "order:read") == [
        ("chief", "", None),
        ("member", "owner_id = $user.id", None),
    ]


def test_conditions_carry_the_types_of_both_sides() -> None:
    found = granted(
        "{do: read, on: order, when: {region: {in: $user.regions}, title: $tenant.region}}"
    )
    first, second = operation(found, "order:read").alternatives[0].conditions
    assert (first.left.name, first.left.kind.name, first.operator) == ("region", "enum", "in")
    assert not isinstance(first.right, tuple)
    assert (first.right.source, first.right.kind.name, first.right.many) == ("user", "string", True)
    assert (second.left.name, second.left.kind.name) == ("title", "string")
    assert not isinstance(second.right, tuple)
    assert second.right.kind.values == ("eu", "us")


# Fields of a grant


@pytest.mark.parametrize(
    ("do", "limit", "fields"),
    [
        ("read", "only: [title, status]", ("status", "title")),
        ("read", "except: [total]", ("owner_id", "region", "source_id", "status", "title")),
        ("read", "only: [source]", ("source_id",)),
        ("read", "except: [key]", None),
        ("read", "only: [title, region, status, total, source, owner_id]", None),
        ("create", "only: [title, region]", ("region", "title")),
        ("create", "except: [source]", ("key", "region", "title")),
        ("create", "except: [status]", None),
        ("update", "only: [title]", ("title",)),
        ("update", "except: [region]", None),
        ("[create, update]", "only: [region]", ()),
    ],
)
def test_a_grant_covers_the_columns_that_its_operation_can_use(
    do: str, limit: str, fields: tuple[str, ...] | None
) -> None:
    found = granted(f"{{do: {do}, on: order, {limit}}}")
    assert found.operations[-1].alternatives[0].fields == fields


def test_deletes_and_actions_have_no_fields() -> None:
    found = granted("{do: [read, delete, drop], on: order, only: [title]}")
    for permission in ("order:delete", "order:drop"):
        assert operation(found, permission).alternatives == (Alternative(("clerk",), (), None),)


# Operations


def test_an_operation_exists_only_where_somebody_is_granted_it() -> None:
    found = granted("{do: [list, update], on: order}", "{do: finish, on: order}")
    assert [each.id for each in found.operations] == ["list_orders", "update_order", "finish_order"]
    assert found.entity("order_line").operations == ()
    assert found.entity("order").operation("delete") is None


@pytest.mark.parametrize(
    ("permission", "method", "path", "status", "on_item", "conditional"),
    [
        ("order:list", "GET", "/orders", 200, False, False),
        ("order:create", "POST", "/orders", 201, False, False),
        ("order:read", "GET", "/orders/{order_id}", 200, True, False),
        ("order:update", "PATCH", "/orders/{order_id}", 200, True, True),
        ("order:delete", "DELETE", "/orders/{order_id}", 204, True, True),
        ("order:finish", "POST", "/orders/{order_id}/finish", 200, True, True),
        ("order:sweep", "POST", "/orders/sweep", 204, False, False),
        ("order_line:list", "GET", "/orders/{order_id}/order-lines", 200, False, False),
        ("order_line:create", "POST", "/orders/{order_id}/order-lines", 201, False, False),
        ("order_line:read", "GET", "/order-lines/{order_line_id}", 200, True, False),
        ("order_line:delete", "DELETE", "/order-lines/{order_line_id}", 204, True, True),
    ],
)
def test_an_operation_has_its_place(
    permission: str, method: str, path: str, status: int, on_item: bool, conditional: bool
) -> None:
    found = operation(
        granted(
            "{do: [list, read, create, update, delete], on: [order, order_line]}",
            "{do: [finish, drop, sweep], on: order}",
        ),
        permission,
    )
    assert (found.method, found.path, found.status) == (method, path, status)
    assert (found.on_item, found.conditional) == (on_item, conditional)


def test_an_action_carries_what_it_demands() -> None:
    found = granted("{do: [finish, drop], on: order}")
    finish, drop = operation(found, "order:finish"), operation(found, "order:drop")
    assert (finish.verb, finish.action, seconds_of(finish)) == ("action", "finish", 300)
    assert (need_of(finish), need_of(drop)) == ("required", "optional")
    assert (finish.body, drop.body) == ("FinishOrderInput", "")
    assert [each.name for each in finish.input] == ["words"]
    assert seconds_of(drop) is None


def test_a_create_takes_an_idempotency_key_and_the_others_none() -> None:
    found = granted("{do: [list, read, create, update, delete], on: order}")
    assert {each.verb: need_of(each) for each in found.operations} == {
        "list": None,
        "read": None,
        "create": "optional",
        "update": None,
        "delete": None,
    }


def test_a_hook_sets_the_fields_that_name_its_action_and_the_computed_ones() -> None:
    found = granted("{do: [finish, sweep], on: order}")
    order = found.entity("order")
    sets = {each.action: [c.name for c in order.set_by(each)] for each in order.actions}
    assert sets == {"finish": ["status", "total"], "sweep": ["total"]}


# Columns


@pytest.mark.parametrize(
    ("name", "origin", "required", "creatable", "updatable", "readable"),
    [
        ("owner_id", "owner", False, False, False, True),
        ("title", "caller", True, True, True, True),
        ("region", "caller", True, True, False, True),
        ("status", "hook", False, False, False, True),
        ("total", "hook", False, False, False, True),
        ("key", "caller", False, True, True, False),
        ("source_id", "caller", False, True, True, True),
    ],
)
def test_a_column_says_who_sets_and_sees_it(
    name: str, origin: str, required: bool, creatable: bool, updatable: bool, readable: bool
) -> None:
    column = design().entity("order").column(name)
    assert column.origin == origin
    assert column.required is required
    assert (column.creatable, column.updatable) == (creatable, updatable)
    assert column.readable is readable


def test_a_child_has_a_column_for_its_parent() -> None:
    line = design().entity("order_line")
    parent = line.column("order_id")
    assert (line.parent, parent.origin, parent.references) == ("order", "parent", "order")
    assert not parent.nullable


def test_what_is_unique_is_named_by_columns() -> None:
    found = design("""
resources:
  order: {fields: {title: {type: string, max: 9}}}
  line:
    parent: order
    owner: made_by
    fields: {other: {type: reference, to: order}}
    unique: [[order, other], [made_by]]
roles: {clerk: {can: [{do: read, on: line}]}}
""")
    assert found.entity("line").unique == (("order_id", "other_id"), ("made_by",))


# The service


def test_what_is_left_out_is_spelled_out() -> None:
    found = design("service: {name: shop, title: Shop, environments: [live]}")
    assert found.environments == ("live", "development")
    assert found.tenant_claim == "company_id"
    assert found.issuers[0].jwks_url == "https://login.example.com/.well-known/jwks.json"
    assert [(each.scope, each.count, each.window) for each in limits_of(found).each] == [
        ("user", 300, 60),
        ("token", 300, 60),
        ("tenant", 3000, 60),
        ("failed_authentication", 30, 60),
    ]
    assert days_of(found) == 400


@pytest.mark.parametrize(
    ("issuer", "jwks_url", "metadata"),
    [
        (
            "issuer: https://a.example/x/",
            "https://a.example/x/.well-known/jwks.json",
            ("", ""),
        ),
        (
            "issuer: https://a.example/x/, discovery: openid-configuration",
            "",
            ("https://a.example/x/.well-known/openid-configuration", ""),
        ),
        (
            "issuer: https://a.example, discovery: oauth-authorization-server, "
            "jwks_origin: https://b.example",
            "",
            ("https://a.example/.well-known/oauth-authorization-server", "https://b.example"),
        ),
        (
            "issuer: https://a.example/x, discovery: oauth-authorization-server",
            "",
            ("https://a.example/.well-known/oauth-authorization-server/x", ""),
        ),
        (
            "issuer: 'https://a.example/{tenantid}/v2.0', profile: entra, tenants: mapped",
            "https://a.example/common/discovery/v2.0/keys",
            ("", ""),
        ),
        (
            "issuer: 'https://a.example/{tenantid}/v2.0', profile: entra, tenants: mapped, "
            "discovery: openid-configuration",
            "",
            ("https://a.example/common/v2.0/.well-known/openid-configuration", ""),
        ),
    ],
)
def test_where_the_keys_of_an_issuer_are(
    issuer: str, jwks_url: str, metadata: tuple[str, str]
) -> None:
    told = f"{{{issuer}, audience: x, algorithms: ES256}}"
    (found,) = design(f"identity: {{issuers: [{told}]}}").issuers
    assert found.jwks_url == jwks_url
    assert (found.metadata, found.jwks_origin) == metadata
    assert found.mapped == ("mapped" in issuer)


def test_a_limit_that_is_switched_off_keeps_its_reason() -> None:
    found = design("limits: {user: {unlimited_because: A batch import runs.}, tenant: 5/s}")
    assert limits_of(found).unlimited == {"user": "A batch import runs."}
    assert [(each.scope, each.count, each.window) for each in limits_of(found).each] == [
        ("token", 300, 60),
        ("tenant", 5, 1),
        ("failed_authentication", 30, 60),
    ]


# Names


def test_a_plural_of_its_own_names_the_path_and_the_operation() -> None:
    found = design("""
resources: {person: {plural: people, fields: {name: {type: string, max: 9}}}}
roles: {clerk: {can: [{do: [list, create], on: person}]}}
""")
    assert [(each.id, each.path) for each in found.operations] == [
        ("list_people", "/people"),
        ("create_person", "/people"),
    ]


def test_a_reference_is_called_the_same_in_a_field_and_in_an_input() -> None:
    found = design("""
resources:
  order:
    fields: {source: {type: reference, to: order, optional: true}}
    actions: {merge: {on: item, input: {other: {type: reference, to: order}}}}
roles: {clerk: {can: [{do: [create, merge], on: order}]}}
""")
    assert found.entity("order").column("source_id").field == "source"
    assert [each.name for each in operation(found, "order:merge").input] == ["other_id"]

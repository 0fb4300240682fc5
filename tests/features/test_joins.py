"""How people become members: the only operations that ask for no permission."""

import json

import pytest

from scaffold.database.files import database
from scaffold.design.model import Design
from scaffold.design.resolve import resolve
from scaffold.design.surface import surface
from scaffold.explain import explain
from scaffold.plan.files import unformatted
from scaffold.spec.load import loads
from scaffold.spec.problems import SpecError

SPEC = """
scaffold: 2
service: {name: library, title: Library}
tenancy: {tenant: town}
identity:
  issuers: [{issuer: "https://login.example.com/", audience: library, algorithms: [ES256]}]
roles:
  reader: {can: [{do: [list, read, create], on: book}]}
  worker: {kind: service, can: [{do: list, on: book}]}
  mayor:
    extends: reader
    last: true
    can:
      - {do: [list, read], on: member}
      - GRANT
resources:
  book: {fields: {title: {type: string, max: 80}}}
"""
INVITES = "{do: invite, on: member, roles: [reader]}"
KEEPS = "{do: [list, revoke], on: invitation}"


def design(grant: str) -> Design:
    """The design of the spec with one more grant."""
    return resolve(loads(SPEC.replace("GRANT", grant)))


def test_a_grant_of_invite_is_a_create_of_invitations() -> None:
    found = design(INVITES)
    (create,) = found.entity("invitation").operations
    assert (create.method, create.path, create.verb) == ("POST", "/invitations", "create")
    assert create.permission == "member:invite"
    (way,) = create.alternatives
    assert (way.roles, way.gives) == (("mayor",), ("reader",))
    assert "invite" not in [each.action for each in found.entity("member").operations]


def test_members_need_not_be_granted_for_it() -> None:
    text = SPEC.replace("      - {do: [list, read], on: member}\n", "").replace("GRANT", INVITES)
    names = [each.name for each in resolve(loads(text)).entities]
    assert names == ["book", "invitation"]


def test_accepting_is_there_where_somebody_may_invite() -> None:
    (join,) = design(INVITES).joins
    assert (join.operation.id, join.operation.permission) == ("accept_invitation", "")
    assert join.operation not in design(INVITES).operations
    assert design(KEEPS).joins == ()
    assert "library/gate/joins.py" not in unformatted(design(KEEPS))


def test_no_operation_of_a_resource_is_without_a_permission() -> None:
    found = design(INVITES)
    assert all(each.permission and each.roles for each in found.operations)
    assert not any(each.operation.roles for each in found.joins)


def test_the_lock_says_whom_it_is_open_to() -> None:
    facts = surface(design(INVITES))
    assert facts["access"]["accept_invitation without a permission"] == design(INVITES).joins[0].who
    assert facts["operations"]["accept_invitation"] == "POST /invitations/accept"
    assert facts["access"]["member:invite mayor"] == "always, roles reader"


def test_the_contract_says_whom_it_is_open_to() -> None:
    document = json.loads(unformatted(design(INVITES))["library/openapi.json"])
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                assert ("x-open-to" in operation) is ("x-permission" not in operation), path
    accept = document["paths"]["/invitations/accept"]["post"]
    assert accept["security"] == [{"bearer": []}]
    assert accept["x-tenancy"] == "town_id"
    assert {"404", "409"} <= accept["responses"].keys()


def test_explain_lists_it_apart() -> None:
    found = design(INVITES)
    assert "Without a permission" in explain(found, format="markdown")
    assert "accept_invitation" in explain(found, format="html")
    (told,) = json.loads(explain(found, format="json"))["without_permission"]
    assert told["path"] == "/invitations/accept"
    assert "without_permission" not in json.loads(explain(design(KEEPS), format="json"))
    (one,) = json.loads(explain(found, operation="accept_invitation", format="json"))[
        "without_permission"
    ]
    assert one == told
    assert explain(found, operation="accept_invitation").caption
    assert "accept" not in explain(found, role="mayor", format="markdown")


def test_the_service_adds_members_in_no_other_way() -> None:
    def added(grant: str) -> list[str]:
        found = database(design(grant), lambda *_: "").guards
        assert [each.insert for each in found.grants if each.table == "member"] == [
            grant == INVITES
        ]
        return [
            str(each.check)
            for each in found.policies
            if each.table == "member" and each.command == "insert"
        ]

    assert added(KEEPS) == []
    (check,) = added(INVITES)
    assert "i.accepted_at = now()" in check and "app.invitation" in check


@pytest.mark.parametrize(
    ("grant", "code", "says"),
    [
        ("{do: invite, on: member}", "E-GRANT", "which roles"),
        ("{do: create, on: invitation}", "E-GRANT", "Grant list, read or revoke"),
        ("{do: invite, on: book, roles: reader}", "E-GRANT", "no meaning for invite"),
        ("{do: invite, on: member, roles: worker}", "E-ROLE-KIND", "services"),
        ("{do: invite, on: member, roles: raeder}", "E-UNKNOWN-ROLE", "reader"),
        (
            "{do: invite, on: member, roles: reader, when: {$service.environment: production}}",
            "E-GRANT",
            "when has no meaning",
        ),
        ("{do: [list, invite], on: member, roles: reader}", "E-GRANT", "no meaning for list"),
        ("{do: revoke, on: invitation, roles: reader}", "E-GRANT", "no meaning for revoke"),
    ],
)
def test_what_cannot_be_said_of_it(grant: str, code: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        loads(SPEC.replace("GRANT", grant))
    problem = next(each for each in caught.value.problems if each.code == code)
    assert says in f"{problem.message} {problem.hint}"


def test_its_name_is_taken() -> None:
    with pytest.raises(SpecError, match="invitation"):
        loads(SPEC.replace("GRANT", KEEPS).replace("tenant: town", "tenant: invitation"))


SIGN_UP = """tenancy:
  tenant: town
  attributes: {size: {enum: [small, big]}, plan: {enum: [free, paid]}}
  sign_up: {issuer: "https://login.example.com/", role: mayor, attributes: size}
"""


def signing_up(text: str = SIGN_UP) -> Design:
    """The design of the spec in which people sign up."""
    return resolve(loads(SPEC.replace("tenancy: {tenant: town}\n", text).replace("GRANT", KEEPS)))


def test_nobody_signs_up_unless_the_spec_says_so() -> None:
    files = unformatted(design(KEEPS))
    assert not [path for path, text in files.items() if "sign_up" in path + text]
    rules = files["library/store/guards/rules.sql"]
    assert "insert on town" not in rules and "insert on member" not in rules


def test_who_signs_up_says_what_is_listed_alone() -> None:
    (join,) = signing_up().joins
    assert join.founding
    assert [each.name for each in join.operation.input] == ["slug", "name", "size"]


def test_the_lock_says_what_signing_up_gives() -> None:
    facts = surface(signing_up())
    assert facts["access"]["sign_up gives"] == "mayor"
    assert "https://login.example.com/" in str(facts["access"]["sign_up without a permission"])
    assert facts["limits"]["sign_up of one subject"] == "3 tenants"


def test_a_token_without_a_tenant_is_for_signing_up_alone() -> None:
    assert "founding" not in unformatted(design(INVITES))["library/gate/identity.py"]
    files = unformatted(signing_up())
    assert files["library/operations.py"].count("founding=True") == 1
    accept = json.loads(files["library/openapi.json"])["paths"]["/sign-up"]["post"]
    assert "x-tenancy" not in accept and "x-permission" not in accept


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("role: mayor", "role: worker", "E-ROLE-KIND", "Name a role of people."),
        ("role: mayor", "role: mayr", "E-UNKNOWN-ROLE", "mayor"),
        ('login.example.com/", role', 'login.example.org/", role', "E-SIGN-UP", "issuer"),
        ("attributes: size}", "attributes: sise}", "E-UNKNOWN-ATTRIBUTE", "size"),
        ("role: mayor", "role: mayor, max_per_subject: 101", "E-RANGE", "100"),
    ],
)
def test_what_cannot_be_said_of_signing_up(old: str, new: str, code: str, says: str) -> None:
    assert old in SIGN_UP
    with pytest.raises(SpecError) as caught:
        signing_up(SIGN_UP.replace(old, new))
    (problem,) = caught.value.problems
    assert problem.code == code
    assert says in f"{problem.message} {problem.hint}"
    assert problem.path[:2] == ("tenancy", "sign_up")

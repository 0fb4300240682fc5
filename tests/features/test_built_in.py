"""Resources that are there without being declared, and that roles are granted like any other."""

import pytest

from scaffold.columns import ID, TENANT
from scaffold.database.tables import tables
from scaffold.design.model import Design
from scaffold.design.resolve import resolve
from scaffold.design.surface import surface
from scaffold.history.plan import initial
from scaffold.plan.files import unformatted
from scaffold.spec.built_in import built_in
from scaffold.spec.load import loads
from scaffold.spec.names import BUILT_IN_RESOURCES
from scaffold.spec.problems import SpecError

SPEC = """
scaffold: 2
service: {name: library, title: Library}
tenancy: {tenant: town}
identity:
  issuers: [{issuer: "https://login.example.com/", audience: library, algorithms: [ES256]}]
roles:
  reader: {can: [{do: [list, read, create], on: book}, GRANT]}
resources:
  book: {fields: {title: {type: string, max: 80}} MORE}
"""


def spec(grant: str, more: str = "") -> str:
    """A spec with one more grant, and with more keys of its resource."""
    return SPEC.replace("GRANT", grant).replace(" MORE", more)


def design(grant: str) -> Design:
    """Its design."""
    return resolve(loads(spec(grant)))


NOT_GRANTED = "{do: update, on: book}"
GRANTED = "{do: [list, read], on: audit_event}"


def test_what_nobody_is_granted_is_not_served() -> None:
    found = design(NOT_GRANTED)
    assert [each.name for each in found.entities] == ["book"]
    files = unformatted(found)
    assert not any("resources/audit_event" in path for path in files)
    assert "/audit-events" not in files["library/openapi.json"]
    assert "grant insert on audit_event to library_app;" in files["library/store/guards/rules.sql"]


def test_what_a_role_is_granted_is_served_as_what_is_declared() -> None:
    found = design(GRANTED)
    entity = found.entity("audit_event")
    assert [each.id for each in entity.operations] == ["list_audit_events", "read_audit_event"]
    assert [each.name for each in entity.columns[:2]] == [TENANT.name, ID.name]
    assert not any(each.creatable or each.updatable for each in entity.columns)
    assert [each.name for each in found.declared] == ["book"]
    files = unformatted(found)
    assert "/audit-events/{audit_event_id}" in files["library/openapi.json"]
    rules = files["library/store/guards/rules.sql"]
    assert "grant select, insert on audit_event to library_app;" in rules
    assert "reach_select_" in files["library/store/guards/policies.sql"]


def test_it_is_there_where_nothing_has_an_effect() -> None:
    reads = SPEC.replace(", create]", "]").replace("GRANT", GRANTED).replace(" MORE", "")
    found = resolve(loads(reads))
    assert "create table audit_event" in initial("library", tables(found))
    assert "tests/contract/test_audit.py" not in unformatted(found)


def test_its_table_is_the_same_whoever_is_granted_it() -> None:
    without, granted = (tables(design(each)) for each in (NOT_GRANTED, GRANTED))
    assert without == granted


def test_a_grant_on_it_is_a_fact_of_the_surface() -> None:
    gained = {
        (section, fact)
        for section, facts in surface(design(GRANTED)).items()
        for fact in facts.items() - surface(design(NOT_GRANTED))[section].items()
    }
    assert any("audit_event" in str(fact) for section, fact in gained if section == "access")


EXPORTED = "{do: export, on: audit_event, except: request_id, when: {member_id: $user.id}}"


def test_it_is_exported_with_fields_conditions_and_a_recent_sign_in() -> None:
    found = design(EXPORTED)
    (operation,) = found.entity("audit_event").operations
    assert (operation.verb, operation.method, operation.path) == (
        "export",
        "GET",
        "/audit-events/export",
    )
    (way,) = operation.alternatives
    assert str(way.conditions[0]) == "member_id is $user.id"
    assert way.fields is not None and "request_id" not in way.fields
    files = unformatted(found)
    body = files["library/store/functions/audit_event.sql"].partition("export_audit_event")[2]
    assert "enter_(p_tenant, p_caller, array['reader'], p_age => 300)" in body
    assert "record_(v_caller, 'export_audit_event', 'audit_event', null, null," in body
    facts = surface(found)
    assert facts["operations"]["audit_event:export step_up"] == "300 s"
    assert facts["operations"]["audit_event:export rows_max"] == 5000
    assert "audit_event:export idempotency_key" not in facts["operations"]
    assert "reader" in str(facts["fields"]["audit_event.operation read"])


def test_what_nobody_exports_is_not_emitted() -> None:
    files = unformatted(design(GRANTED))
    assert not any("export" in f"{path} {text}".lower() for path, text in files.items())


def test_its_lists_are_filtered_by_its_owner() -> None:
    found = design(GRANTED)
    assert found.entity("audit_event").column("member_id").filters == ("eq",)
    files = unformatted(found)
    assert "audit_event_member_id_idx" in files["library/store/guards/indexes.sql"]
    assert surface(found)["operations"]["audit_event:list filter member_id"] == "eq"


def test_its_grants_have_fields_and_conditions() -> None:
    condition = "{do: list, on: audit_event, except: request_id, when: {member_id: $user.id}}"
    (operation,) = design(condition).entity("audit_event").operations
    (way,) = operation.alternatives
    assert str(way.conditions[0]) == "member_id is $user.id"
    assert way.fields is not None and "request_id" not in way.fields


@pytest.mark.parametrize(
    ("grant", "more", "code", "says"),
    [
        ("{do: create, on: audit_event}", "", "E-GRANT", "Grant list, read or export."),
        ("{do: prune, on: audit_event}", "", "E-GRANT", "Grant list, read or export."),
        (
            "{do: export, on: book, only: title}",
            ", actions: {export: {on: item}}",
            "E-GRANT",
            "no meaning for export on book",
        ),
        ("{do: list, on: audit_evnt}", "", "E-UNKNOWN-RESOURCE", "audit_event?"),
        ("{do: list, on: audit_event, only: when}", "", "E-UNKNOWN-FIELD", "when"),
        (
            "{do: list, on: audit_event, when: {operation: 5}}",
            "",
            "E-TYPE",
            "text",
        ),
        (
            "{do: prune, on: book}",
            ", actions: {prune: {on: item, touches: [{do: read, on: audit_event}]}}",
            "E-UNKNOWN-RESOURCE",
            "audit_event",
        ),
    ],
)
def test_what_cannot_be_said_of_it(grant: str, more: str, code: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        loads(spec(grant, more))
    (problem,) = caught.value.problems
    assert problem.code == code
    assert says in f"{problem.message} {problem.hint}"


def test_no_operation_of_a_resource_can_have_the_id_of_one_of_its() -> None:
    other = "event: {fields: {title: {type: string, max: 9}}, actions: {read_audit: {on: item}}}"
    text = spec(f"{GRANTED}, {{do: read_audit, on: event}}") + f"  {other}\n"
    with pytest.raises(SpecError) as caught:
        loads(text)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path[-1]) == ("E-COLLISION", "read_audit")


@pytest.mark.parametrize("name", built_in())
def test_its_name_is_reserved_and_its_table_is_there(name: str) -> None:
    found = built_in()[name]
    grant = f"{{do: {found.verbs[0]}, on: {name}}}"
    assert name in BUILT_IN_RESOURCES
    (own,) = (each for each in tables(design(grant)) if each.name == name)
    columns = {each.name: each for each in own.columns}
    entity = design(grant).entity(name)
    assert {each.name: each.kind.sql for each in entity.columns} == {
        each.name: each.sql for each in columns.values()
    }
    assert {each.name for each in entity.columns if each.nullable} == {
        each.name for each in columns.values() if each.nullable
    }
    assert found.newest in columns and not columns[found.newest].nullable

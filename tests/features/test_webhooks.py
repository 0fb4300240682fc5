"""What a spec says of published events and of what follows an action, and what becomes of it."""

import pytest

from scaffold.design.resolve import resolve
from scaffold.design.surface import surface
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
  reader:
    can:
      - {do: [list, read, create, update, delete, lend, count, order], on: book}
      - {do: [list, read, create], on: webhook_endpoint}
resources:
  book:
    fields:
      title: {type: string, max: 80}
      key: {type: string, max: 80, class: secret, optional: true}
    events: EVENTS
    actions:
      lend: {on: item MORE}
      count: {on: collection}
      order:
        on: collection
        touches: [{do: [create, update], on: book}]
"""


def emitted(events: str, more: str = "") -> dict[str, str]:
    """The generated files of a spec with these events."""
    return unformatted(resolve(loads(SPEC.replace("EVENTS", events).replace(" MORE", more))))


def statements(files: dict[str, str], function: str) -> list[str]:
    """Where a stored function tells an event."""
    text = files["library/store/functions/book.sql"].partition(f" {function}(")[2]
    body = text.partition("end $$;")[0]
    return [each.strip() for each in body.splitlines() if "publish_" in each or "defer_" in each]


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ("{a: {on: lent}}", 'There is no operation that raises "lent"'),
        ("{a: {on: [create, read]}}", 'There is no operation that raises "read"'),
        ("{a: {on: count}}", 'The action "count" is on the collection'),
        ("{a: {on: create, fields: titel}}", 'There is no field "titel"'),
        ("{a: {on: create, fields: key}}", '"key" is a secret'),
        ("{a: {on: [update, delete], fields: title}}", "The row is gone when a delete is told"),
        ("{a: {}}", "on"),
        ("{A-b: {on: create}}", "cannot name"),
    ],
)
def test_what_cannot_be_told_is_refused(events: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        loads(SPEC.replace("EVENTS", events).replace(" MORE", ""))
    assert message in str(refused.value)


def test_each_way_to_an_effect_tells_it() -> None:
    files = emitted("{added: {on: create}, changed: {on: [update, lend]}, gone: {on: delete}}")
    added = "perform book_publish_(p_tenant, 'added', id, version);"
    changed = "perform book_publish_(p_tenant, 'changed', id, version);"
    assert statements(files, "create_book") == [added]
    assert statements(files, "book_create_") == [added]
    assert statements(files, "book_update_") == [changed]
    assert statements(files, "book_finish_") == [changed]
    assert statements(files, "update_book") == [changed.replace(" id", " p_id")]
    gone = "perform book_publish_(p_tenant, 'gone', p_id, version + 1);"
    assert statements(files, "delete_book") == [gone]


def test_events_are_facts_of_the_surface_and_of_the_contract() -> None:
    spec = SPEC.replace("EVENTS", "{added: {on: create, fields: title}}").replace(" MORE", "")
    design = resolve(loads(spec))
    assert surface(design)["events"] == {
        "book.added on": "create",
        "book.added tells": "id, version, title",
    }
    contract = unformatted(design)["library/openapi.json"]
    assert '"webhooks": {' in contract
    assert '"const": "book.added"' in contract


def test_what_follows_is_called_like_no_other_action() -> None:
    files = emitted("{}", ", after_commit: true")
    assert statements(files, "book_finish_") == [
        "perform defer_(v_caller, 'book.' || p_action, id, version, coalesce(p_input, '{}'));"
    ]
    assert "after_lend" in files["library/work/hooks.py"]
    assert "create role library_worker" in files["library/store/roles.sql"]
    taken = SPEC.replace("EVENTS", "{}").replace(" MORE", ", after_commit: true")
    with pytest.raises(SpecError, match='What follows "lend" is the function after_lend'):
        loads(taken.replace("      count:", "      after_lend:"))


def test_the_worker_is_there_where_there_is_work() -> None:
    assert "library/worker.py" not in unformatted(
        resolve(
            loads(
                SPEC.replace("      - {do: [list, read, create], on: webhook_endpoint}\n", "")
                .replace("EVENTS", "{}")
                .replace(" MORE", "")
            )
        )
    )

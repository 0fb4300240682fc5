"""Resources: parents, references, uniqueness, and names that would become one."""

import pytest

from scaffold.spec.load import loads

from .samples import MARK, check_refused, marked, refusal, spec

OTHER = "▹"
FLAG = "{type: boolean}"


def resources(text: str) -> str:
    """A spec with these resources, of which `order` is one."""
    return spec(resources=f"{{{text}}}")


@pytest.mark.parametrize(
    "text",
    [
        "order: {fields: {a: {type: reference, to: order_line}}}, "
        "order_line: {fields: {a: {type: reference, to: order}}}",
        "order: {owner: by, fields: {a: {type: boolean}}, unique: [[a, by], [by]]}",
        "order: {fields: {a: {type: boolean}}}, "
        "item: {parent: order, fields: {a: {type: boolean}}, unique: [[order, a]]}",
        "order: {fields: {a: {type: boolean}}}, ord_er: {fields: {a: {type: boolean}}}",
        "order: {fields: {a: {type: boolean}}, actions: {items: {on: collection}}}, "
        "item: {parent: order, fields: {a: {type: boolean}}}",
    ],
)
def test_sound_resources(text: str) -> None:
    assert loads(resources(text))


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (f"order: {{parent: ▸ordr, fields: {{a: {FLAG}}}}}", "E-UNKNOWN-RESOURCE", "no resource"),
        (f"order: {{parent: ▸order, fields: {{a: {FLAG}}}}}", "E-CYCLE", "part of itself"),
        (
            f"order: {{parent: a, fields: {{x: {FLAG}}}}}, "
            f"a: {{parent: b, fields: {{x: {FLAG}}}}}, "
            f"b: {{parent: ▸order, fields: {{x: {FLAG}}}}}",
            "E-CYCLE",
            "part of itself",
        ),
        (f"order: {{fields: {{a: {FLAG}}}, unique: [[▸aa]]}}", "E-UNKNOWN-FIELD", "mean a?"),
        (f"order: {{fields: {{a: {FLAG}}}, unique: [[a, ▸a]]}}", "E-REPEATED", "twice"),
        (f"order: {{fields: {{a: {FLAG}}}, unique: [[a], ▸[a]]}}", "E-REPEATED", "Entry 1"),
        (f"order: {{fields: {{a: {FLAG}}}, unique: [▸[]]}}", "E-RANGE", "empty"),
        (f"order: {{fields: {{a: {FLAG}}}, unique: [▸a]}}", "E-TYPE", "a list"),
        (
            "order: {fields: {a: {type: text, max: 9}}, unique: [[▸a]]}",
            "E-UNIQUE",
            "type text",
        ),
        (
            f"order: {{fields: {{a: {FLAG}}}}}, ▸company: {{fields: {{a: {FLAG}}}}}",
            "E-RESERVED",
            "3:",
        ),
        (f"order: {{fields: {{▸id: {FLAG}}}}}", "E-RESERVED", "built in"),
        ("order: {fields: ▸{}}", "E-RANGE", "empty"),
        (
            f"order: {{fields: {{a: {FLAG}}}}}, ▸doc: {{fields: {{a: {FLAG}}}}}",
            "E-RESERVED",
            "docs",
        ),
    ],
)
def test_what_is_wrong_with_resources(text: str, code: str, says: str) -> None:
    check_refused(resources(text), code, says)


@pytest.mark.parametrize(
    "sample",
    [
        # A reference adds _id to its name, and so does a parent.
        f"order: {{fields: {{▹a_id: {FLAG}, ▸a: {{type: reference, to: order}}}}}}",
        f"order: {{fields: {{a: {FLAG}}}}}, "
        f"item: {{▹parent: order, fields: {{▸order_id: {FLAG}}}}}",
        f"order: {{fields: {{a: {FLAG}}}}}, item: {{▹parent: order, fields: {{▸order: {FLAG}}}}}",
        f"order: {{▹owner: a, fields: {{▸a: {FLAG}}}}}",
        # The class A1.
        f"order: {{fields: {{a: {FLAG}}}}}, ▹a_1: {{fields: {{a: {FLAG}}}}}, "
        f"▸a1: {{fields: {{a: {FLAG}}}}}",
        # The path /boxes.
        f"order: {{fields: {{a: {FLAG}}}}}, ▹box: {{fields: {{a: {FLAG}}}}}, "
        f"boxe: {{▸plural: boxes, fields: {{a: {FLAG}}}}}",
        # The path of a child and of an action.
        f"order: {{fields: {{a: {FLAG}}}, actions: {{▸items: {{on: item}}}}}}, "
        f"▹item: {{parent: order, fields: {{a: {FLAG}}}}}",
        # The operation id send_order_line.
        f"line: {{fields: {{a: {FLAG}}}, actions: {{▹send_order: {{on: item}}}}}}, "
        f"order: {{fields: {{a: {FLAG}}}}}, "
        f"order_line: {{fields: {{a: {FLAG}}}, actions: {{▸send: {{on: item}}}}}}",
        # The class SitePage of the OpenAPI document.
        f"order: {{fields: {{a: {FLAG}}}}}, ▹site: {{fields: {{a: {FLAG}}}}}, "
        f"▸site_page: {{fields: {{a: {FLAG}}}}}",
        # The class TextResource: Text is another class of the module.
        f"order: {{fields: {{a: {FLAG}}}}}, ▹text: {{fields: {{a: {FLAG}}}}}, "
        f"▸text_resource: {{fields: {{a: {FLAG}}}}}",
        # The class OrderAValueBValue of an object inside an object.
        f"order: {{fields: {{a: {{type: object, fields: {{▹b_value: {{type: object, "
        f"fields: {{x: {FLAG}}}}}}}}}, ▸a_value_b: {{type: object, fields: {{x: {FLAG}}}}}}}}}",
        # The class OrderAValuePatch of a part, and of a merge patch of the whole.
        f"order: {{fields: {{▹a: {{type: object, fields: {{▸patch: {{type: object, "
        f"fields: {{x: {FLAG}}}}}}}}}}}}}",
        # The class RowRow of a stored row, and of a hook.
        f"order: {{fields: {{a: {FLAG}}}}}, "
        f"▹row: {{fields: {{a: {FLAG}}}, actions: {{▸row: {{on: item}}}}}}",
        # The class SendInputInput of an input, and of a hook.
        f"order: {{fields: {{a: {FLAG}}}}}, input: {{fields: {{a: {FLAG}}}, "
        f"actions: {{▹send: {{on: item, input: {{a: {FLAG}}}}}, ▸send_input: {{on: item}}}}}}",
        # The class SendRowsRows of what a hook touches, and of a hook.
        f"order: {{fields: {{a: {FLAG}}}}}, rows: {{plural: rowses, fields: {{a: {FLAG}}}, "
        f"actions: {{▹send: {{on: item}}, ▸send_rows: {{on: item}}}}}}",
        # The function of the list by POST, its operation id, and the model of its body.
        "order: {fields: {▹mail: {type: email, class: pii, filter: eq}}, "
        "actions: {▸search: {on: item}}}",
        "order: {fields: {▹mail: {type: email, class: pii, filter: eq}}}, "
        f"orders: {{plural: more, fields: {{a: {FLAG}}}, actions: {{▸search: {{on: item}}}}}}",
        "▹order: {fields: {mail: {type: email, class: pii, sort: true}}}, "
        f"▸order_search: {{fields: {{a: {FLAG}}}}}",
        # The function backfill_due of the module of hooks.
        "order: {fields: {due: {type: date, ▸backfill_hook: true}}, "
        "actions: {▹backfill_due: {on: item}}}",
        # The attribute due_gte of the query.
        "order: {fields: {▹due: {type: date, filter: gte}, ▸due_gte: {type: date, filter: eq}}}",
        # The key b_id of an input.
        f"order: {{fields: {{a: {FLAG}}}, actions: {{send: {{on: item, input: "
        f"{{▹b_id: {FLAG}, ▸b: {{type: reference, to: order}}}}}}}}}}",
    ],
)
def test_names_that_become_one(sample: str) -> None:
    text = resources(sample)
    _, ((line, column),) = marked(text.replace(MARK, ""), OTHER)
    check_refused(text.replace(OTHER, ""), "E-COLLISION", f"the other is at {line}:{column}")


def test_a_plural_may_be_given_to_avoid_a_collision() -> None:
    text = f"order: {{fields: {{a: {FLAG}}}}}, doc: {{plural: papers, fields: {{a: {FLAG}}}}}"
    assert loads(resources(text)).resources["doc"].plural == "papers"


def test_long_cycles_and_chains_need_no_recursion() -> None:
    def chain(last: str) -> str:
        links = (
            f"r{i}: {{parent: {f'r{i + 1}' if i < 2_999 else last}, fields: {{x: {FLAG}}}}}"
            for i in range(3_000)
        )
        return resources(f"order: {{fields: {{x: {FLAG}}}}}, " + ", ".join(links))

    assert loads(chain("order"))
    assert [problem.code for problem in refusal(chain("r0")).problems] == ["E-CYCLE"]


def touching(text: str) -> str:
    """A spec whose orders have an action with these touches."""
    return spec(
        resources="{order: {owner: by, fields: {a: {type: boolean}, "
        "b: {type: boolean, immutable: true}, c: {type: boolean, computed: true}}, "
        f"actions: {{send: {{on: item, touches: [{text}]}}}}}}, "
        "line: {parent: order, fields: {x: {type: boolean}, y: {type: boolean, optional: true}}}, "
        "unseen: {fields: {x: {type: boolean}}}}",
        roles="{reader: {can: [{do: [list, read, send], on: order}, {do: list, on: line}]}}",
    )


@pytest.mark.parametrize(
    "text",
    [
        "{do: read, on: order}",
        "{do: [read, update], on: order, only: [a, c]}",
        "{do: [create, update], on: order, only: [a, b]}",
        "{do: create, on: line, only: x}, {do: delete, on: line}",
    ],
)
def test_sound_touches(text: str) -> None:
    assert loads(touching(text))


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("{do: update, on: ▸ordr}", "E-UNKNOWN-RESOURCE", "mean order?"),
        ("{do: ▸list, on: order}", "E-VALUE", "read"),
        ("{do: read, on: order, ▸only: a}", "E-TOUCH", "no meaning for read"),
        ("{do: update, on: order, only: [▸aa]}", "E-UNKNOWN-FIELD", "mean a?"),
        ("{do: update, on: order, only: [▸b]}", "E-TOUCH", "immutable"),
        ("{do: update, on: order, only: [▸by]}", "E-TOUCH", "the service sets it"),
        ("{do: create, on: line, only: [x, ▸order]}", "E-TOUCH", "always says its parent"),
        ("{do: create, on: line, only: ▸y}", "E-TOUCH", "Without x"),
        ("{do: update, on: line}, {do: [read, ▸update], on: line}", "E-REPEATED", "Entry 1"),
        ("{do: read, on: ▸unseen}", "E-TOUCH", "No role is granted anything"),
    ],
)
def test_what_is_wrong_with_touches(text: str, code: str, says: str) -> None:
    check_refused(touching(text), code, says)

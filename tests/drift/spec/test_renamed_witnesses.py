"""After a rename, what gets wider is shown by the same requests, where both projects know what they
name."""

from __future__ import annotations

import pytest

from scaffold.design.reading import read
from scaffold.drift.spec.compare import comparison
from scaffold.drift.spec.witness import Request
from tests.drift.spec.test_benign import BASE, edited

PAGE = ("max: 100}", "max: 200}")
COLUMN = ("body: {type: text", "text: {renamed_from: body, type: text")
RESOURCE = (
    "on: note}\n",
    "on: memo}\n",
    "on: note, only",
    "on: memo, only",
    "on: note, when",
    "on: memo, when",
    "  note:\n",
    "  memo:\n    renamed_from: note\n",
)


def requests(*pairs: str) -> dict[str, Request]:
    """The first request that shows each change that blocks, by the rule."""
    found = comparison(read(BASE.encode(), "base"), read(edited(*pairs).encode(), "head"))
    told = {}
    for change in found.changes():
        first = next(found.witnesses(change), None) if change.blocks else None
        if isinstance(first, Request):
            told[change.rule.id] = first
    return told


@pytest.mark.parametrize("rename", [COLUMN, RESOURCE], ids=["a field", "a resource"])
def test_a_larger_page_is_tried_on_both(rename: tuple[str, ...]) -> None:
    request = requests(*rename, *PAGE)["SCF133"]
    assert "with limit = 200 is allowed now" in str(request)
    trial = request.test()
    assert trial is not None
    former = "list_notes" if rename is RESOURCE else ""
    assert trial.view["formerly"] == former


def test_a_request_with_a_new_name_is_a_sentence() -> None:
    request = requests(*COLUMN, "max: 500, optional", "max: 600, optional")["SCF112"]
    assert "with text of 501 characters" in str(request)
    assert request.test() is None


def test_a_grant_on_a_renamed_resource_is_asked_by_its_former_name() -> None:
    request = requests(*RESOURCE, "when: {state: draft}", "when: {state: {in: [draft, sent]}}")
    trial = request["SCF101"].test()
    assert trial is not None
    assert trial.view["formerly"].endswith("_note")

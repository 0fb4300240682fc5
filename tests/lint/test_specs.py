"""The reference specs: nothing is said about them that was not judged to be true and useful."""

from pathlib import Path

import pytest

from scaffold.design.resolve import resolve
from scaffold.lint.rules import advise
from scaffold.spec import problems
from scaffold.spec.load import load_with_positions

SPECS = Path(__file__).parents[2] / "specs"

JUDGED: dict[str, set[tuple[str, problems.Path]]] = {
    "notes": set(),
    "recruiting": {("L501", ("resources", "candidate", "fields", "name"))},
    "invoicing": {
        # Who says where events are heard keeps no books.
        ("L343", ("roles", "administrator", "can", 7)),
        # The payment provider's worker sees no payments, and its references are not secret.
        ("L408", ("resources", "payment", "unique", 0)),
        ("L501", ("resources", "customer", "fields", "email")),
        # Whom a copy goes to is what the mail behind the answer needs.
        ("L707", ("resources", "invoice", "actions", "send", "after_commit")),
        # The worker locks lines and records payments as well, with a token of its own.
        ("L952", ("webhooks", "payments", "runs_as")),
    },
    "helpdesk": {
        ("L501", ("resources", "contact", "fields", "first_name")),
        # The desk's own address, until the spec says class: internal.
        ("L502", ("resources", "sender_address", "fields", "email")),
        # A customer's grant on their own tickets hides the organization from a colleague too.
        ("L602", ("roles", "customer", "can", 0)),
        ("L603", ("resources", "article", "page")),
        ("L603", ("resources", "shared_draft", "page")),
    },
    "issue_tracker": {
        # Projects are a field: an admin of the tenant reads no issue, and connects what does.
        ("L343", ("roles", "admin", "can", 2)),
        ("L303", ("roles", "guest", "can", 1)),
        ("L303", ("roles", "janitor", "can", 3)),
        ("L405", ("resources", "issue", "unique", 1)),
        ("L406", ("resources", "board", "fields", "anchor")),
        # What is below an issue has a project of its own, which need not be that of the issue.
        *(
            ("L408", ("resources", name, "unique", 0))
            for name in (
                "comment_reaction",
                "cycle_issue",
                "estimate_point",
                "issue_assignee",
                "issue_label",
                "issue_relation",
                "module_issue",
            )
        ),
        ("L408", ("resources", "project", "unique", 1)),
        ("L501", ("resources", "intake_issue", "fields", "source_email")),
        ("L602", ("roles", "viewer", "can", 1)),
        ("L603", ("resources", "issue", "page")),
        ("L603", ("resources", "page", "page")),
    },
}


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_only_judged_advice_about_a_reference_spec(path: Path) -> None:
    spec, positions = load_with_positions(path)
    found = {(each.id, each.path) for each in advise(resolve(spec), spec, positions)}
    assert found <= JUDGED.get(path.stem, set())

"""What is wrong with what a spec says of work after the answer."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.outbox.design import function
from scaffold.features.outbox.keys import ActionKeys
from scaffold.spec.findings import Finding, Scope
from scaffold.spec.problems import quote


def findings(scope: Scope) -> Iterator[Finding]:
    """The hook behind an action has a name that no action of the resource has."""
    for name, resource in scope.spec.resources.items():
        for action, each in resource.actions.items():
            assert isinstance(each, ActionKeys)
            called = function(action)
            if each.after_commit and called in resource.actions:
                yield Finding(
                    "E-COLLISION",
                    f"What follows {quote(action)} is the function {called}, and so is the hook of "
                    "the action of that name",
                    ("resources", name, "actions", called),
                    "Rename the action.",
                    named=True,
                    other=("resources", name, "actions", action, "after_commit"),
                )

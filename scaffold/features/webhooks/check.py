"""What is wrong with what a spec says of published events."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.webhooks.keys import Event, ResourceKeys
from scaffold.spec.findings import Finding, Scope, unknown
from scaffold.spec.model import Resource
from scaffold.spec.problems import Path, quote

VERBS = ("create", "update", "delete")


def findings(scope: Scope) -> Iterator[Finding]:
    """An event is raised by what is there, and tells fields that are there."""
    for name, resource in scope.spec.resources.items():
        assert isinstance(resource, ResourceKeys)
        for event, each in resource.events.items():
            at: Path = ("resources", name, "events", event)
            yield from _raised(scope, name, resource, each, at)
            yield from _told(scope, name, resource, each, at)


def _raised(
    scope: Scope, name: str, resource: Resource, event: Event, at: Path
) -> Iterator[Finding]:
    actions = scope.actions(name)
    for index, word in enumerate(event.on):
        path = (*at, "on", index)
        if word in VERBS:
            continue
        if word not in actions:
            yield unknown("E-EVENT", "operation that raises", word, path, [*VERBS, *actions])
        elif word in resource.actions and resource.actions[word].on == "collection":
            yield Finding(
                "E-EVENT",
                f"The action {quote(word)} is on the collection, and an event is about one row",
                path,
                "Leave it out, or let its hook touch the rows that it changes.",
            )


def _told(scope: Scope, name: str, resource: Resource, event: Event, at: Path) -> Iterator[Finding]:
    known = scope.fields(name)
    for index, field in enumerate(event.fields):
        path = (*at, "fields", index)
        if field not in known:
            if not scope.unsure(name):
                yield unknown("E-EVENT", "field", field, path, known)
        elif field in resource.fields and resource.fields[field].class_ == "secret":
            yield Finding(
                "E-EVENT",
                f"{quote(field)} is a secret, which no answer and no event tells",
                path,
                "Leave it out.",
            )
    if event.fields and "delete" in event.on:
        yield Finding(
            "E-EVENT",
            "The row is gone when a delete is told, and its fields are with it",
            (*at, "fields"),
            "Declare an event of its own for delete, without fields.",
            named=True,
        )

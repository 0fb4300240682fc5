"""What is wrong with what a spec says of webhooks, in several places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scaffold import naming
from scaffold.features.inbound.design import function
from scaffold.features.inbound.keys import Event, Provider
from scaffold.spec.check_cards import card_fields
from scaffold.spec.findings import Finding, Scope, unknown
from scaffold.spec.model import Action, Resource
from scaffold.spec.problems import Path, quote

CODE = "E-WEBHOOK"
VERBS = ("create", "update", "delete")


def findings(scope: Scope) -> Iterator[Finding]:
    """Roles, operations, fields and secrets are those that there are."""
    providers: Mapping[str, Provider] = getattr(scope.spec, "webhooks", {})
    if not providers:
        return
    taken: dict[str, Path] = {}
    for name, each in providers.items():
        path: Path = ("webhooks", name)
        yield from _role(scope, each, path)
        yield from _secrets(each, path, taken)
        for type_, event in each.events.items():
            yield from _event(scope, each, event, (*path, "events", type_))
    yield from _hooks(scope, providers)
    for name, resource in scope.spec.resources.items():
        if (resource.plural or naming.plural(name)) == "webhooks":
            yield Finding(
                "E-COLLISION",
                f"{quote(name)} has the path below which the providers send their events",
                ("resources", name),
                "Give it another plural.",
                named=True,
            )


def _role(scope: Scope, source: Provider, path: Path) -> Iterator[Finding]:
    at = (*path, "runs_as")
    if source.runs_as not in scope.roles:
        yield unknown("E-UNKNOWN-ROLE", "role", source.runs_as, at, scope.roles)
        return
    role = scope.spec.roles.get(source.runs_as)
    if role is None:
        return
    if role.kind != "service":
        yield Finding(
            "E-ROLE-KIND",
            f"{source.runs_as} is a role of people, and no person sends events",
            at,
            "Name a role with kind: service.",
        )
    elif any(scope.spec.roles[each].mfa for each in _roles(scope, source.runs_as)):
        yield Finding(
            CODE,
            f"{source.runs_as} asks for a second factor, which a provider does not have",
            at,
            "Name a role without mfa.",
        )


def _secrets(source: Provider, path: Path, taken: dict[str, Path]) -> Iterator[Finding]:
    for index, name in enumerate(source.secrets):
        at = (*path, "secrets", index)
        if name in taken:
            yield Finding(
                CODE,
                f"The secret {name} is that of another provider, too: an event of one would be "
                "taken for one of the other",
                at,
                "Give each provider secrets of its own.",
                other=taken[name],
            )
        taken[name] = at


def _roles(scope: Scope, name: str) -> frozenset[str]:
    """The role and those that it extends, of the sound ones."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found and each in scope.spec.roles:
            found.add(each)
            waiting.extend(scope.spec.roles[each].extends)
    return frozenset(found)


def _event(scope: Scope, source: Provider, event: Event, path: Path) -> Iterator[Finding]:
    if event.on not in scope.resources:
        yield unknown(
            "E-UNKNOWN-RESOURCE", "resource", event.on, (*path, "on"), scope.spec.resources
        )
        return
    resource = scope.spec.resources.get(event.on)
    if resource is None:
        return
    if event.do not in VERBS and event.do not in scope.actions(event.on):
        known = [*VERBS, *scope.actions(event.on)]
        yield unknown("E-UNKNOWN-OPERATION", "operation", event.do, (*path, "do"), known)
        return
    action = resource.actions.get(event.do)
    if event.do not in VERBS and action is None:
        return
    if not scope.is_broken("roles") and source.runs_as in scope.spec.roles:
        roles = _roles(scope, source.runs_as)
        if not any(
            role in roles and event.do in grant.do and event.on in grant.on
            for _, role, grant in scope.grants()
        ):
            yield Finding(
                CODE,
                f"{source.runs_as} is not granted {event.do} on {event.on}",
                (*path, "do"),
                "Grant it to the role: an event can do what the role may do, and no more.",
            )
    if action is not None and getattr(action, "step_up", None) is not None:
        yield Finding(
            CODE,
            f"{event.do} asks for a sign-in that is fresh, and nobody signs in to send an event",
            (*path, "do"),
            "Use an operation without step_up.",
        )
    if event.hook:
        yield from _told(event, path)
        return
    if event.input:
        yield Finding(
            CODE,
            "There is no hook that would be told the input",
            (*path, "input"),
            "Write hook: true, or leave input out.",
        )
    yield from _place(event, resource, action, path)
    yield from _body(scope, event, resource, action, path)


def _told(event: Event, path: Path) -> Iterator[Finding]:
    """What a hook is told has its place in the event, and the hook says which row it is."""
    if event.id is not None:
        yield Finding(
            CODE,
            "The hook says which row it is",
            (*path, "id"),
            "Leave id out; what the hook needs to find the row is input.",
        )
    if not event.input:
        yield Finding(
            CODE,
            "Nothing says what the hook is told",
            (*path, "hook"),
            "Write it as input: {number: {type: string, max: 16}}, and where the event has it as "
            "body: {number: [data, object, number]}.",
        )
    for name in event.body:
        if name not in event.input:
            at = (*path, "body", name)
            yield unknown("E-UNKNOWN-FIELD", "input", name, at, event.input, named=True)
    for name in event.input:
        if name not in event.body:
            yield Finding(
                CODE,
                f"Nothing says where the event has {name}",
                (*path, "input", name),
                f"Write it as body: {{{name}: [data, object, {name}]}}.",
                named=True,
            )
    yield from card_fields((*path, "input"), event.input)


def _hooks(scope: Scope, providers: Mapping[str, Provider]) -> Iterator[Finding]:
    """The functions that decide are called otherwise than all others, and so are their classes."""
    taken: dict[str, Path] = {}
    for name, resource in scope.spec.resources.items():
        own = naming.ResourceNames(name, resource.plural or naming.plural(name))
        for action in resource.actions:
            at: Path = ("resources", name, "actions", action)
            taken |= dict.fromkeys((f"{name}.{action}", *own.action_models(action)), at)
    for provider, source in providers.items():
        for type_, event in source.events.items():
            called = function(provider, type_)
            mine = (f"{event.on}.{called}", naming.camel(called), *naming.decider_models(called))
            at = ("webhooks", provider, "events", type_)
            other = next((taken[each] for each in mine if each in taken), None)
            if event.hook and other is not None:
                yield Finding(
                    "E-COLLISION",
                    f"The hook of {quote(type_)} is called {called}, and so is another one, or a "
                    "class of one",
                    at,
                    "Leave hook out of one of the two, or rename the provider or the action.",
                    named=True,
                    other=other,
                )
            if event.hook:
                taken |= dict.fromkeys(mine, at)


def _place(
    event: Event, resource: Resource, action: Action | None, path: Path
) -> Iterator[Finding]:
    on_row = event.do in ("update", "delete") or (action is not None and action.on == "item")
    below = event.do == "create" and resource.parent is not None
    if (on_row or below) and event.id is None:
        what = "the parent of the new row" if below else "the row"
        yield Finding(
            CODE,
            f"Nothing says where the event has the id of {what}",
            path,
            "Write it as id: [data, object, metadata, invoice_id].",
        )
    if event.id is not None and not (on_row or below):
        yield Finding(
            CODE, f"{event.do} on {event.on} is on no row", (*path, "id"), "Leave id out."
        )


def _body(
    scope: Scope, event: Event, resource: Resource, action: Action | None, path: Path
) -> Iterator[Finding]:
    if event.do == "delete":
        fields: Mapping[str, object] = {}
        required: set[str] = set()
    elif action is not None:
        fields = action.input
        required = {name for name, each in action.input.items() if _required(each)}
    else:
        sendable = {
            name: each
            for name, each in resource.fields.items()
            if not each.computed and not each.set_by
        }
        if event.do == "update":
            fields = {name: each for name, each in sendable.items() if not each.immutable}
            required = set()
        else:
            fields = sendable
            required = {name for name, each in sendable.items() if _required(each)}
    for name in event.body:
        if name not in fields:
            at = (*path, "body", name)
            yield unknown("E-UNKNOWN-FIELD", "field", name, at, fields, named=True)
    if scope.unsure(event.on):
        return
    for name in sorted(required - event.body.keys()):
        yield Finding(
            CODE,
            f"{event.do} on {event.on} needs {name}, and the body does not have it",
            path,
            f"Write where the event has it: body: {{{name}: [data, object, {name}]}}.",
        )


def _required(field: object) -> bool:
    return not getattr(field, "optional", False) and getattr(field, "default", None) is None

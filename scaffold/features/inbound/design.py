"""What inbound webhooks mean: which events of which provider do what, for whom and as whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffold import naming
from scaffold.design.heard import Heard, heard, path
from scaffold.design.model import Decider, Design, Entity, Join, Operation
from scaffold.design.outcomes import Outcome
from scaffold.design.surface import Fact
from scaffold.features.inbound.keys import Event, Provider, Scheme
from scaffold.spec.model import Spec

if TYPE_CHECKING:
    from scaffold.plan.python import Decision

EVENT, ACCOUNT, ORDER = "webhook_event", "webhook_account", "webhook_order"
"""The tables: of the events that came, of whose an account is, and of the newest event of a row."""
SUBJECT = "webhook"
"""The issuer of the members as whom events act: no URL, so that nobody's token has it."""
MODULE, GIVEN = "gate.heard", "Heard"
"""The module of the package with what hooks are given, and its class."""
RETAIN_DAYS = 400
"""How long the record of an event is kept. A provider sends one again for days."""
RATE = (6_000, 60)
"""How many events of one provider are heard in so many seconds."""

HEADERS: Mapping[Scheme, tuple[str, ...]] = {
    "stripe": ("stripe-signature",),
    "standard": (
        *("webhook-id", "webhook-timestamp", "webhook-signature"),
        *("svix-id", "svix-timestamp", "svix-signature"),
    ),
}
"""The headers of a signature. Svix has other names for those of Standard Webhooks."""

OUTCOMES: tuple[Outcome, ...] = (
    Outcome("webhook_unsigned", 401, "an event without the headers of its scheme"),
    Outcome("webhook_malformed", 401, "a signature that is not written as its scheme has it"),
    Outcome("webhook_forged", 401, "a signature that no secret of the provider makes"),
    Outcome("webhook_untimely", 401, "signed by the provider, outside of the tolerance"),
    Outcome("webhook_reused", 409, "The id of this event was used for another one."),
    Outcome("webhook_in_flight", 409, "The event is being worked on."),
    Outcome("webhook_too_early", 409, "The row is not as the event needs it, or not there yet."),
)

RETRIED = ("condition_not_met", "not_found", "reference_not_found", "tenant_suspended")
"""The refusals of an operation after which it is worth sending the event again."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an event of a `type` does: the operation, where the event has the row's id (of a new one
    below a parent, that of the parent), and where it has what the body says, by its members. With a
    `hook`, that says both, and the members are those of what it is told."""

    type: str
    entity: Entity
    operation: Operation
    id: tuple[str, ...]
    body: Mapping[str, tuple[str, ...]]
    hook: Decider | None = None

    @property
    def decision(self) -> Decision | None:
        """How the hook is declared, if there is one."""
        from scaffold.plan.python import decision

        return decision(self.hook, self.entity) if self.hook else None

    @property
    def payload(self) -> Mapping[str, object]:
        """What the hook is told, as a JSON Schema."""
        told = self.hook.input if self.hook else ()
        return {
            "type": "object",
            "properties": {each.name: each.kind.schema() for each in told},
            "required": [each.name for each in told if each.required],
        }

    @property
    def on_row(self) -> bool:
        """Is it an effect on a row that is there?"""
        return self.operation.on_item


@dataclass(frozen=True, slots=True)
class Receiver:
    """A provider with its effects. Where a feature takes the events itself, it is `heard`, and acts
    as nobody."""

    name: str
    source: Provider
    effects: tuple[Effect, ...]
    heard: Heard | None = None

    @property
    def constant(self) -> str:
        """What it is called in the emitted module, where the schemes have their names."""
        return self.name.upper() + ("_EVENTS" if self.name in HEADERS else "")

    @property
    def id(self) -> str:
        """The id of the operation that hears it."""
        return f"receive_{self.name}"

    @property
    def join(self) -> Join:
        """The operation that hears it, for those who list what asks for no permission."""
        effects = ", ".join(f"{type_} does {what}" for type_, what in self.does.items())
        operation = Operation(
            id=self.id,
            verb="join",
            action=self.name,
            method="POST",
            path=self.path,
            entity="",
            permission="",
            summary=f"Hear an event of {self.name}",
            body="",
            body_max=self.source.body_max,
            alternatives=(),
            on_item=False,
            conditional=False,
            status=200,
            input=(),
        )
        acting = f", and acts as {self.source.runs_as}" if self.source.runs_as else ""
        who = (
            f"whoever signs as {self.name}{acting}: {self.heard.effect if self.heard else effects}"
        )
        return Join(operation, who, "receive.receive")

    @property
    def path(self) -> str:
        """Where it sends its events."""
        return path(self.name)

    @property
    def does(self) -> Mapping[str, str]:
        """What its events do, by their types: permissions, or what a feature does with them."""
        if self.heard:
            return dict.fromkeys(self.heard.types, self.heard.name)
        return {each.type: each.operation.permission for each in self.effects}

    @property
    def ordered(self) -> bool:
        """Do its events come with the time by which they are put in order?"""
        return self.source.order is not None and any(each.on_row for each in self.effects)

    @property
    def settings(self) -> Sequence[str]:
        """The settings that hold its secrets: the one in use, then the former ones."""
        return [each.lower() for each in self.source.secrets]

    @property
    def modules(self) -> Sequence[str]:
        """The resources whose operations its events do."""
        return sorted({each.entity.name for each in self.effects})


@dataclass(frozen=True, slots=True)
class Inbound:
    """The providers of a spec."""

    providers: Mapping[str, Provider]


@dataclass(frozen=True, slots=True)
class View:
    """What the templates are told.

    `production` is the environment in which live events count, and `tried` are the effects that the
    emitted tests can make a tenant for. Where there are roles besides those of the providers, the
    roles of their members are `narrowed` to these.
    """

    receivers: tuple[Receiver, ...]
    production: str
    tried: tuple[tuple[Receiver, Effect], ...]
    narrowed: bool

    @property
    def modules(self) -> Sequence[str]:
        """The resources whose operations events do."""
        return sorted({name for each in self.receivers for name in each.modules})

    @property
    def hooked(self) -> tuple[tuple[Receiver, Effect], ...]:
        """The effects that a hook decides about."""
        return tuple(
            (each, effect) for each in self.receivers for effect in each.effects if effect.hook
        )

    @property
    def hooks(self) -> Sequence[Decision]:
        """How the hooks are declared."""
        return [each.decision for _, each in self.hooked if each.decision]

    @property
    def hooked_tried(self) -> Sequence[tuple[Receiver, Effect]]:
        """Those of the tried effects that a hook decides about."""
        return [each for each in self.tried if each[1].hook]

    @property
    def decided_modules(self) -> Sequence[str]:
        """The resources whose models these say something with."""
        found = (effect for _, effect in self.hooked_tried)
        return sorted({e.entity.name for e in found if e.decision and e.decision.body})

    @property
    def renamed(self) -> Mapping[str, str]:
        """The members of what hooks say that have another name in Python."""
        found = (effect for _, effect in self.hooked_tried)
        told: set[str] = set()
        for effect in found:
            told |= {each.name for each in effect.entity.columns}
            told |= {each.name for each in effect.operation.input}
        return {
            each: naming.attribute(each) for each in sorted(told) if naming.attribute(each) != each
        }

    @property
    def hook_modules(self) -> Sequence[str]:
        """The developer's modules of these."""
        return sorted({each.operation.entity for each in self.hooks})

    @property
    def said(self) -> bool:
        """Does some hook say a body?"""
        return any(each.body for each in self.hooks)

    @property
    def placed(self) -> bool:
        """Does some hook name a row?"""
        return any(each.places for each in self.hooks)

    @property
    def with_bodies(self) -> Sequence[str]:
        """Those of them whose operations have a body."""
        found = (each for receiver in self.receivers for each in receiver.effects)
        return sorted({each.entity.name for each in found if each.operation.body})

    @property
    def rows_tried(self) -> tuple[tuple[Receiver, Effect], ...]:
        """Those of the tried effects that leave the row that they are on."""
        return tuple(
            (receiver, each)
            for receiver, each in self.tried
            if each.on_row and each.operation.verb != "delete"
        )

    @property
    def schemes(self) -> frozenset[str]:
        """The schemes in use."""
        return frozenset(each.source.scheme for each in self.receivers)

    @property
    def ordered(self) -> bool:
        """Are the events of some provider put in order?"""
        return any(each.ordered for each in self.receivers)

    @property
    def taken(self) -> Sequence[Heard]:
        """The providers whose events features take themselves."""
        return [each.heard for each in self.receivers if each.heard]

    @property
    def accounts(self) -> bool:
        """Do some events say elsewhere whose they are?"""
        return any(each.accounts for each in self.taken)

    @property
    def modes(self) -> bool:
        """Do the events of some provider say whether they are live?"""
        return any(each.source.mode is not None for each in self.receivers)

    @property
    def subject(self) -> str:
        """The issuer of those as whom events act."""
        return SUBJECT

    @property
    def rate(self) -> tuple[int, int]:
        """How many events of one provider in how many seconds."""
        return RATE

    @property
    def retried(self) -> Sequence[str]:
        """The refusals after which the provider is asked to send an event again."""
        return RETRIED


def inbound(source: Spec) -> Inbound | None:
    """What a spec says of it."""
    found: Mapping[str, Provider] = getattr(source, "webhooks", {})
    return Inbound(dict(found)) if found else None


def receivers(design: Design) -> tuple[Receiver, ...]:
    """The providers of a design, each with its effects."""
    found = design.trait(Inbound)
    declared = tuple(
        Receiver(
            name,
            source,
            tuple(_effect(design, name, type_, each) for type_, each in source.events.items()),
        )
        for name, source in (found.providers if found else {}).items()
    )
    return (*declared, *map(_taken, heard(design)))


def _taken(found: Heard) -> Receiver:
    source = Provider.model_construct(
        scheme=found.scheme,
        tolerance=found.tolerance,
        secrets=found.secrets,
        account=found.account,
        mode=found.mode,
        order=None,
        runs_as="",
        body_max=found.body_max,
        events={},
    )
    return Receiver(found.name, source, (), found)


def _effect(design: Design, provider: str, type_: str, source: Event) -> Effect:
    entity = design.entity(source.on)
    operation = next(
        each
        for each in entity.operations
        if source.do in (each.verb, each.action) and not each.searches
    )
    sent = {each.field: each.name for each in entity.columns}
    hook = next((each for each in entity.deciders if each.name == function(provider, type_)), None)
    own = hook is None and operation.verb in ("create", "update")
    body = {(sent[name] if own else name): tuple(path) for name, path in source.body.items()}
    return Effect(type_, entity, operation, tuple(source.id or ()), body, hook)


def function(provider: str, type_: str) -> str:
    """The developer's function that decides about the events of a type."""
    return f"on_{provider}_{'_'.join(re.findall('[a-z0-9]+', type_.lower()))}"


def deciders(source: Spec, resource: str) -> Iterator[Decider]:
    """Those of a resource."""
    from scaffold.design.resolve import input_of  # which asks the features

    providers: Mapping[str, Provider] = getattr(source, "webhooks", {})
    for name, provider in providers.items():
        for type_, each in provider.events.items():
            if each.hook and each.on == resource:
                yield Decider(
                    name=function(name, type_),
                    do=each.do,
                    summary=f"Says what {type_} of {name} does: {each.do}, or nothing",
                    module=MODULE,
                    given=GIVEN,
                    input=tuple(input_of(key, field) for key, field in each.input.items()),
                )


def headers(design: Design) -> Sequence[str]:
    """The headers of the signatures that are asked for."""
    schemes = {each.source.scheme for each in receivers(design)}
    return sorted(name for each in schemes for name in HEADERS[each])


def facts(design: Design) -> Iterator[tuple[str, Fact]]:
    """Who is heard without a token, what their events do, and as whom."""
    for each in receivers(design):
        source, name = each.source, f"webhook {each.name}"
        yield "access", (f"{each.id} without a token", f"events signed as {source.scheme}")
        yield "access", (f"{name} runs as", source.runs_as or "nobody")
        yield "limits", (f"{name} body", f"{source.body_max} bytes")
        yield "limits", (f"{name} tolerance", f"{source.tolerance} s")
        yield "operations", (each.id, f"POST {each.path}")
        yield "identity", (f"{name} account", ".".join(source.account))
        yield "identity", (f"{name} mode", ".".join(source.mode) if source.mode else "not asked")
        yield "identity", (f"{name} order", ".".join(source.order) if source.order else "none")
        yield "identity", (f"{name} secrets", f"{len(source.secrets)}, of the environment")
        for effect in each.effects:
            yield "access", (f"{name} {effect.type}", _done(effect))
        for type_ in each.heard.types if each.heard else ():
            yield "access", (f"{name} {type_}", each.heard.name if each.heard else "")


def _done(effect: Effect) -> str:
    """What an event does, and where it says to what."""
    places = {"id": effect.id, **effect.body}
    told = [f"{name} at {'.'.join(place)}" for name, place in sorted(places.items()) if place]
    if effect.hook:
        kinds = {each.name: each for each in effect.hook.input}
        told = [f"{each} ({kinds[each.partition(' ')[0]].kind})" for each in told]
        told = [f"as {effect.hook.name} says", *told]
    return ", ".join([effect.operation.id, *told])


def narrowed(design: Design) -> bool:
    """Could the member as whom events act have another role than that of its provider?"""
    roles = [each for each in design.roles if each.kind == "service"]
    return len(roles) > 1 and any(each.heard is None for each in receivers(design))


def view(design: Design) -> View:
    """What the templates are told."""
    found = receivers(design)
    tried = tuple(
        (receiver, each)
        for receiver in found
        for each in receiver.effects
        if _tried(design, receiver, each)
    )
    return View(found, design.live, tried, narrowed(design))


def _tried(design: Design, receiver: Receiver, effect: Effect) -> bool:
    """Is there a tenant, in development, in which the event has its effect?

    Events have no claims, and say what their body says alone.
    """
    from scaffold.plan.access import answer

    found = answer(receiver.source.runs_as, effect.operation, effect.entity, design)
    if not found.get("allowed") or found["user"]:
        return False
    if effect.operation.verb != "create" or effect.hook:
        return True
    sent = {each.name for each in effect.entity.columns if each.creatable}
    return not (found["row"].keys() & sent) - effect.body.keys()

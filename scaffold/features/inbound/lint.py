"""Rules about providers that are believed too much."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.inbound.design import Receiver, receivers
from scaffold.lint.context import Context, seeing
from scaffold.lint.rule import Family, Found

family = Family()

LONG = 600
"""Seconds of tolerance that are many."""

_BASE = """
roles:
  clerk: {can: [{do: [list, read, create], on: note}]}
  worker: {kind: service, can: [{do: %s, on: note}]}
resources: {note: {fields: {body: {type: text, max: 500}}, actions: {close: {on: item}}}}
webhooks:
  tracker:
    scheme: standard
    tolerance: %s
    secrets: TRACKER_SECRET
    account: [workspace]
    mode: live
    order: timestamp
    runs_as: worker
    events: {issue.closed: {do: close, on: note, id: [data, note_id]}}
"""
_HOOK = "hook: true, input: {title: {type: string, max: 99}}, body: {title: [data, title]}"


@family.rule(
    "L951",
    "signatures-good-for-long",
    "warning",
    "PAY-1",
    reason="Whoever gets hold of an event can send it again for as long as that.",
    remedy="Write tolerance: 5m, and keep the clock of the service right.",
    example=_BASE % ("close", "30m"),
    repair=("tolerance: 30m", "tolerance: 5m"),
)
def signatures_good_for_long(context: Context) -> Iterator[Found]:
    """A tolerance of more than ten minutes."""
    for each in _declared(context):
        if each.source.tolerance > LONG:
            yield Found(
                f"An event of {each.name} is good for {each.source.tolerance} s",
                ("webhooks", each.name, "tolerance"),
            )


@family.rule(
    "L952",
    "provider-may-more",
    "advice",
    "AZ-4",
    reason="What the role may do beyond its events is there for whoever has the secret, as soon as "
    "an event for it is declared, and for every other service with the role.",
    remedy="Give the provider a role of its own, with what its events do and no more.",
    example=_BASE % ("[close, update]", "5m"),
    repair=("do: [close, update]", "do: close"),
)
def provider_may_more(context: Context) -> Iterator[Found]:
    """A role that is granted more than the events of its provider do."""
    for each in _declared(context):
        done = {effect.operation.id for effect in each.effects}
        more = [
            operation.permission
            for operation in context.design.operations
            if each.source.runs_as in operation.roles
            and operation.id not in done
            and operation.verb not in ("list", "read")
        ]
        if more:
            yield Found(
                f"{each.source.runs_as} may {', '.join(more)}, which no event of {each.name} does",
                ("webhooks", each.name, "runs_as"),
            )


@family.rule(
    "L953",
    "tests-count",
    "warning",
    "PAY-1",
    reason="A provider sends the events of its test mode to the same address: a test of somebody "
    "would have effects in production.",
    remedy="Write mode: livemode, or wherever the event says it.",
    example=_BASE.replace("    mode: live\n", "") % ("close", "5m"),
    repair=("    account: [workspace]\n", "    account: [workspace]\n    mode: live\n"),
)
def tests_count(context: Context) -> Iterator[Found]:
    """A provider of whose events nobody says whether they are live."""
    for each in _declared(context):
        if each.source.mode is None:
            yield Found(
                f"Nothing says whether an event of {each.name} is live", ("webhooks", each.name)
            )


@family.rule(
    "L954",
    "late-events-win",
    "warning",
    "PAY-1",
    reason="Providers promise no order: an event that comes late undoes what a newer one did.",
    remedy="Write order: created, or wherever the event says when it happened.",
    example=_BASE.replace("    order: timestamp\n", "") % ("close", "5m"),
    repair=("    mode: live\n", "    mode: live\n    order: timestamp\n"),
)
def late_events_win(context: Context) -> Iterator[Found]:
    """Effects on rows, and nothing that puts the events in order."""
    for each in _declared(context):
        if each.source.order is None and any(effect.on_row for effect in each.effects):
            yield Found(
                f"Nothing says in which order the events of {each.name} happened",
                ("webhooks", each.name),
            )


@family.rule(
    "L955",
    "hook-that-sees-nothing",
    "warning",
    "AZ-4",
    reason="The hook of an event reads as the role of its provider: it finds no row to name.",
    remedy="Grant the role read or list on what the hook looks for, if only a few fields.",
    example=_BASE.replace("id: [data, note_id]", _HOOK) % ("close", "5m"),
    repair=("do: close, on: note}]", "do: [read, close], on: note}]"),
)
def hook_that_sees_nothing(context: Context) -> Iterator[Found]:
    """A hook of an event whose role can list and read no resource at all."""
    seers = {role for entity in context.design.entities for role in seeing(entity)}
    for each in _declared(context):
        for effect in each.effects:
            if effect.hook and each.source.runs_as not in seers:
                yield Found(
                    f"{each.source.runs_as} sees nothing, and a hook of {effect.type} is to decide",
                    ("webhooks", each.name, "events", effect.type),
                )


def _declared(context: Context) -> Iterator[Receiver]:
    """The providers of the section; those of a feature are that feature's business."""
    return (each for each in receivers(context.design) if each.heard is None)

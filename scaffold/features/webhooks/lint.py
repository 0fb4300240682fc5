"""Rules about events that nobody hears, and about what they tell."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.webhooks.design import DELIVERY, ENDPOINT, declared, hears, used
from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found
from scaffold.spec.field_base import CLASSIFIED
from scaffold.spec.problems import Path, listing

family = Family()

_ENDPOINTS = "{do: [list, read, create, delete], on: webhook_endpoint}"


def _at(resource: str, *path: str) -> Path:
    return ("resources", resource, "events", *path)


@family.rule(
    "L341",
    "events-nobody-hears",
    "error",
    "AZ-1",
    reason="An event is told to the endpoints of a tenant, which somebody has to create.",
    remedy="Grant [list, read, create, update, delete, rotate] on webhook_endpoint to a role.",
    example="""
roles: {clerk: {can: [{do: [list, read, create], on: note}]}}
resources: {note: {fields: {body: {type: text, max: 500}}, events: {created: {on: create}}}}
""",
    repair=(", events: {created: {on: create}}", ""),
)
def events_nobody_hears(context: Context) -> Iterator[Found]:
    """Events in a spec in which no role may create endpoints."""
    made = any(e.id == f"create_{ENDPOINT}" for e in context.design.operations)
    for each in declared(context.design) if not made else ():
        yield Found(f"No role may create an endpoint that hears {each.type}", _at(each.resource))
        return


@family.rule(
    "L342",
    "endpoints-hear-nothing",
    "error",
    "AZ-1",
    reason="An endpoint names the events that it hears, and without one there are no deliveries.",
    remedy="Declare events of a resource, or take the grant away.",
    example=f"""
roles:
  clerk:
    can:
      - {{do: [list, read, create], on: note}}
      - {_ENDPOINTS}
resources: {{note: {{fields: {{body: {{type: text, max: 500}}}}}}}}
""",
    repair=("max: 500}}}", "max: 500}}, events: {created: {on: create}}}"),
)
def endpoints_hear_nothing(context: Context) -> Iterator[Found]:
    """A grant on endpoints in a spec without events, or on deliveries in one without endpoints."""
    silent = used(context.design) and not (declared(context.design) and hears(context.design))
    for each in context.granted if silent else ():
        if each.entity.name in (ENDPOINT, DELIVERY):
            yield Found(f"There is nothing to {each.do}: no endpoint hears an event", each.path)
            return


@family.rule(
    "L343",
    "hears-more-than-it-reads",
    "advice",
    "AZ-1",
    reason="An endpoint hears of every row of the tenant, whatever its maker may read.",
    remedy="Let events tell no fields of it, or grant endpoints to a role that reads the resource.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: note}]}
  operator: {can: [{do: [list, read, create, delete], on: webhook_endpoint}]}
resources:
  note: {fields: {title: {type: string, max: 50}}, events: {created: {on: create, fields: title}}}
""",
    repair=(", fields: title", ""),
)
def hears_more_than_it_reads(context: Context) -> Iterator[Found]:
    """A role that may create endpoints, and not read a resource of which an event tells fields."""
    for grant in context.granted:
        if grant.entity.name != ENDPOINT or grant.do != "create":
            continue
        blind = sorted(
            {
                each.resource
                for each in declared(context.design)
                if each.fields and not any(context.held(grant.role, each.resource, "read"))
            }
        )
        if blind:
            what = listing(blind, "and")
            yield Found(
                f"{grant.role} may let events tell fields of {what}, and reads none", grant.path
            )


@family.rule(
    "L508",
    "classified-in-event",
    "warning",
    "DATA-1",
    reason="What an event tells leaves the service, and lies with whoever runs the endpoint.",
    remedy="Leave the field out: whoever hears of the row can read it with the rights that they "
    "have.",
    example=f"""
roles:
  clerk:
    can:
      - {{do: [list, read, create], on: guest}}
      - {_ENDPOINTS}
resources:
  guest:
    fields: {{name: {{type: string, max: 50, class: pii}}}}
    events: {{created: {{on: create, fields: name}}}}
""",
    repair=(", fields: name", ""),
)
def classified_in_event(context: Context) -> Iterator[Found]:
    """An event that tells a field of a class that is kept out of logs."""
    for event in declared(context.design):
        for column in event.columns(context.design):
            if column.class_ in CLASSIFIED:
                yield Found(
                    f"{event.type} tells {column.field}, which is of class {column.class_}",
                    _at(event.resource, event.name, "fields"),
                )

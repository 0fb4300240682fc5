"""The key `events` of a resource."""

from typing import Annotated

from annotated_types import MaxLen, MinLen
from pydantic import Field as Key

from scaffold.spec.base import ONE_OR_MANY, Model, about
from scaffold.spec.scalars import ActionName

MAX_EVENTS = 50
MAX_FIELDS = 50


class Event(Model):
    """What a tenant's endpoints may hear of the rows of a resource."""

    on: Annotated[
        tuple[str, ...],
        MinLen(1),
        MaxLen(MAX_EVENTS),
        ONE_OR_MANY,
        about("What raises it: create, update, delete, or actions on one row.", "send"),
    ]
    fields: Annotated[
        tuple[str, ...],
        MaxLen(MAX_FIELDS),
        ONE_OR_MANY,
        about("The fields of the row that it tells, beside its id and version.", ["number"]),
    ] = ()


class ResourceKeys(Model):
    """The events of a resource."""

    events: Annotated[
        dict[ActionName, Event],
        MaxLen(MAX_EVENTS),
        about("What a tenant's endpoints may hear.", {"created": {"on": "create"}}),
    ] = Key(default_factory=dict)

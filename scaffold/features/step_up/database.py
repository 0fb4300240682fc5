"""The step-up in the database: the age of an authentication is asked where the role is."""

from __future__ import annotations

from scaffold.database.bodies import Demand, Entry, Served, Steps
from scaffold.database.schema import Parameter
from scaffold.features.step_up.design import seconds_of

AGE = Parameter("p_age", "integer", "null")
SIGNED_IN = "coalesce((p_caller ->> 'auth_time')::bigint, 0)"

ENTRY = Entry(
    parameters=(AGE,),
    comment="`p_age` is how old the authentication may be, in seconds.",
    demand=Demand(
        "p_age is not null",
        f"{SIGNED_IN} < extract(epoch from now()) - p_age",
        "'step_up_required'",
    ),
)


def steps(served: Served) -> Steps | None:
    """The age that the operation under way allows."""
    if served.stage in ("finish", "touch") or not any(
        seconds_of(each) for each in served.operations
    ):
        return None
    return Steps(entry=((AGE.name, served.chosen(lambda each: str(seconds_of(each) or ""))),))

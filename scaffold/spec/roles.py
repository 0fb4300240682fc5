"""Roles: what their holders may do, to what, under which conditions."""

from typing import Annotated, Literal, Self

from annotated_types import MinLen
from pydantic import model_validator

from .base import ONE_OR_MANY, Model, about
from .conditions import WHEN, Condition
from .names import EXPORT
from .problems import Refusal, listing
from .scalars import Line, Prose

_WITH_FIELDS = frozenset({"list", "read", "create", "update", EXPORT})


Names = Annotated[tuple[str, ...], MinLen(1), ONE_OR_MANY]


class Grant(Model):
    """What a role may do: operations on resources, to some fields, under conditions."""

    do: Annotated[
        Names,
        about("list, read, create, update, delete or an action.", ["list", "read"]),
    ]
    on: Annotated[Names, about("The resources.", "invoice")]
    only: Annotated[Names | None, about("The only fields seen or written.", ["title"])] = None
    except_: Annotated[
        Names | None,
        about("The fields neither seen nor written.", ["email"], alias="except"),
    ] = None
    when: Annotated[
        tuple[Condition, ...],
        WHEN,
        about("Conditions that all must hold.", {"owner_id": "$user.id", "status": "draft"}),
    ] = ()
    roles: Annotated[
        Names | None,
        about("The only roles that it gives to members, or takes from them.", ["viewer"]),
    ] = None

    roles_because: Annotated[
        Annotated[Line, MinLen(10)] | None,
        about("Why it may give more than its holder may do.", "Duties are apart."),
    ] = None

    @model_validator(mode="after")
    def _roles_have_a_reason(self) -> Self:
        """Refuses the reason without the roles."""
        if self.roles_because is not None and self.roles is None:
            raise Refusal(
                "E-GRANT",
                "roles_because stands without roles",
                "Name the roles that it gives, or remove it.",
                ("roles_because",),
                named=True,
            )
        return self

    @model_validator(mode="after")
    def _fields_make_sense(self) -> Self:
        """Refuses `only` beside `except`, and either where an operation has no fields."""
        if self.only is not None and self.except_ is not None:
            raise Refusal(
                "E-GRANT",
                "A grant cannot have both only and except",
                "Remove one.",
                ("except",),
                named=True,
            )
        named = "only" if self.only is not None else "except"
        if self.only is None and self.except_ is None:
            return self
        if _WITH_FIELDS.isdisjoint(self.do):
            raise Refusal(
                "E-GRANT",
                f"{named} has no meaning for {listing(self.do)}",
                "It limits the fields of list, read, create and update.",
                (named,),
                named=True,
            )
        return self


class Role(Model):
    """What its holders may do."""

    description: Annotated[Prose | None, about("Who holds the role.", "Reads the books.")] = None
    kind: Annotated[
        Literal["human", "service"],
        about("Whether people or other services hold it, never both.", "service"),
    ] = "human"
    extends: Annotated[
        tuple[str, ...], ONE_OR_MANY, about("Roles whose grants it has too.", "viewer")
    ] = ()
    mfa: Annotated[
        Literal["any", "phishing_resistant"] | None,
        about("The second factor that its holders must have used.", "phishing_resistant"),
    ] = None
    last: Annotated[
        bool,
        about("Whether each tenant that has active holders keeps one, whatever is changed.", True),
    ] = False
    can: Annotated[
        tuple[Grant, ...],
        about("What it may do.", [{"do": ["list", "read"], "on": "invoice"}]),
    ] = ()

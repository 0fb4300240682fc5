"""The key `sign_up` of the tenancy."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le, MaxLen

from scaffold.spec.base import ONE_OR_MANY, Model, about
from scaffold.spec.scalars import AttributeName, RoleName, Url

MAX_TENANTS = 100


class SignUp(Model):
    """Who may make a tenant of their own, and what they are in it."""

    issuer: Annotated[
        Url, about("The issuer whose people may sign up.", "https://login.example.com/")
    ]
    role: Annotated[RoleName, about("The role that they have in their tenant.", "owner")]
    attributes: Annotated[
        tuple[AttributeName, ...],
        MaxLen(100),
        ONE_OR_MANY,
        about("The attributes of the tenant that they say themselves.", "region"),
    ] = ()
    max_per_subject: Annotated[
        int, Ge(1), Le(MAX_TENANTS), about("How many tenants one person may make.", 3)
    ] = 3


class TenancyKeys(Model):
    """Whether tenants are made by whoever comes."""

    sign_up: Annotated[
        SignUp | None,
        about(
            "Who may make a tenant; nobody if left out.",
            {"issuer": "https://login.example.com/", "role": "owner"},
        ),
    ] = None

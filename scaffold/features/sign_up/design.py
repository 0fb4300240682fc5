"""What signing up means: somebody makes a tenant, and is its first member."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scaffold.database.tables import TENANT_SLUG
from scaffold.design.model import Design, Input, Join, Operation
from scaffold.design.surface import Fact
from scaffold.features.sign_up.keys import SignUp as Source
from scaffold.naming import article, words
from scaffold.types.kind import Kind
from scaffold.types.string import StringKind

SIGN_UP = "sign_up"
"""The operation, and the table of how often each has signed up."""
MAX_BODY = 8_192
SLUG = StringKind(1, 63, TENANT_SLUG)
NAME = StringKind(1, 200)


@dataclass(frozen=True, slots=True)
class SignUp:
    """The people of `issuer` may make tenants, `most` each, and have the role in them. They say the
    `attributes`."""

    issuer: str
    role: str
    attributes: tuple[str, ...]
    most: int


def sign_up(source: Source | None) -> SignUp | None:
    """What a spec says of it."""
    if source is None:
        return None
    return SignUp(source.issuer, source.role, source.attributes, source.max_per_subject)


def joins(design: Design) -> Iterable[Join]:
    """Who signs up has neither a tenant nor a role."""
    found = design.trait(SignUp)
    if found is None:
        return
    tenant = words(design.tenant)
    attributes = {each.name: each for each in design.tenant_attributes}
    given = (
        _given("slug", SLUG, "What it is called in commands and addresses."),
        _given("name", NAME, "What people call it."),
        *(_given(name, attributes[name].kind, "") for name in found.attributes),
    )
    operation = Operation(
        id=SIGN_UP,
        verb="join",
        action=SIGN_UP,
        method="POST",
        path="/sign-up",
        entity=design.tenant,
        permission="",
        summary=f"Make {article(tenant)} and be its first member",
        body="SignUpInput",
        body_max=MAX_BODY,
        alternatives=(),
        on_item=False,
        conditional=False,
        status=201,
        input=given,
    )
    who = f"Whoever is a person of {found.issuer}, at most {found.most} times"
    yield Join(operation, who, "sign_up.sign_up", founding=True)


def _given(name: str, kind: Kind, description: str) -> Input:
    return Input(name, kind, description, False, True, None, "internal")


def facts(design: Design) -> Iterator[tuple[str, Fact]]:
    """The role that people give themselves, and how often."""
    found = design.trait(SignUp)
    if found is not None:
        yield "access", ("sign_up gives", found.role)
        yield "limits", ("sign_up of one subject", f"{found.most} tenants")

"""The stored functions that every operation begins or ends with, and what they know of a caller."""

from __future__ import annotations

from collections.abc import Iterable

from scaffold.database.bodies import Assignment, Assurance, Entry, Render, SharedView
from scaffold.database.predicates import listed_roles
from scaffold.database.schema import Composite, Function
from scaffold.database.signatures import (
    BOOLEAN,
    CALL,
    CALLER,
    JSONB,
    TEXT,
    TEXTS,
    UUID,
    VERSIONS,
    parameters,
)
from scaffold.database.sql import identifier, literal
from scaffold.database.ways import claim_name
from scaffold.design.model import Attribute, Design, Term
from scaffold.design.visibility import patches_objects
from scaffold.features import FEATURES

SUSPENDED = "suspended_at"
"""The column of tenants that says since when nobody is let in."""


def caller(design: Design) -> Composite:
    """What `enter_` finds out about a caller."""
    claims = ((claim_name(each.name), _type(each)) for each in design.user_attributes)
    known = (("tenant", UUID), ("member", UUID), ("roles", TEXTS), ("refusal", TEXT))
    return Composite(
        "caller_",
        "Who asks, once `enter_` has looked them up: their membership, the roles that this token "
        "is strong enough for, and why they are refused, if they are.",
        (
            *parameters(*known, *claims),
            *(each.known.member for each in _entries(design) if each.known),
        ),
    )


def _entries(design: Design) -> list[Entry]:
    """What the features ask of callers."""
    return [each for each in (each.entry(design) for each in FEATURES) if each is not None]


def functions(design: Design, render: Render, scope: str, *, pages: bool) -> Iterable[Function]:
    """The functions that this design needs; with `pages`, the one that writes lists.

    `scope` is the prefix of the settings that its policies read.
    """
    operations = design.operations
    entries = _entries(design)
    claiming = _asking(design, "user")
    placed = _asking(design, "environment")
    view = SharedView(
        scope,
        tuple(_assurance(design)),
        tuple(_claim(each, design) for each in design.user_attributes) if claiming else (),
        listed_roles("v_caller.roles && ", claiming),
        listed_roles("v_caller.roles && ", placed) if placed else "",
        tuple(each.known for each in entries if each.known),
        tuple(each.demand for each in entries if each.demand),
        tuple(each.lookup for each in entries if each.lookup),
        identifier(design.tenant) if suspendable(design) else "",
        design.maps,
    )
    about = "they are refused if they hold none of the roles `p_allowed`."
    yield Function(
        "enter_",
        "Binds this transaction to the tenant and to the caller, and says who that is, and why "
        + " ".join([about, *(each.comment for each in entries)]),
        (
            *parameters(*CALL, ("p_allowed", TEXTS)),
            *(parameter for each in entries for parameter in each.parameters),
        ),
        render("functions/enter", view),
        returns="caller_",
        inner=True,
    )
    if design.maps:
        yield Function(
            "organization_",
            "The tenant that an organization of an issuer is; no row for one that is nobody's.",
            parameters(("p_issuer", TEXT), ("p_organization", TEXT)),
            render("functions/organization", view),
            results=parameters(("tenant", UUID)),
        )
    if any(each.conditional for each in operations):
        yield Function(
            "missed_",
            "Why a conditional write touched no row. One that row-level security hides from the "
            "caller is not found.",
            parameters(CALLER, ("p_table", TEXT), ("p_id", UUID), ("p_match", VERSIONS)),
            render("functions/missed", view),
            returns=TEXT,
            inner=True,
        )
    if any(each.conditions for o in operations for each in o.alternatives):
        yield Function(
            "outside_",
            "Undoes a write whose row is outside what the caller may write.",
            (),
            render("functions/outside", view),
            returns=TEXT,
            inner=True,
        )
    if pages:
        yield Function(
            "page_",
            "The statement of a list: one for each shape of filters, so that each has the plan "
            "that it needs. It is put together from constants; every value is a parameter.",
            parameters(
                ("p_view", TEXT),
                ("p_body", TEXT),
                ("p_where", TEXT),
                ("p_order", TEXTS),
                ("p_descending", BOOLEAN),
                ("p_further", BOOLEAN),
            ),
            render("functions/page", view),
            returns=TEXT,
            volatility="immutable",
            inner=True,
        )
    if any(patches_objects(each) for each in design.entities):
        yield Function(
            "merge_",
            "Applies a JSON merge patch (RFC 7396, section 2) to a stored object.",
            parameters(("p_target", JSONB), ("p_patch", JSONB)),
            render("functions/merge", view),
            returns=JSONB,
            language="sql",
            volatility="immutable",
            inner=True,
        )
    for feature in FEATURES:
        yield from feature.functions(design, render)


def _type(attribute: Attribute) -> str:
    return TEXTS if attribute.many else attribute.kind.sql


def _claim(attribute: Attribute, design: Design) -> Assignment:
    name = literal(attribute.name)
    if attribute.many:
        claim = f"p_caller -> 'attributes' -> {name}"
        value = f"array(select jsonb_array_elements_text({claim}))"
        if attribute.name in _excluding(design):
            # In no list is everything: one that is absent is not an empty one.
            value = f"case when p_caller -> 'attributes' ? {name}\n      then {value} end"
    else:
        text = f"p_caller -> 'attributes' ->> {name}"
        value = text if attribute.kind.textual else f"({text})::{attribute.kind.sql}"
    return Assignment(claim_name(attribute.name), value)


def suspendable(design: Design) -> bool:
    """Does some operation suspend the tenant?"""
    return any(name == SUSPENDED for each in design.operations for name, _ in each.sets)


def asks_environment(design: Design) -> bool:
    """Does a condition look at the environment in which the service runs?"""
    return bool(_asking(design, "environment"))


def _excluding(design: Design) -> frozenset[str]:
    """The lists of the user in which a value must not be."""
    return frozenset(
        condition.right.name
        for condition in design.conditions
        if isinstance(condition.right, Term) and condition.right.many and condition.negated
    )


def _asking(design: Design, source: str) -> frozenset[str]:
    """The roles whose conditions look at the environment, or at an attribute of the user."""
    return frozenset(
        role
        for operation in design.operations
        for each in operation.alternatives
        for condition in each.conditions
        for term in condition.terms
        if term.source == source and (source != "user" or term.name != "id")
        for role in each.roles
    )


def _assurance(design: Design) -> Iterable[Assurance]:
    """Each strength of authentication that roles demand."""
    tests = {
        "any": "p_caller ->> 'mfa' is null",
        "phishing_resistant": "p_caller ->> 'mfa' is distinct from 'phishing_resistant'",
    }
    for level, missing in tests.items():
        needing = tuple(sorted(role.name for role in design.roles if role.mfa == level))
        if needing:
            yield Assurance(missing, listed_roles("", needing))

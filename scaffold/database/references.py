"""What callers may refer to: the rows that they may see, where the spec does not say otherwise."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from scaffold.database.bodies import Render
from scaffold.database.layout import Sql, listed
from scaffold.database.predicates import Predicates
from scaffold.database.rows import view_name
from scaffold.database.schema import Function
from scaffold.database.signatures import CALLER, TEXT, UUID, parameters
from scaffold.database.sql import literal
from scaffold.database.tables import reference_name
from scaffold.database.ways import Way, Ways
from scaffold.database.writes import Refer
from scaffold.design.model import Column, Design, Entity, Operation
from scaffold.design.visibility import asked, readers
from scaffold.naming import article


@dataclass(frozen=True, slots=True)
class ReferredView:
    """What is told to referred.sql: `known` is the test that a caller may see the row `r`."""

    table: str
    ways: tuple[Way, ...]
    known: Sql


def name(entity: str) -> str:
    """The name of the function that asks whether a caller may refer to a row of a resource."""
    return f"{entity}_referred_"


def refer(design: Design, entity: Entity, operation: Operation) -> Refer:
    """What an operation sets a reference to: what is sent, once it is asked about if need be."""

    def value(column: Column, sent: str) -> Sql:
        target = column.references
        if target is None or not asked(column, operation, design.entity(target)):
            return sent
        constraint = literal(reference_name(entity.name, column.name))
        return listed(("v_caller", sent, constraint), f"{name(target)}(")

    return value


def function(
    predicates: Predicates, render: Render, entity: Entity, taken: Collection[str]
) -> Function:
    """Asks whether a caller may refer to a row. `taken` are names that no boolean may have."""
    ways = Ways(taken, caller="p_caller", tenant="p_caller.tenant")
    known = predicates.reach(readers(entity), ways.binding("see"), "r")
    return Function(
        name(entity.name),
        f"The id of {article(entity.title)} that the caller may refer to. What is out of their "
        "sight is refused as PostgreSQL refuses what is not there.",
        parameters(CALLER, ("p_id", UUID), ("p_constraint", TEXT)),
        render("functions/referred", ReferredView(view_name(entity), ways.all, known)),
        returns=UUID,
        inner=True,
    )

"""What work after the answer means: which messages there are, and which hooks they call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scaffold import naming
from scaffold.design.model import Design, Operation
from scaffold.design.surface import Fact
from scaffold.features.feature import Called

MESSAGE = "outbox_message"
"""The table of messages that call hooks."""
WRITTEN = frozenset(
    {"state", "due_at", "attempts", "last_status", "last_error", "finished_at", "version"}
    | {"updated_at"}
)
"""The columns that the end of every attempt is written to."""
MODULE = "work.hooks"
"""The module of the package that calls them."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Once the action is committed, a hook is called."""


@dataclass(frozen=True, slots=True)
class Call:
    """A hook that is called: the operation, the developer's function and its module, the class of
    its protocol, and what it is given. `data` is the model of the action's input, or nothing."""

    operation: Operation
    function: str
    given: str
    data: str

    @property
    def module(self) -> str:
        """The developer's module."""
        return self.operation.entity

    @property
    def name(self) -> str:
        """What it is called among those of all resources."""
        return f"after_{self.operation.id}"

    @property
    def protocol(self) -> str:
        """The class that types it."""
        return naming.camel(self.name)

    @property
    def parameters(self) -> str:
        """Its parameters."""
        return f"committed: {self.given}" + (f", data: {self.data}" if self.data else "")


@dataclass(frozen=True, slots=True)
class View:
    """What the templates are told: what the worker's role reaches, the tables of messages, the
    hooks that are called, and whether what is answered to some is kept in further columns."""

    tables: tuple[str, ...]
    queues: tuple[str, ...]
    calls: tuple[Call, ...]
    results: bool

    @property
    def modules(self) -> tuple[str, ...]:
        """The developer's modules of these."""
        return tuple(sorted({each.module for each in self.calls}))

    @property
    def on_rows(self) -> bool:
        """Is one of them about a row?"""
        return any(each.operation.on_item for each in self.calls)


def deferred(operation: Operation) -> bool:
    """Is a hook called once it is committed?"""
    return operation.trait(Deferred) is not None


def function(action: str) -> str:
    """The developer's function that is called behind an action."""
    return f"after_{action}"


def called(operation: Operation) -> Iterator[Called]:
    """That function, for the stubs."""
    if deferred(operation):
        call = _call(operation)
        yield Called(
            name=call.function,
            summary=f"What follows {naming.words(operation.action)}: called at least once.",
            parameters=call.parameters,
            models=(call.data,) if call.data else (),
            module=MODULE,
            names=(call.given,),
        )


def _call(operation: Operation) -> Call:
    given = "CommittedRow" if operation.on_item else "Committed"
    return Call(operation, function(operation.action), given, operation.body)


def calls(design: Design) -> tuple[Call, ...]:
    """The hooks that are called, in the order of the spec."""
    return tuple(_call(each) for each in design.operations_with(Deferred))


def facts(design: Design) -> Iterator[tuple[str, Fact]]:
    """What happens behind an answer."""
    for each in calls(design):
        yield "operations", (f"{each.operation.permission} after_commit", each.function)


def used(design: Design) -> bool:
    """Is there work for a worker, whatever feature it is of?"""
    from scaffold.database.guards import works  # which asks the features

    return bool(works(design))


def view(design: Design) -> View:
    """The view of a design."""
    from scaffold.database.guards import works

    grants = [each.grant for each in works(design)]
    queues = tuple(each.table for each in grants if each.update)
    results = any(each.update and {*each.update} - WRITTEN for each in grants)
    return View(tuple(each.table for each in grants), queues, calls(design), results)

"""The states of a subscription as data: what each entitles to, and what leads from one to another.

This is the one place: the stored functions, the table in the README and the tests are made of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Entitled = Literal["plan", "trial", "grace", "first"]
"""To its plan; to its plan until the trial ends; until the grace after a missed payment ends; or to
the first plan alone."""

ENTITLED: Final = {
    "plan": "its plan",
    "trial": "its plan until the trial ends, then the first plan",
    "grace": "its plan while the grace after the missed payment lasts, then the first plan",
    "first": "the first plan",
}
"""The same in words."""


@dataclass(frozen=True, slots=True)
class State:
    """A state: what a tenant in it is entitled to, and what it means."""

    name: str
    entitled: Entitled
    meaning: str


@dataclass(frozen=True, slots=True)
class Transition:
    """A subscription may go from `source` to `target`; the empty source is none yet."""

    source: str
    target: str
    cause: str


STATES: Final = (
    State("trialing", "trial", "The plan is tried; nothing is paid yet."),
    State("active", "plan", "The plan is paid, or was given by an operator."),
    State("past_due", "grace", "A payment has failed and is tried again."),
    State("unpaid", "first", "No payment came, and none is tried any more."),
    State("canceled", "first", "The subscription has ended."),
    State("paused", "first", "The subscription rests: nothing is paid."),
    State("incomplete", "first", "The first payment is not made yet."),
    State("disputed", "first", "A payment is disputed: what it paid for is frozen."),
)

DISPUTED: Final = "disputed"
"""The state of a subscription whose payment is disputed."""
BEGINS: Final = ("trialing", "active", "incomplete")
"""The states in which a subscription begins, first or again after it was canceled."""


def _transitions() -> Iterator[Transition]:
    causes = {
        "trialing": "a trial begins",
        "active": "the plan is bought or given",
        "incomplete": "the plan is bought, and its first payment is awaited",
    }
    for each in BEGINS:
        yield Transition("", each, causes[each])
    yield Transition("trialing", "active", "the plan that was tried is bought")
    yield Transition("trialing", "incomplete", "it is bought, and its first payment is awaited")
    yield Transition("trialing", "past_due", "the first payment after the trial fails")
    yield Transition("trialing", "paused", "the trial ends without a way to pay")
    yield Transition("trialing", "canceled", "the trial is given up")
    yield Transition("incomplete", "active", "the first payment is made")
    yield Transition("incomplete", "canceled", "the first payment is never made")
    yield Transition("active", "past_due", "a payment fails")
    yield Transition("active", "paused", "it is put to rest")
    yield Transition("active", "canceled", "it is canceled")
    yield Transition("active", "disputed", "a payment is disputed")
    yield Transition("past_due", "active", "the payment is made after all")
    yield Transition("past_due", "unpaid", "the last attempt fails")
    yield Transition("past_due", "canceled", "it is canceled")
    yield Transition("past_due", "disputed", "a payment is disputed")
    yield Transition("unpaid", "active", "what is owed is paid")
    yield Transition("unpaid", "canceled", "it is canceled")
    yield Transition("unpaid", "disputed", "a payment is disputed")
    yield Transition("paused", "active", "it is taken up again")
    yield Transition("paused", "past_due", "it is taken up again, and the payment fails")
    yield Transition("paused", "canceled", "it is canceled")
    yield Transition("disputed", "active", "the dispute is won or settled")
    yield Transition("disputed", "unpaid", "the dispute is lost")
    yield Transition("disputed", "canceled", "it is canceled")
    for each in BEGINS:
        if each != "trialing":  # nobody tries twice
            yield Transition("canceled", each, f"{causes[each]} again")


TRANSITIONS: Final = tuple(_transitions())


def names() -> tuple[str, ...]:
    """The names of the states."""
    return tuple(each.name for each in STATES)


def entitled(how: Entitled) -> tuple[str, ...]:
    """The states that entitle to this."""
    return tuple(each.name for each in STATES if each.entitled == how)


def to(target: str) -> tuple[str, ...]:
    """The states that lead to one, the empty one among them; each leads to itself."""
    return (*(each.source for each in TRANSITIONS if each.target == target), target)


def table() -> str:
    """The states and transitions as Markdown, for the README."""
    lines = ["| state | means | entitles to | leads to |", "|---|---|---|---|"]
    for state in STATES:
        following = "; ".join(
            f"`{each.target}`: {each.cause}" for each in TRANSITIONS if each.source == state.name
        )
        lines.append(
            f"| `{state.name}` | {state.meaning} | {ENTITLED[state.entitled]} | {following} |"
        )
    begins = "; ".join(f"`{each.target}`: {each.cause}" for each in TRANSITIONS if not each.source)
    lines.append(f"| none yet | No row: where every tenant begins. | the first plan | {begins} |")
    return "\n".join(lines)

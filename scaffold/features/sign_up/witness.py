"""What whoever signs up gets now, and did not get before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scaffold.drift.spec.witness import Asked
from scaffold.drift.witness import Trial, Tried, Witness
from scaffold.features.sign_up.design import SignUp

IMPORTS: Final = ("from tests.contract.test_sign_up import person, sign_up",)
MOST: Final = 10
"""The most tenants that a test makes."""


def gives(asked: Asked) -> Iterator[Witness]:
    """A tenant whose first member has another role."""
    view = {"role": asked.now}
    test = Trial(
        "role_of_sign_up", "sign_up/witness_role.jinja", view, r"assert \[.*\] == ", IMPORTS
    )
    yield Tried(f"whoever signs up is {asked.now} in the new tenant now", test)


def one_more(asked: Asked) -> Iterator[Witness]:
    """One more tenant of one person."""
    found = asked.before.design.trait(SignUp)
    if found is not None and found.most < MOST:
        view = {"most": found.most}
        test = Trial(
            "one_more_sign_up", "sign_up/witness_most.jinja", view, "assert 403 == ", IMPORTS
        )
        yield Tried(f"one person makes {found.most + 1} tenants now", test)

"""API keys in the contract."""

from __future__ import annotations

from scaffold.contract.parts import Components
from scaffold.design.model import Design


def components(design: Design) -> Components:
    """That a key is accepted, and what one looks like."""
    return Components(bearer=f"an API key, {form(design)}")


def form(design: Design) -> str:
    """The form of keys as a regular expression, for scanners of secrets."""
    environments = "|".join(design.environments)
    return f"{design.name}_({environments})_[0-9A-Za-z]{{43}}_[0-9A-Za-z]{{49}}"

"""The key `idempotent` of an action, and of a resource for its creation."""

from typing import Annotated, Literal

from scaffold.spec.base import Model, about

Need = Literal["required", "optional"]


class ActionKeys(Model):
    """Whether an action needs an idempotency key."""

    idempotent: Annotated[Need, about("Whether an Idempotency-Key must be sent.", "required")] = (
        "optional"
    )


class ResourceKeys(Model):
    """Whether a creation needs an idempotency key."""

    idempotent: Annotated[Need, about("Whether create needs an Idempotency-Key.", "required")] = (
        "optional"
    )

"""Types that have a scalar of their own in the emitted service (`types.py` of its package)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .kind import Kind

if TYPE_CHECKING:
    from scaffold.plan.python import Module


@dataclass(frozen=True, slots=True)
class Emitted(Kind):
    """A value that travels as text of one notation, which the emitted scalar reads."""

    read: ClassVar[bool] = True
    SCALAR: ClassVar[str]
    FORMAT: ClassVar[str]
    """The format of JSON Schema."""

    def schema(self) -> dict[str, Any]:
        """Text of the format."""
        return {"type": "string", "format": self.FORMAT}

    def annotation(self, module: Module, name: str) -> str:
        """The scalar."""
        module.types.add(self.SCALAR)
        return self.SCALAR

    def stored_annotation(self, module: Module, name: str) -> str:
        """What the scalar reads."""
        module.stored.add(self.STORED)
        return self.STORED

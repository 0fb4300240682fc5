"""The OpenAPI 3.1 contract, derived from the design and not from the emitted code."""

from scaffold.contract.document import contract

__all__ = ["contract"]

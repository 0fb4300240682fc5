"""What your tests share: the service of the contract tests, with your hooks in it."""

from tests.contract.conftest import database, issuer, service

__all__ = ["database", "issuer", "service"]

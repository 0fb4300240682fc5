"""The invoices of the benchmark, served as people write it by hand."""

from typing import Final

AUDIENCE: Final = "invoicing"
ISSUER: Final = "https://issuer.development.invalid/"
"""The development issuer of the emitted service, which signs every token here."""
TENANT_CLAIM: Final = "organization_id"
MEMBER_CLAIM: Final = "member_id"
"""A claim of the benchmark's own: the emitted service looks members up instead."""
POOL: Final = 20
"""Connections to the database, for every service alike."""
HOST: Final = "benchmark.invalid"
"""The Host of every request."""

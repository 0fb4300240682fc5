"""A secure scaffolding generator: one YAML spec in, a multi-tenant service with its proofs out."""

__version__ = "0.1.0"

"""Clients that other tools generate from the contract, against the running service."""

"""Subscription: The plan of the organization."""

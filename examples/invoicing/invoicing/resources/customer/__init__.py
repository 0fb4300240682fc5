"""Customer: a resource of Invoicing."""

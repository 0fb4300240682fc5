"""Invoice: a resource of Invoicing."""

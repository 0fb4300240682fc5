"""Payment: a resource of Invoicing."""

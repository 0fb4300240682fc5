"""InvoiceLine: a resource of Invoicing."""

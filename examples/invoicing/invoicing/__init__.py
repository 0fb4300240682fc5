"""Invoicing: Invoices and payments for small agencies.

Generated from scaffold.yaml: change the spec and run `scaffold generate`. Your own code
lives in hooks/.
"""

"""What every request passes, in this order.

Shape, identity, limits, permission, precondition, idempotency, work, answer. The first three
are here; permission to work is one call of a stored function, in one transaction.
"""

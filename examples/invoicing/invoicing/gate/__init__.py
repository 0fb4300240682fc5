"""What every request passes, in this order.

Shape, identity, permission, precondition, work, answer. The first two are here; permission to
work is one call of a stored function, in one transaction.
"""

"""Insecure drift: who may do something that they could not do before.

Two states of a project are each read into a *surface*: facts of several layers, each with a stable
key. A fact has a value in an order, and its rule says what the order is. A comparison of the two
surfaces says of each fact whether it narrowed, widened, or cannot be compared.
"""

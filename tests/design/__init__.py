"""Tests of scaffold.design and scaffold.explain."""

"""Tests of scaffold.types."""

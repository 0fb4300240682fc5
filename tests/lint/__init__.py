"""Tests of scaffold.lint."""

"""Kinds of sound effects."""

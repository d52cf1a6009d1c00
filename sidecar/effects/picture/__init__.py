"""Kinds of picture effects."""

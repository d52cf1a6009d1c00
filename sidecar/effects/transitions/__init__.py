"""Kinds of transitions."""

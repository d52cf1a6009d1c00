"""How long tests wait for what is bound to come."""

from __future__ import annotations

PATIENCE = 120.0
"""Seconds after which a wait is a hang: what is waited for takes some seconds at most where nothing else runs."""

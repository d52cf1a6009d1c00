"""Handlers of every command; importing this package fills `sidecar.commands.registry.HANDLERS`."""

from sidecar.commands import render, session, settings, system

__all__ = ["render", "session", "settings", "system"]

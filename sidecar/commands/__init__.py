"""Handlers of every command; importing this package fills `sidecar.commands.registry.HANDLERS`."""

from sidecar.commands import media, project, render, session, settings, system

__all__ = ["media", "project", "render", "session", "settings", "system"]

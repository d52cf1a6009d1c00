"""Handlers of every command; importing this package fills `sidecar.commands.registry.HANDLERS`."""

from sidecar.commands import catalogue, ffmpeg, layouts, media, project, render, session, settings, styles, system

__all__ = ["catalogue", "ffmpeg", "layouts", "media", "project", "render", "session", "settings", "styles", "system"]

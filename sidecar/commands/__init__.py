"""Handlers of every command; importing this package fills `sidecar.commands.registry.HANDLERS`."""

from sidecar.commands import ffmpeg, media, project, render, session, settings, system

__all__ = ["ffmpeg", "media", "project", "render", "session", "settings", "system"]

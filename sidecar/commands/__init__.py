"""Handlers of every command; importing this package fills `sidecar.commands.registry.HANDLERS`."""

from sidecar.commands import (
    cache,
    catalogue,
    ffmpeg,
    gpu,
    layouts,
    media,
    project,
    project_media,
    render,
    session,
    settings,
    styles,
    system,
)

__all__ = [
    "cache",
    "catalogue",
    "ffmpeg",
    "gpu",
    "layouts",
    "media",
    "project",
    "project_media",
    "render",
    "session",
    "settings",
    "styles",
    "system",
]

"""Handlers of every command; importing this package fills `sidecar.commands.registry.HANDLERS`."""

from sidecar.commands import (
    analysis,
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
    waveform,
)

__all__ = [
    "analysis",
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
    "waveform",
]

"""The command table: the single source of dispatch, discovery, clients, documentation and capabilities."""

from protocol.commands import (
    analysis,
    cache,
    catalogue,
    ffmpeg,
    filmstrip,
    gpu,
    layouts,
    media,
    project,
    project_media,
    proxy,
    render,
    session,
    settings,
    styles,
    system,
    waveform,
)
from protocol.commands.command import Command, Empty, Example, Load, Nothing, Params

COMMANDS: tuple[Command, ...] = (
    *session.COMMANDS,
    *system.COMMANDS,
    *settings.COMMANDS,
    *cache.COMMANDS,
    *project.COMMANDS,
    *project_media.COMMANDS,
    *media.COMMANDS,
    *filmstrip.COMMANDS,
    *proxy.COMMANDS,
    *waveform.COMMANDS,
    *analysis.COMMANDS,
    *render.COMMANDS,
    *ffmpeg.COMMANDS,
    *gpu.COMMANDS,
    *catalogue.COMMANDS,
    *styles.COMMANDS,
    *layouts.COMMANDS,
)
"""Every method that is built. What is not built is not here, and so is advertised nowhere."""

TABLE: dict[str, Command] = {command.name: command for command in COMMANDS}

__all__ = ["COMMANDS", "TABLE", "Command", "Empty", "Example", "Load", "Nothing", "Params"]

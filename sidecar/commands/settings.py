"""settings.get and settings.set."""

from __future__ import annotations

from protocol.commands.settings import SettingsApplied, SettingsGet, SettingsSet, SettingsState
from sidecar.commands.call import Call
from sidecar.commands.registry import command


@command("settings.get")
async def get(params: SettingsGet, call: Call) -> SettingsState:
    """Return settings and where each comes from."""
    return call.services.settings.state(params.keys)


@command("settings.set")
async def set_(params: SettingsSet, call: Call) -> SettingsApplied:
    """Change settings: all of them or none."""
    return call.services.settings.set(params.settings, persist=params.persist)

"""Which module has which commands, and the table that imports one when its commands are first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from protocol.commands.command import Command

AREAS: dict[str, tuple[str, ...]] = {
    "session": ("initialize", "shutdown", "exit", "rpc.discover", "events.subscribe", "events.unsubscribe"),
    "system": ("system.info", "system.health", "system.trace", "fonts.list"),
    "settings": ("settings.get", "settings.set"),
    "cache": (
        "cache.stats",
        "cache.limits",
        "cache.setLimits",
        "cache.projects",
        "cache.hasProject",
        "cache.metadata",
        "cache.clear",
        "cache.preload",
        "cache.verify",
    ),
    "project": (
        "project.open",
        "project.load",
        "project.update",
        "project.get",
        "project.close",
        "project.save",
        "project.validate",
        "project.analyze",
    ),
    "project_media": ("project.media", "project.relink"),
    "media": ("media.probe", "media.keyframes", "media.concat"),
    "filmstrip": ("media.filmstrip",),
    "proxy": ("media.proxy",),
    "waveform": ("media.waveform",),
    "analysis": ("media.analyze",),
    "preview": ("preview.frame", "preview.batch"),
    "preview_play": ("preview.play", "preview.stop"),
    "preview_files": (
        "preview.storyboard",
        "preview.clip",
        "preview.gif",
        "preview.waveform",
        "preview.filter",
        "preview.subtitles",
    ),
    "render": (
        "render.start",
        "render.cancel",
        "render.pause",
        "render.resume",
        "render.move",
        "render.remove",
        "render.job",
        "render.jobs",
        "render.plan",
        "render.presets",
    ),
    "ffmpeg": ("ffmpeg.capabilities", "ffmpeg.command"),
    "gpu": ("gpu.list", "gpu.encoders", "gpu.benchmark"),
    "metrics": ("metrics.snapshot", "metrics.operations", "metrics.history", "metrics.prometheus"),
    "alerts": (
        "alerts.thresholds",
        "alerts.setThresholds",
        "alerts.active",
        "alerts.history",
        "alerts.silence",
        "alerts.unsilence",
        "alerts.silences",
    ),
    "catalogue": ("effects.list", "transitions.list"),
    "styles": ("styles.list", "titles.list"),
    "layouts": ("layouts.list",),
}
"""Every method that is built, in the order of the documentation, by the module `protocol.commands.<area>` that declares
it; `sidecar.commands.<area>` serves it. What is not built is not here, and so is advertised nowhere."""

AREA_OF: dict[str, str] = {name: area for area, names in AREAS.items() for name in names}


class Table(Mapping[str, Command]):
    """Commands by name. A start that knew them all would take longer with every command that is added."""

    def __init__(self) -> None:
        self._records: dict[str, Command] = {}

    def __getitem__(self, name: str) -> Command:
        if name not in self._records:
            self._records |= _records(AREA_OF[name])
        return self._records[name]

    def __iter__(self) -> Iterator[str]:
        return iter(AREA_OF)

    def __len__(self) -> int:
        return len(AREA_OF)

    def __contains__(self, name: object) -> bool:
        return name in AREA_OF


def _records(area: str) -> dict[str, Command]:
    """Import an area; raises ValueError where it declares other commands than `AREAS` says."""
    declared: tuple[Command, ...] = import_module(f"protocol.commands.{area}").COMMANDS
    records = {command.name: command for command in declared}
    if tuple(records) != AREAS[area]:
        raise ValueError(f"protocol.commands.{area} declares {', '.join(records)}; AREAS names {AREAS[area]}")
    return records

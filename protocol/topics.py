"""Which payload every topic carries."""

from __future__ import annotations

from protocol.commands.alerts import AlertEvent
from protocol.commands.cache import CacheChanged
from protocol.commands.metrics import MetricsSnapshot
from protocol.commands.preview.play import PlayState
from protocol.commands.project_media import MediaChanged
from protocol.commands.render import RenderProgress, RenderStateChanged, SegmentsChanged
from protocol.commands.settings import SettingsChanged
from protocol.events import LogLine, ProjectChanged, SystemState
from protocol.model import Result

PAYLOADS: dict[str, type[Result]] = {
    "render.progress": RenderProgress,
    "render.state": RenderStateChanged,
    "render.segments": SegmentsChanged,
    "project.changed": ProjectChanged,
    "media.changed": MediaChanged,
    "cache.changed": CacheChanged,
    "play.state": PlayState,
    "metrics": MetricsSnapshot,
    "alerts": AlertEvent,
    "settings.changed": SettingsChanged,
    "log": LogLine,
    "system": SystemState,
}
"""Every topic of `protocol.events.Topic`, with the struct of its payload."""

"""Which payload every topic carries."""

from __future__ import annotations

from protocol.commands.render import Job, RenderProgress, SegmentState
from protocol.commands.shared import SettingsJson
from protocol.events import LogLine, ProjectChanged, SystemState
from protocol.model import Result


class RenderStateChanged(Result):
    """Payload of render.state: the job as it is now."""

    job: Job


class SegmentChange(Result):
    """A segment that entered another state."""

    index: int
    state: SegmentState


class SegmentsChanged(Result):
    """Payload of render.segments: what has changed since the last of them."""

    job_id: str
    changes: list[SegmentChange]


class SettingsChanged(Result):
    """Payload of settings.changed: the keys that changed, and every value now in force."""

    keys: list[str]
    settings: SettingsJson


PAYLOADS: dict[str, type[Result]] = {
    "render.progress": RenderProgress,
    "render.state": RenderStateChanged,
    "render.segments": SegmentsChanged,
    "project.changed": ProjectChanged,
    "settings.changed": SettingsChanged,
    "log": LogLine,
    "system": SystemState,
}
"""Every topic of `protocol.events.Topic`, with the struct of its payload."""

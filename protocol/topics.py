"""Which payload every topic carries."""

from __future__ import annotations

from protocol.commands.cache import CacheChanged
from protocol.commands.media import MediaInfo
from protocol.commands.project_media import MediaState
from protocol.commands.render import Job, RenderProgress, SegmentState
from protocol.commands.shared import SettingsJson
from protocol.errors.base import ErrorData
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


class MediaChanged(Result):
    """Payload of media.changed: what has become of a file of an open project.

    `path` is the file of the entries `ids` of its bin. `info` is there when it is ready, or changed and read again.
    """

    path: str
    state: MediaState
    info: MediaInfo | None
    error: ErrorData | None
    project_id: str
    ids: list[str]


PAYLOADS: dict[str, type[Result]] = {
    "render.progress": RenderProgress,
    "render.state": RenderStateChanged,
    "render.segments": SegmentsChanged,
    "project.changed": ProjectChanged,
    "media.changed": MediaChanged,
    "cache.changed": CacheChanged,
    "settings.changed": SettingsChanged,
    "log": LogLine,
    "system": SystemState,
}
"""Every topic of `protocol.events.Topic`, with the struct of its payload."""

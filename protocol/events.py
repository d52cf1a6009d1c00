"""Topics of events and what they carry."""

from __future__ import annotations

from typing import Any, Literal

from protocol.model import Result

Topic = Literal[
    "render.progress",
    "render.state",
    "render.segments",
    "project.changed",
    "media.changed",
    "cache.changed",
    "play.state",
    "metrics",
    "alerts",
    "settings.changed",
    "log",
    "system",
]
"""Topics that are published now; more join with the services that publish them."""

STATE_TOPICS: frozenset[str] = frozenset(
    {"render.progress", "cache.changed", "play.state", "metrics", "settings.changed", "system"}
)
"""Topics whose latest payload alone matters: a slow reader gets only that."""

FILE_TOPICS: frozenset[str] = frozenset({"media.changed"})
"""Topics of which a slow reader gets the latest of each file, of up to 10,000 files."""

KEPT_TOPICS: frozenset[str] = frozenset({"log", "render.state"})
"""Topics of which nothing is dropped below 10,000 waiting."""


class Event(Result):
    """Params of `$/event`. `seq` counts per subscription; a gap means that something was dropped."""

    subscription: str
    topic: str
    seq: int
    payload: Any


class ChangedRanges(Result):
    """Half-open frame ranges whose picture or sound changed."""

    picture: list[tuple[int, int]]
    sound: list[tuple[int, int]]


class ProjectChanged(Result):
    """Payload of project.changed; `by` is the name of the client that did it."""

    project_id: str
    revision: int
    by: str
    changed: ChangedRanges
    saved: bool


class LogLine(Result):
    """Payload of log."""

    at: str
    level: str
    message: str
    trace_id: str | None
    fields: dict[str, Any]


class SystemState(Result):
    """Payload of system."""

    state: Literal["running", "shuttingDown"]
    detail: str | None

"""The sidecar itself: what it runs on, how it is, its log; and the fonts at hand."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from protocol.commands.command import Command, Empty, Example, Params
from protocol.commands.session import FfmpegSummary, Paths
from protocol.model import Result


class Memory(Result):
    """Bytes; inside a container its limit is the total."""

    total: int
    available: int


class SystemInfo(Result):
    """Versions, the machine, and where things lie."""

    version: str
    python: str
    platform: str
    machine: str
    cores: int
    memory: Memory
    pid: int
    instance_id: str
    started_at: str
    uptime: float
    ffmpeg: FfmpegSummary | None
    libraries: dict[str, str]
    paths: Paths
    isolation: list[str]


class HealthCheck(Result):
    """One check; `advice` says what to do about it."""

    name: str
    state: Literal["ok", "warning", "failed"]
    detail: str
    advice: str | None


class Health(Result):
    """The worst state of all checks, and each."""

    state: Literal["ok", "warning", "failed"]
    checks: list[HealthCheck]


class TraceQuery(Params, kw_only=True):
    """A trace id, as every error carries it."""

    trace_id: Annotated[str, Meta(min_length=1, max_length=64)]
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 200


class Trace(Result):
    """Log lines of one trace, oldest first; home folders are written as ~."""

    lines: list[dict[str, Any]]
    truncated: bool


class FontFace(Result):
    """A font that titles and cues can name."""

    family: str
    weight: int
    italic: bool
    path: str
    source: Literal["bundled", "system", "project"]


class FontList(Result):
    """Faces at hand, and the family used where one is missing."""

    fonts: list[FontFace]
    default: str


class FontQuery(Params, kw_only=True):
    """Only faces of families that contain this text, if given."""

    contains: str | None = None


COMMANDS = (
    Command("system.info", Empty, SystemInfo, "Say what runs here, and on what.", Example({})),
    Command("system.health", Empty, Health, "Check FFmpeg, encoders, fonts, disk and folders.", Example({})),
    Command(
        "system.trace",
        TraceQuery,
        Trace,
        "Fetch the log lines of a trace id.",
        Example({"traceId": "0123456789abcdef"}),
    ),
    Command("fonts.list", FontQuery, FontList, "List the fonts at hand.", Example({"contains": "Roboto"})),
)

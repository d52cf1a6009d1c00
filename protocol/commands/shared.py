"""Shapes that several commands take or answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from protocol.model import Model, Result
from protocol.time import Seconds

# `shape` is the type that generated clients give to JSON which is checked after decoding.
ProjectJson = Annotated[dict[str, Any], Meta(extra={"shape": "ProjectInput"})]
ExportJson = Annotated[dict[str, Any], Meta(extra={"shape": "ExportInput"})]
SettingsJson = Annotated[dict[str, Any], Meta(extra={"shape": "Partial<Settings>"})]

CacheKind = Literal["frames", "filmstrips", "waveforms", "metadata", "analysis", "segments", "sound", "proxies", "play"]


class ProjectRef(Model):
    """A project by `id` (opened), `path` (a file) or `inline`; exactly one of the three.

    `revision` that is not the current one is `projectConflict`. `base_path` is the folder that relative paths of an
    inline project start from.
    """

    id: str | None = None
    revision: int | None = None
    path: str | None = None
    inline: ProjectJson | None = None
    base_path: str | None = None


FrameNumber = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""A frame by its number, from 0."""


class When(Model):
    """An instant as a frame number or in seconds; exactly one."""

    frame: FrameNumber | None = None
    time: Seconds | None = None


class Range(Model, rename={"from_": "from"}):
    """From one instant up to, not including, another."""

    from_: When
    to: When


class Resource(Result):
    """Bytes that are fetched by HTTP: `url` is complete, and is all that is needed to fetch them.

    `bytes` is the size (of what may grow: the size so far), `width` and `height` are of a picture, in pixels. What is
    `immutable` never changes under its URL and may answer 410 once it has left the cache: ask for it again. A
    `session` one lives as long as the sidecar.
    """

    url: str
    content_type: str
    bytes: int
    width: int | None
    height: int | None
    lifetime: Literal["immutable", "session"]

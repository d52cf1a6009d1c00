"""media.proxy: a small file that stands for one that is heavy to decode."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.reading import READING
from protocol.commands.shared import Resource
from protocol.errors import (
    DiskFull,
    FfmpegCrashed,
    FfmpegFailed,
    FfmpegNotFound,
    OutputUnwritable,
    SourceChanged,
    Stalled,
)
from protocol.model import Result


class MediaProxy(Params, kw_only=True):
    """`height` null is the setting `proxyHeight`.

    `adopt`: a small file that the camera wrote beside the large one will do. `make` false only looks for what is there.
    """

    path: str
    video_stream: Annotated[int, Meta(ge=0, le=63)] = 0
    height: Annotated[int, Meta(ge=90, le=2_160)] | None = None
    adopt: bool = True
    make: bool = True


class Proxy(Result):
    """A proxy, or why there is none.

    `origin`: made here, or by the camera. Every frame of the file has one in the proxy, at the same time from the
    file's start; what was made is SDR of BT.709, upright, with square pixels, and its sound streams stand in the
    file's order. `reason` says why none is needed ("small": the file is at most 1.3 times as high; "still"), or why one
    would not do ("alpha": what is transparent would be lost). `path` is that of a camera's file; what was made lies in
    the cache. `cached`: it was there before. Members are null where there is no proxy.
    """

    state: Literal["ready", "missing", "notNeeded"]
    origin: Literal["made", "camera"] | None
    reason: Literal["small", "still", "alpha"] | None
    resource: Resource | None
    path: str | None
    width: int | None
    height: int | None
    frames: int | None
    cached: bool


COMMANDS = (
    Command(
        "media.proxy",
        MediaProxy,
        Proxy,
        "Make, or find, a small file that stands for one that is heavy to decode.",
        Example({"path": "clip.mp4", "height": 90}),
        raises=(
            *READING,
            SourceChanged,
            FfmpegNotFound,
            FfmpegFailed,
            FfmpegCrashed,
            Stalled,
            OutputUnwritable,
            DiskFull,
        ),
        load="jobs",
        progress=True,
    ),
)

"""preview.clip: a small clip of a part of a project or of a file."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.preview.files import MAKING
from protocol.commands.shared import ProjectRef, Range, Resource
from protocol.model import Result
from protocol.problem import Problem
from protocol.time import ExactTime

LONGEST_CLIP = 600
"""Seconds, at most."""


class PreviewClip(Params, kw_only=True):
    """Exactly one of `project` and `path`; `range` null is all of it, at most ten minutes.

    The picture is `width` pixels wide, or as wide as it is, and has its shape. `output` is a file that it is written
    to as well.
    """

    project: ProjectRef | None = None
    path: str | None = None
    range: Range | None = None
    width: Annotated[int, Meta(ge=64, le=1_920)] = 480
    container: Literal["mp4", "webm"] = "mp4"
    quality: Annotated[int, Meta(ge=0, le=100)] = 60
    sound: bool = True
    output: str | None = None
    overwrite: bool = False


class PreviewedClip(Result):
    """A clip: H.264 and AAC in MP4, VP9 and Opus in WebM.

    It begins with the frame `frame` of the project, at `time`. `cached`: it was made before. `written` are the files
    that were asked for.
    """

    clip: Resource
    frame: int
    time: ExactTime
    frames: int
    duration: ExactTime
    frame_rate: str
    width: int
    height: int
    sound: bool
    problems: list[Problem]
    cached: bool
    written: list[str]


COMMANDS = (
    Command(
        "preview.clip",
        PreviewClip,
        PreviewedClip,
        "Make a small clip of a part of a project or a file, picture and sound.",
        Example({"path": "clip.mp4", "range": {"from": {"time": 1}, "to": {"time": 2}}, "width": 160}),
        raises=MAKING,
        load="previews",
        progress=True,
    ),
)

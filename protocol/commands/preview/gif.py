"""preview.gif: an animated GIF of a part of a project or of a file."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.preview.files import MAKING
from protocol.commands.shared import ProjectRef, Range, Resource
from protocol.model import Result
from protocol.problem import Problem
from protocol.time import ExactTime

LONGEST_GIF = 60
"""Seconds, at most."""


class PreviewGif(Params, kw_only=True):
    """Exactly one of `project` and `path`; `range` null is all of it, at most a minute.

    `fps` frames a second, no more than the project has; `loop` 0 is for ever, -1 once, else so many times more.
    A GIF of more than `max_bytes` is made again with fewer colours, then smaller, then with fewer frames.
    """

    project: ProjectRef | None = None
    path: str | None = None
    range: Range | None = None
    width: Annotated[int, Meta(ge=16, le=1_920)] = 480
    fps: Annotated[int, Meta(ge=1, le=50)] = 12
    colors: Annotated[int, Meta(ge=4, le=256)] = 256
    dither: Literal["none", "bayer", "diffusion"] = "diffusion"
    loop: Annotated[int, Meta(ge=-1, le=65_535)] = 0
    max_bytes: Annotated[int, Meta(ge=1_000, le=2**31)] | None = None
    output: str | None = None
    overwrite: bool = False


class PreviewedGif(Result):
    """A GIF, and what it came to be made with; `attempts` counts how often it was encoded until it was small enough."""

    gif: Resource
    frame: int
    time: ExactTime
    frames: int
    duration: ExactTime
    frame_rate: str
    width: int
    height: int
    colors: int
    dither: Literal["none", "bayer", "diffusion"]
    attempts: int
    problems: list[Problem]
    cached: bool
    written: list[str]


COMMANDS = (
    Command(
        "preview.gif",
        PreviewGif,
        PreviewedGif,
        "Make an animated GIF of a part of a project or a file, no larger than asked.",
        Example({"path": "clip.mp4", "range": {"from": {"time": 1}, "to": {"time": 2}}, "width": 120, "fps": 5}),
        raises=MAKING,
        load="previews",
        progress=True,
    ),
)

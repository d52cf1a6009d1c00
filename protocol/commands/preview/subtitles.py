"""preview.subtitles: a frame of a project or of a file with cues in some style."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.preview.files import MAKING
from protocol.commands.preview.shared import DEMO_REF, PreviewSide, Quality
from protocol.commands.shared import FrameNumber, ProjectRef, Resource
from protocol.model import Model, Result
from protocol.problem import Problem
from protocol.project import Position, Style
from protocol.project.styles import PRESETS
from protocol.time import ExactTime, Seconds


class SampleCue(Model, kw_only=True):
    """A text that is shown; what its style leaves open comes from that of all."""

    text: Annotated[str, Meta(min_length=1, max_length=10_240)]
    style: Style = Style()
    position: Position | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a preset that there is not."""
        check_preset(self.style)


class PreviewSubtitles(Params, kw_only=True):
    """Exactly one of `project` and `path`, and of `frame` and `time`.

    `cues` take the place of a project's own; without any, its own that are on screen are shown. `style` and
    `position` come before those of tracks, and after those of cues. Lengths are project pixels, of a file those of
    its picture. `output` is a file that the picture is written to as well.
    """

    project: ProjectRef | None = None
    path: str | None = None
    cues: Annotated[list[SampleCue], Meta(max_length=100)] = []
    style: Style = Style()
    position: Position | None = None
    frame: FrameNumber | None = None
    time: Seconds | None = None
    width: PreviewSide | None = None
    height: PreviewSide | None = None
    format: Literal["jpeg", "webp", "png"] = "png"
    quality: Quality = 80
    output: str | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a preset that there is not."""
        check_preset(self.style)


class SubtitlePreview(Result):
    """The picture; `exact`: it is what a render would show with these cues."""

    image: Resource
    frame: int
    time: ExactTime
    width: int
    height: int
    exact: bool
    problems: list[Problem]
    written: list[str]


def check_preset(style: Style) -> None:
    """Raise ValueError for a preset that there is not, with the nearest."""
    preset = style.preset
    if preset is None or preset in PRESETS:
        return
    nearest = get_close_matches(preset[:80], PRESETS, n=1)
    meant = f"; the nearest is {nearest[0]}" if nearest else ""
    raise ValueError(f"there is no style of that name{meant}")


COMMANDS = (
    Command(
        "preview.subtitles",
        PreviewSubtitles,
        SubtitlePreview,
        "Show a frame of a project or a file with cues in some style.",
        Example({"project": DEMO_REF, "cues": [{"text": "Hello"}], "style": {"preset": "bold-box"}, "time": 1}),
        raises=MAKING,
        load="previews",
    ),
)

"""preview.waveform: the mix of a project, or the sound of a file, as peaks and as a picture."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.preview.files import MAKING
from protocol.commands.preview.shared import DEMO_REF
from protocol.commands.shared import ProjectRef, Range, Resource
from protocol.commands.waveform import SamplesPerPixel, Waveform
from protocol.model import Result
from protocol.problem import Problem
from protocol.project.words import HexColor


class PreviewWaveform(Params, kw_only=True):
    """Exactly one of `project` and `path`; of a file a `range` is in seconds, and its first sound stream is taken.

    Peaks are as of media.waveform; those of a project are of what a render mixes, after its effects and volumes. With
    `width` there is a picture too, as many pixels wide: within the root mean square in `color`, up to the peaks at
    half strength, over `background`. `output` is a file that is written as well: `.png`, `.dat` or `.json`.
    """

    project: ProjectRef | None = None
    path: str | None = None
    range: Range | None = None
    samples_per_pixel: SamplesPerPixel = 256
    channels: Literal["mix", "each"] = "mix"
    bits: Literal[8, 16] = 16
    inline: bool = False
    width: Annotated[int, Meta(ge=16, le=8_192)] | None = None
    height: Annotated[int, Meta(ge=16, le=4_096)] = 160
    color: HexColor = "#3B82F6"
    background: HexColor = "#00000000"
    output: str | None = None
    overwrite: bool = False


class PreviewedWaveform(Result):
    """Peaks, and the picture of them where one was asked for (PNG). `start` of the peaks counts from the project's."""

    waveform: Waveform
    picture: Resource | None
    problems: list[Problem]
    written: list[str]


COMMANDS = (
    Command(
        "preview.waveform",
        PreviewWaveform,
        PreviewedWaveform,
        "Compute the peaks of a project's mix, or of a file's sound, and draw them.",
        Example({"project": DEMO_REF, "samplesPerPixel": 4096, "width": 400}),
        raises=MAKING,
        load="previews",
        progress=True,
    ),
)

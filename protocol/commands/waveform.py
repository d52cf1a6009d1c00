"""The sound of a file as peaks."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.reading import READING, SecondsRange
from protocol.commands.shared import Resource
from protocol.errors import DiskFull, InvalidParams, OutputUnwritable, ResourceLimit, SourceChanged
from protocol.model import Result
from protocol.time import ExactTime

MOST_INLINE = 20_000
"""Pixels times channels that a result may hold itself."""

SamplesPerPixel = Literal[
    64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576
]


class MediaWaveform(Params, kw_only=True):
    """`range` takes the pixels of which any part lies in it, on a grid that begins with the stream's first sample.

    `mix` is the average of the channels, `each` has every channel by itself. `inline`: also in the result, up to
    20,000 pixels times channels.
    """

    path: str
    audio_stream: Annotated[int, Meta(ge=0, le=63)] = 0
    range: SecondsRange | None = None
    samples_per_pixel: SamplesPerPixel = 256
    channels: Literal["mix", "each"] = "mix"
    bits: Literal[8, 16] = 16
    inline: bool = False


class WaveformChannel(Result):
    """One value a pixel each: lowest, highest, root mean square."""

    min: list[int]
    max: list[int]
    rms: list[int]


class Waveform(Result):
    """Peaks by audiowaveform's definition.

    `dat` is its binary format, version 2, `json` the same as text; `rms` has the header of `dat`, then one value a
    pixel and channel. `length` counts the pixels of a channel, `duration` is theirs, `start` is when the first of them
    sounds. `levels` are the values of `samplesPerPixel` that cost no decoding any more.
    """

    sample_rate: int
    samples_per_pixel: int
    channels: int
    length: int
    bits: int
    start: ExactTime
    duration: ExactTime
    dat: Resource
    json: Resource
    rms: Resource
    levels: list[int]
    data: list[WaveformChannel] | None
    cached: bool


COMMANDS = (
    Command(
        "media.waveform",
        MediaWaveform,
        Waveform,
        "Compute the peaks of a file's sound: lowest, highest, root mean square. "
        "Items of progress are {channel, from, min, max}.",
        Example({"path": "clip.mp4", "samplesPerPixel": 1024, "inline": True}),
        raises=(*READING, SourceChanged, InvalidParams, ResourceLimit, OutputUnwritable, DiskFull),
        load="jobs",
        progress=True,
    ),
)

"""The sound of a file as a picture."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.model import Model
from protocol.project.words import HexColor
from protocol.time import Seconds, parse_seconds
from sidecar.core.source import SourceFacts
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.excerpt import PLAIN, QUIET, length_of, sound_of, target
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.sound.sources import decode


class Waveform(Model, kw_only=True):
    """`colors` are those of the channels in order, the last for all that follow; `split` draws each by itself.

    `background` null is transparent. `from` and `duration` (seconds) choose a part, null to the end.
    """

    path: str
    audio_stream: Annotated[int, Meta(ge=0, le=63)] = 0
    width: Annotated[int, Meta(ge=16, le=16_384)] = 1200
    height: Annotated[int, Meta(ge=16, le=4096)] = 240
    colors: Annotated[tuple[HexColor, ...], Meta(min_length=1, max_length=8)] = ("#3B82F6",)
    background: HexColor | None = None
    split: bool = False
    scale: Literal["lin", "log", "sqrt", "cbrt"] = "lin"
    start: Seconds = 0
    duration: Seconds | None = None


def build_waveform(parameters: Waveform, facts: SourceFacts, output: str) -> Command:
    """Build the command that writes one PNG."""
    sound = sound_of(facts, parameters.audio_stream)
    start = parse_seconds(parameters.start)
    wanted = None if parameters.duration is None else parse_seconds(parameters.duration)
    length = length_of(facts, start, wanted)
    stream = decode(facts, sound, sound.sample_rate)
    first = round(start * sound.sample_rate)
    stream = node("atrim", stream, start_sample=first, end_sample=first + max(1, round(length * sound.sample_rate)))
    colors = [f"0x{color[1:]}" for color in parameters.colors]
    colors += [colors[-1]] * max(0, sound.channels - len(colors))
    drawn: Stream = node(
        "showwavespic",
        stream,
        medium="video",
        s=f"{parameters.width}x{parameters.height}",
        split_channels=int(parameters.split),
        colors="|".join(colors),
        scale=parameters.scale,
        draw="full",
        filter="peak",
    )
    if parameters.background is not None:
        shape = f"{parameters.width}x{parameters.height}"
        ground = node("color", medium="video", c=f"0x{parameters.background[1:]}", s=shape, r=1)
        ground = node("format", ground, pix_fmts="gbrap")
        drawn = node("overlay", ground, drawn, format="gbrp", shortest=1)
    return Command(
        outputs=(
            Output(
                (drawn,),
                (("frames:v", "1"), ("c:v", "png"), ("pix_fmt", "rgba"), ("f", "image2"), ("update", "1"), *PLAIN),
                target(output),
            ),
        ),
        globals_=QUIET,
        frames=1,
    )

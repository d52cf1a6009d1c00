"""A play as it is sent: raw pictures and the mix come in through pipes, an encoded stream goes out as it is made.

The settings were measured: these are in step to the sample and begin within 200 ms. Fragments of every frame after an
empty head (`empty_moov`) are not, and lose frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from protocol.project import Export, VideoExport
from protocol.project.export import PixelFormat
from protocol.project.formats import has_alpha
from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.picture.convert import convert, working
from sidecar.ffmpeg.builder.sound.channels import LAYOUTS
from sidecar.ffmpeg.builder.sound.export import Levelling, levelled, levelling_of
from sidecar.ffmpeg.builder.sound.rows import counted, raw_input
from sidecar.ffmpeg.builder.sound.speed import STRETCH_RATE, delay, kind_of

PlayPicture = Literal["vp9", "vp8", "h264"]
PlayContainer = Literal["webm", "mp4"]

PLAY_ENCODERS: dict[PlayPicture, str] = {"vp9": "libvpx-vp9", "vp8": "libvpx", "h264": "libx264"}
SOUND_ENCODERS: dict[PlayContainer, str] = {"webm": "libopus", "mp4": "aac"}

CHANNELS = 2
SOUND_RATE = 48_000

LEAD_SECONDS = Fraction(1, 10)
"""Seconds of silence that stretched sound is to be given first: in them the stretcher gets into its stride."""

USUAL_BITS = 1_500_000
USUAL_PIXELS = 640 * 360 * 30
"""A bitrate, and the pixels a second that it is for."""

LEAST_BITS, MOST_BITS = 400_000, 12_000_000

MOST_OVER = 2
"""Times the bitrate, at most, for a while: what H.264 is held to, where quality is what is asked for."""

GROUP_SECONDS = 2

ALONE_PIXELS = 1920 * 1080 * 30
"""Pixels a second that one thread encodes as VP8."""

_LEVELS = (
    (30, 40_500, 1_620, 10_000_000),
    (31, 108_000, 3_600, 14_000_000),
    (32, 216_000, 5_120, 20_000_000),
    (40, 245_760, 8_192, 20_000_000),
    (41, 245_760, 8_192, 50_000_000),
    (42, 522_240, 8_704, 50_000_000),
    (50, 589_824, 22_080, 135_000_000),
    (51, 983_040, 36_864, 240_000_000),
    (52, 2_073_600, 36_864, 240_000_000),
    (60, 4_177_920, 139_264, 240_000_000),
    (61, 8_355_840, 139_264, 480_000_000),
    (62, 16_711_680, 139_264, 800_000_000),
)
"""Levels of H.264 (table A-1): number, macroblocks a second and a picture, bits a second, each at most."""

Options = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class PlaySound:
    """The sound beside: where floats come from, at the project's rate and layout, and how fast they are played."""

    source: str
    speed: Fraction


def play_command(
    timeline: Timeline,
    export: Export,
    *,
    size: tuple[int, int],
    rate: Fraction,
    source: str,
    sound: PlaySound | None,
    picture: PlayPicture,
) -> Command:
    """Build the command that encodes a play to stdout: frames in the export's pixel format at `rate` from `source`.

    The mix is brought to two channels, and held below the export's ceiling where it has one; loudness, which is known
    only once all is mixed, is not brought to its target.
    """
    pixel_format = (export.video or VideoExport()).pixel_format
    streams: list[Stream] = [_picture(source, pixel_format, size, rate)]
    options: Options = _picture_options(picture, size, rate)
    container = container_of(picture)
    if sound is not None:
        streams.append(_sound(sound, timeline, export))
        options += (("c:a", SOUND_ENCODERS[container]), ("b:a", "128k"), ("ar", str(SOUND_RATE)))
    return Command((Output(tuple(streams), (*options, *_container_options(container)), "pipe:1"),))


def container_of(picture: PlayPicture) -> PlayContainer:
    """Return what a picture is sent in."""
    return "mp4" if picture == "h264" else "webm"


def level_of(size: tuple[int, int], rate: Fraction) -> int:
    """Return ten times the H.264 level that a play of a size is made for: the lowest that allows it, or the highest."""
    wide, high = (-(-side // 16) for side in size)
    for level, blocks_a_second, blocks, bits in _LEVELS:
        if (
            wide * high <= blocks
            and max(wide, high) ** 2 <= 8 * blocks
            and ceil(wide * high * rate) <= blocks_a_second
            and MOST_OVER * _bits(size, rate) <= bits
        ):
            return level
    return _LEVELS[-1][0]


def lead_samples(speed: Fraction, rate: int) -> int:
    """Return how many samples of silence stretched sound is to be given first."""
    return 0 if speed == 1 else round(LEAD_SECONDS * rate)


def _picture(source: str, pixel_format: PixelFormat, size: tuple[int, int], rate: Fraction) -> Stream:
    raw = Input(
        source,
        (
            ("protocol_whitelist", "pipe"),
            # What is known needs no looking at: FFmpeg would wait for more than it is given.
            ("probesize", "32"),
            ("analyzeduration", "0"),
            ("f", "rawvideo"),
            ("pixel_format", pixel_format),
            ("video_size", f"{size[0]}x{size[1]}"),
            ("framerate", f"{rate.numerator}/{rate.denominator}"),
        ),
    )
    stream: Stream = InputStream(raw, "video", 0)
    if pixel_format != "yuv420p":
        color = working(pixel_format)
        if has_alpha(pixel_format):
            # Over black.
            stream = node("premultiply", stream, inplace=1)
        stream = node("setparams", stream, range=color.range, colorspace="gbr" if pixel_format == "gbrp" else "bt709")
        stream = convert(stream, "yuv420p", color=color)
    return node(
        "setparams",
        stream,
        range="limited",
        colorspace="bt709",
        color_primaries="bt709",
        color_trc="bt709",
        field_mode="prog",
    )


def _sound(sound: PlaySound, timeline: Timeline, export: Export) -> Stream:
    raw = raw_input(sound.source, timeline.sample_rate, timeline.channels)
    raw = Input(raw.url, (*raw.options, ("probesize", "32"), ("analyzeduration", "0")))
    stream: Stream = node(
        "aformat", InputStream(raw, "audio", 0), sample_fmts="fltp", channel_layouts=LAYOUTS[timeline.channels]
    )
    levelling = Levelling() if export.audio is None else levelling_of(export.audio)
    stream = levelled(stream, timeline, CHANNELS, levelling)
    if timeline.sample_rate != SOUND_RATE:
        stream = node("aresample", stream, osr=SOUND_RATE, osf="fltp")
    return stream if sound.speed == 1 else _stretched(stream, sound.speed)


def _stretched(stream: Stream, speed: Fraction) -> Stream:
    """Play at another speed with the pitch kept. The silence at the beginning goes, with what the stretcher is late."""
    made = node("rubberband", stream, tempo=float(speed), window="short", transients=kind_of(speed))
    skip = round((LEAD_SECONDS / speed + Fraction(delay(float(speed)))) * STRETCH_RATE)
    return counted(node("atrim", made, start_sample=skip))


def _picture_options(picture: PlayPicture, size: tuple[int, int], rate: Fraction) -> Options:
    bits = _bits(size, rate)
    group = ("g", str(max(1, floor(GROUP_SECONDS * rate))))
    # Threads of VP8 wait for each other busily: of what one can do, two take several times as much.
    threads = 1 if picture == "vp8" and size[0] * size[1] * rate <= ALONE_PIXELS else 2
    shared: Options = (group, ("pix_fmt", "yuv420p"), ("fps_mode", "passthrough"), ("threads", str(threads)))
    realtime: Options = (("deadline", "realtime"), ("lag-in-frames", "0"), ("b:v", str(bits)))
    encoder: Options = (("c:v", PLAY_ENCODERS[picture]),)
    if picture == "vp9":
        return (*encoder, *realtime, ("cpu-used", "8"), ("row-mt", "1"), ("tile-columns", "1"), *shared)
    if picture == "vp8":
        # Above 0 it would slow down until it takes half a processor.
        return (*encoder, *realtime, ("cpu-used", "-10"), *shared)
    level = level_of(size, rate)
    held: Options = (
        ("maxrate", str(MOST_OVER * bits)),
        ("bufsize", str(bits)),
        ("level", f"{level // 10}.{level % 10}"),
    )
    return (*encoder, ("preset", "ultrafast"), ("tune", "zerolatency"), ("crf", "25"), *held, *shared)


def _bits(size: tuple[int, int], rate: Fraction) -> int:
    return min(MOST_BITS, max(LEAST_BITS, floor(USUAL_BITS * size[0] * size[1] * rate / USUAL_PIXELS)))


def _container_options(container: PlayContainer) -> Options:
    plain: Options = (("map_metadata", "-1"), ("fflags", "+bitexact"), ("flush_packets", "1"))
    if container == "webm":
        return (*plain, ("live", "1"), ("cluster_time_limit", "100"), ("f", "webm"))
    fragments: Options = (("movflags", "delay_moov+default_base_moof"), ("frag_duration", "100000"))
    return (*plain, *fragments, ("f", "mp4"))

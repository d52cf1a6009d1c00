"""A stand-in for a file that is heavy to decode: small, of short groups, and every frame at its own time."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from protocol.errors import MediaUnsupported
from sidecar.core.source import SourceFacts, SourceVideo
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.excerpt import PLAIN, QUIET, Options, fitted, picture_of, target
from sidecar.ffmpeg.builder.graph import Expression, InputStream, Stream, node
from sidecar.ffmpeg.builder.inputs import file_input
from sidecar.ffmpeg.builder.picture.colour import needs_reading, read
from sidecar.ffmpeg.builder.picture.convert import ACCURATE, convert, formats
from sidecar.ffmpeg.builder.picture.deep import kernel
from sidecar.ffmpeg.builder.picture.orient import plain, upright, whole_frames
from sidecar.ffmpeg.builder.picture.picture import Picture
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.sound.sources import decode

GROUP = Fraction(1, 2)
"""Seconds from one keyframe to the next, at most."""

FINEST = 2**31 - 1
"""Ticks a second that MP4 can count."""

SOUND_RATE = 48_000
SOUND_BITRATE = 64_000
"""Bits a second of a channel."""

PICTURE: Options = (
    ("c:v", "libx264"),
    ("preset", "veryfast"),
    ("tune", "fastdecode"),
    ("crf", "23"),
    # Nothing refers to what comes later: a frame is decoded as soon as it is read.
    ("bf", "0"),
    ("pix_fmt", "yuv420p"),
    ("fps_mode", "passthrough"),
    ("enc_time_base:v", "filter"),
)

USUAL_RATE = Fraction(30)
"""Frames a second of which group lengths are reckoned where there is no rate; keyframes come by time all the same."""


def proxy_size(video: SourceVideo, height: int) -> tuple[int, int]:
    """Return the upright size: as high as asked, even, with its aspect."""
    return fitted(video, None, height, step=2)


def build_proxy(facts: SourceFacts, number: int, height: int, output: str) -> Command:
    """Build the command that writes an MP4 of H.264: SDR of BT.709, upright, square pixels, deinterlaced.

    Frames have the source's times, counted from the file's start; sound streams stand in their order, as AAC.
    Raises MediaUnsupported for what has no such picture stream, or a still one.
    """
    video = picture_of(facts, number)
    if video.still:
        raise MediaUnsupported(path=facts.path, detail="a still picture needs no proxy")
    files = SideFiles()
    scale = timescale(facts, video)
    stream = _picture(facts, video, proxy_size(video, height), files)
    stream = node("settb", stream, expr=Fraction(1, scale))
    if facts.start:
        # Whole ticks, but for a start that no clock of MP4 can count.
        stream = node("setpts", stream, expr=Expression(f"PTS-({round(facts.start * scale)})"))
    sounds = [decode(facts, audio, SOUND_RATE) for audio in facts.audio]
    rate = video.rate or USUAL_RATE
    options: Options = (
        *PICTURE,
        ("g", str(max(1, int(GROUP * rate)))),
        ("force_key_frames", f"expr:gte(t,n_forced*{float(GROUP)})"),
        *_sound_options(facts),
        ("video_track_timescale", str(scale)),
        ("movflags", "+faststart"),
        ("f", "mp4"),
    )
    return Command(
        outputs=(Output((stream, *sounds), (*options, *PLAIN), target(output)),),
        files=files.all(),
        globals_=QUIET,
        frames=video.frames,
    )


def timescale(facts: SourceFacts, video: SourceVideo) -> int:
    """Return ticks a second in which all the source's times are whole, from its start on; else its own.

    No finer than that: which frame an instant shows depends on how coarse the clock is.
    """
    own = video.time_base.denominator
    exact = lcm(own, facts.start.denominator)
    return exact if exact <= FINEST else own


def _picture(facts: SourceFacts, video: SourceVideo, size: tuple[int, int], files: SideFiles) -> Stream:
    """Scale as stored before anything else is done: the rest is cheap then."""
    stream = plain(InputStream(file_input(facts), "video", video.stream), video)
    if video.interlaced in ("tff", "bff"):
        stream = whole_frames(stream, video.interlaced)
    stored = (size[1], size[0]) if video.rotation in (90, 270) else size
    shrinks = size[0] * size[1] < video.width * video.height
    color = video.color
    if needs_reading(color) and color.matrix != "rgb":
        stream = node(
            "scale",
            stream,
            w=stored[0],
            h=stored[1],
            in_color_matrix=color.matrix,
            out_color_matrix=color.matrix,
            in_range=color.range,
            out_range=color.range,
            flags=f"{kernel(shrinks=shrinks)}+{ACCURATE}",
        )
        stream = node("format", stream, pix_fmts="yuv444p16le" if color.range == "limited" else "yuv444p10le|yuv444p")
    picture = read(
        Picture(stream, color, stored, alpha=False, straight=True, bits=video.bits), formats("yuv420p"), files
    )
    stream = convert(picture.stream, "yuv420p", color=picture.color, size=stored, shrinks=shrinks)
    return node(
        "setparams",
        upright(stream, video),
        range="limited",
        colorspace="bt709",
        color_primaries="bt709",
        color_trc="bt709",
        field_mode="prog",
    )


def _sound_options(facts: SourceFacts) -> Options:
    if not facts.audio:
        return ()
    rates = [
        (f"b:a:{place}", str(SOUND_BITRATE * max(1, min(audio.channels, 8)))) for place, audio in enumerate(facts.audio)
    ]
    return (("c:a", "aac"), *rates)

"""Commands that try encoders and decoders of hardware: with the options of a render, on a generated clip."""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from protocol.project import Export, VideoExport
from protocol.project.export import Container, PixelFormat, VideoCodec
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.encode_hardware import FORMATS, as_uploaded, device_options
from sidecar.ffmpeg.builder.encode_video import video_options
from sidecar.ffmpeg.builder.graph import Input, InputStream, Stream, node
from sidecar.ffmpeg.codecs import Family

FRAMES = 12
RATE = 25
SIZE = (320, 240)
"""Every device that is in use encodes pictures of this size; a few refuse smaller ones."""

FLAT = "yuv420p"
"""The pixel format in which pictures are compared."""

QUALITY = 85
HELD = 4_000_000
"""Bit/s where a bitrate is asked for: far more than the clip needs."""

CODED = "coded.mkv"

MEMORY: dict[str, str] = {
    "cuda": "cuda",
    "vaapi": "vaapi",
    "qsv": "qsv",
    "videotoolbox": "videotoolbox_vld",
    "d3d11va": "d3d11",
    "vulkan": "vulkan",
}
"""Methods of decoding, and the format of frames that lie where each has decoded them.

Asked for such frames FFmpeg fails where it would otherwise decode in software without a word.
"""

_SOFTWARE: dict[VideoCodec, PixelFormat] = {"prores": "yuv422p10le", "dnxhr": "yuv422p"}
"""Codecs that do not take what is usual."""


def trial_settings(codec: VideoCodec, family: Family | None, wanted: VideoExport | None = None) -> VideoExport:
    """Return what an encoder is tried with: the settings of a render, at a quality that leaves the picture whole.

    Without any they are the usual ones, in the first pixel format that the encoder takes; no family is software.
    """
    if wanted is not None:
        return replace(
            wanted,
            codec=codec,
            hardware=family or "off",
            quality=QUALITY,
            bitrate=None if wanted.bitrate is None else HELD,
            max_bitrate=None if wanted.max_bitrate is None else 2 * HELD,
        )
    taken = _SOFTWARE.get(codec, "yuv420p") if family is None else next(iter(FORMATS[family][codec]))
    held = family == "v4l2"
    return VideoExport(
        codec=codec,
        quality=QUALITY,
        rate_control="bitrate" if held else "quality",
        bitrate=HELD if held else None,
        pixel_format=taken,
        hardware=family or "off",
    )


def build_encoding(video: VideoExport, target: str, *, size: tuple[int, int] = SIZE, frames: int = FRAMES) -> Command:
    """Build the encode of the generated clip to Matroska, or nowhere with the target "-"."""
    codec = video.codec
    if codec is None:
        raise AssertionError("a trial names its codec")
    export = Export(container=_container(codec), video=video, audio=None)
    picture = node("format", generated(size, frames), pix_fmts=video.pixel_format)
    muxer = "null" if target == "-" else "matroska"
    options = video_options(video, export, codec, Fraction(RATE))
    return Command(
        outputs=(Output((as_uploaded(picture, export, video),), (*options, ("f", muxer)), target),),
        globals_=device_options(video),
        frames=frames,
    )


def build_shown(target: str) -> Command:
    """Build what writes the generated clip itself, as it is compared."""
    return _raw(node("format", generated(SIZE, FRAMES), pix_fmts=FLAT), target)


def build_decoding(source: str, target: str, *, method: str | None = None, codec: VideoCodec = "h264") -> Command:
    """Build what decodes a file to raw pictures: in software, or by a method of hardware that must not give up."""
    if method is None:
        stream: Stream = InputStream(Input(source), "video", 0)
    else:
        own = (("c:v", f"{codec}_qsv"),) if method == "qsv" else ()
        options = (*own, ("hwaccel", method), ("hwaccel_output_format", MEMORY[method]))
        fetched = node("hwdownload", InputStream(Input(source, options), "video", 0))
        stream = node("format", fetched, pix_fmts="nv12")
    return _raw(node("format", stream, pix_fmts=FLAT), target)


def generated(size: tuple[int, int], frames: int) -> Stream:
    """A moving test picture, each frame another."""
    shape = f"{size[0]}x{size[1]}"
    # Its own duration is rounded to microseconds: frames are counted.
    return node("trim", node("testsrc2", medium="video", s=shape, r=RATE), end_frame=frames)


def _raw(stream: Stream, target: str) -> Command:
    options = (("c:v", "rawvideo"), ("fps_mode", "passthrough"), ("f", "rawvideo"))
    return Command(outputs=(Output((stream,), options, target),))


def _container(codec: VideoCodec) -> Container:
    return codec if codec in ("gif", "webp", "png") else "mkv"

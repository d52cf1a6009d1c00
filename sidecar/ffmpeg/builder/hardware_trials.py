"""Commands that try encoders and decoders of hardware: with the options of a render, on a generated clip."""

from __future__ import annotations

from fractions import Fraction

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

HELD = 4_000_000
"""Bit/s for families that know no quality."""

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


def build_encoding(
    codec: VideoCodec,
    family: Family | None,
    target: str,
    *,
    size: tuple[int, int] = SIZE,
    frames: int = FRAMES,
    quality: int = 85,
) -> Command:
    """Build the encode of the generated clip to Matroska (or nowhere, with the target "-"), in software for None."""
    export = Export(container=_container(codec), video=_settings(codec, family, quality), audio=None)
    video = export.video
    if video is None:
        raise AssertionError("a trial has a picture")
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


def _settings(codec: VideoCodec, family: Family | None, quality: int) -> VideoExport:
    taken = _SOFTWARE.get(codec, "yuv420p") if family is None else next(iter(FORMATS[family][codec]))
    return VideoExport(
        codec=codec,
        quality=quality,
        rate_control="bitrate" if family == "v4l2" else "quality",
        bitrate=HELD if family == "v4l2" else None,
        pixel_format=taken,
        hardware=family or "off",
    )


def _container(codec: VideoCodec) -> Container:
    return codec if codec in ("gif", "webp", "png") else "mkv"

"""A second of generated picture through one encoder: what proves that it works on this machine."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.errors import InvalidParams
from protocol.model import Model
from protocol.project.export import VideoCodec
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.encode_hardware import POOL, UPLOADED
from sidecar.ffmpeg.builder.graph import node
from sidecar.ffmpeg.codecs import Family, encoder_of

FRAMES = 25


class HwaccelTest(Model, kw_only=True):
    """A codec, and the family of hardware that is to encode it; null is software."""

    codec: VideoCodec = "h264"
    family: Literal["nvenc", "qsv", "vaapi", "amf", "videotoolbox", "v4l2"] | None = None
    width: Annotated[int, Meta(ge=128, le=4096, multiple_of=2)] = 320
    height: Annotated[int, Meta(ge=128, le=4096, multiple_of=2)] = 240


def build_hwaccel_test(parameters: HwaccelTest) -> Command:
    """Build the test. Raises InvalidParams for a codec that no hardware of the family encodes."""
    family: Family | None = parameters.family
    encoder = encoder_of(parameters.codec, family)
    if encoder is None:
        raise InvalidParams(detail=f"there is no {parameters.codec} encoder of {family}", path="/parameters/codec")
    shape = f"{parameters.width}x{parameters.height}"
    stream = node("testsrc2", medium="video", s=shape, r=FRAMES, d=1)
    device = None if family is None else UPLOADED.get(family)
    globals_: tuple[tuple[str, str | None], ...] = ()
    if device is not None:
        globals_ = (("init_hw_device", f"{device}=hw"), ("filter_hw_device", "hw"))
        stream = node("hwupload", node("format", stream, pix_fmts="nv12"), extra_hw_frames=POOL)
    else:
        stream = node("format", stream, pix_fmts=_pixel_format(parameters.codec, family))
    profile = (("profile:v", "dnxhr_sq"),) if encoder == "dnxhd" else ()
    return Command(
        outputs=(Output((stream,), (("c:v", encoder), *profile, ("frames:v", str(FRAMES)), ("f", "null")), "-"),),
        globals_=globals_,
        frames=FRAMES,
    )


def _pixel_format(codec: VideoCodec, family: Family | None) -> str:
    if family is not None:
        return "nv12"
    return {"prores": "yuv422p10le", "dnxhr": "yuv422p", "gif": "rgb8", "png": "rgb24"}.get(codec, "yuv420p")

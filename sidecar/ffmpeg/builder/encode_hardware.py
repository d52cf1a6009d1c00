"""Picture encoders of hardware: which settings they take, and their options.

Bytes depend on the device and its driver, so what they write is made in one piece and never kept by key. None of the
options below could be tried on real hardware while they were written: before a render uses an encoder, a test encode
with these very options has to work (`services.gpu`).
"""

from __future__ import annotations

from protocol.project import Export, VideoExport
from protocol.project.export import PixelFormat, Preset, VideoCodec
from protocol.project.formats import video_codec
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.quality_scale import Anchors, decimal, on_scale
from sidecar.ffmpeg.codecs import HARDWARE, Family, encoder_of

Options = tuple[tuple[str, str | None], ...]

UPLOADED: dict[Family, str] = {"vaapi": "vaapi"}
"""Families whose encoders take only frames that lie in the device's memory, and the device's type.

Those of QSV take frames of the processor's too, and then open their device themselves.
"""

POOL = 16
"""Frames of the device's memory beside those that a filter needs: encoders look ahead and reorder."""

BUFFER = 2
"""Seconds of the largest bitrate that an encoder may save up."""

_EIGHT: dict[PixelFormat, str] = {"yuv420p": "nv12"}
_TEN: dict[PixelFormat, str] = {"yuv420p": "nv12", "yuv420p10le": "p010le"}

FORMATS: dict[Family, dict[VideoCodec, dict[PixelFormat, str]]] = {
    "nvenc": {
        "h264": {"yuv420p": "yuv420p", "yuv444p": "yuv444p"},
        "hevc": {"yuv420p": "yuv420p", "yuv420p10le": "p010le", "yuv444p": "yuv444p"},
        "av1": {"yuv420p": "yuv420p", "yuv420p10le": "p010le"},
    },
    "qsv": {"h264": _EIGHT, "hevc": _TEN, "av1": _TEN, "vp9": _TEN},
    "vaapi": {"h264": _EIGHT, "hevc": _TEN, "av1": _TEN, "vp9": _TEN},
    "amf": {"h264": _EIGHT, "hevc": _TEN, "av1": _TEN},
    "videotoolbox": {"h264": _EIGHT, "hevc": _TEN, "prores": {"yuv422p10le": "p210le"}},
    "v4l2": {"h264": _EIGHT, "hevc": _EIGHT},
}
"""The pixel formats that an encoder is trusted with, and as what it is given them."""

PRESETS: dict[Family, dict[Preset, str]] = {
    "nvenc": {"fastest": "p1", "fast": "p3", "medium": "p4", "slow": "p6", "slowest": "p7"},
    "qsv": {"fastest": "veryfast", "fast": "faster", "medium": "medium", "slow": "slow", "slowest": "veryslow"},
    "amf": {"fastest": "speed", "fast": "speed", "medium": "balanced", "slow": "quality", "slowest": "quality"},
}
"""Families that trade speed for size in steps."""

_H264: Anchors = ((0, 51), (30, 39), (50, 31), (70, 26), (85, 21), (95, 15), (100, 6))
_HEVC: Anchors = ((0, 51), (30, 40), (50, 33), (70, 28), (85, 23), (95, 17), (100, 8))
_AV1: Anchors = ((0, 63), (30, 50), (50, 42), (70, 34), (85, 27), (95, 19), (100, 8))
_INDEX: Anchors = ((0, 255), (30, 200), (50, 168), (70, 136), (85, 108), (95, 76), (100, 32))
_SHARE: Anchors = ((0, 1), (100, 100))
_PRORES = ((30, "proxy"), (55, "lt"), (80, "standard"), (100, "hq"))

QUALITY: dict[Family, dict[VideoCodec, Anchors]] = {
    "nvenc": {"h264": _H264, "hevc": _HEVC, "av1": _AV1},
    "qsv": {"h264": _H264, "hevc": _HEVC, "av1": _HEVC, "vp9": _HEVC},
    "vaapi": {"h264": _H264, "hevc": _HEVC, "av1": _INDEX, "vp9": _INDEX},
    "amf": {"h264": _H264, "hevc": _HEVC, "av1": _INDEX},
    "videotoolbox": {"h264": _SHARE, "hevc": _SHARE},
}
"""UNVERIFIED: an encoder's own scale at some qualities, after those of the software encoders and the documentation.

No such encoder was at hand. V4L2 has no such scale.
"""

CAPPED: tuple[Family, ...] = ("nvenc",)
"""Families that keep a quality below a largest bitrate."""


def family_of(video: VideoExport) -> Family | None:
    """Return the family that is to encode; None is software. "auto" has to be decided before: it is software here."""
    return next((family for family in HARDWARE if family == video.hardware), None)


def refusal(export: Export, family: Family) -> str | None:
    """Say why encoders of a family cannot do what an export asks for; None where they should."""
    video, codec = export.video, video_codec(export)
    if video is None or codec is None:
        return None
    if codec not in HARDWARE[family]:
        return f"{family} encodes {', '.join(HARDWARE[family])}, not {codec}"
    if video.pixel_format not in FORMATS[family][codec]:
        return f"for {codec} it takes {', '.join(FORMATS[family][codec])}, not {video.pixel_format}"
    if video.rate_control == "lossless":
        return "lossless is for software encoders"
    if video.rate_control == "size" or (video.rate_control == "bitrate" and video.passes == 2):
        return "two passes, and a size that they come to, are for software encoders"
    if video.rate_control == "quality" and codec != "prores" and codec not in QUALITY.get(family, {}):
        return "it is held to a bitrate only: set rateControl to bitrate"
    if video.rate_control == "quality" and video.max_bitrate is not None and family not in CAPPED:
        return "it keeps a quality or a largest bitrate, not both"
    return None


def hardware_options(video: VideoExport, export: Export, codec: VideoCodec, family: Family, gop: int) -> Options:
    """Options of a family's encoder; `gop` is the most frames from one keyframe to the next."""
    encoder = encoder_of(codec, family)
    if encoder is None:
        raise AssertionError(f"{family} does not encode {codec}")
    options: list[tuple[str, str | None]] = [("c:v", encoder)]
    preset = PRESETS.get(family)
    if preset is not None:
        options.append(("quality" if family == "amf" else "preset", preset[video.preset]))
    options += _RATES[family](video, codec)
    options += [] if codec == "prores" else [("g", str(gop))]
    if video.profile is not None:
        options.append(("profile:v", video.profile))
    if export.container == "avi" and codec == "h264":
        # AVI has no presentation times, so frames must come in the order of display.
        options.append(("bf", "0"))
    elif video.b_frames is not None and codec in ("h264", "hevc"):
        options.append(("bf", str(video.b_frames)))
    if codec == "hevc":
        options.append(("tag:v", "hvc1"))
    return (*options, ("pix_fmt", UPLOADED.get(family, FORMATS[family][codec][video.pixel_format])))


def device_options(video: VideoExport) -> Options:
    """Options that stand before all others: the device that frames are uploaded to."""
    family = family_of(video)
    if family is None or family not in UPLOADED:
        return ()
    return (("init_hw_device", f"{UPLOADED[family]}=hw"), ("filter_hw_device", "hw"))


def as_uploaded(picture: Stream, export: Export, video: VideoExport) -> Stream:
    """Bring a finished picture to the layout, and into the memory, that its hardware encoder reads from."""
    family, codec = family_of(video), video_codec(export)
    if family is None or codec is None:
        return picture
    given = node("format", picture, pix_fmts=FORMATS[family][codec][video.pixel_format])
    return node("hwupload", given, extra_hw_frames=POOL) if family in UPLOADED else given


def _nvenc(video: VideoExport, codec: VideoCodec) -> Options:
    options: Options = (("tune", "hq"), ("rc", "vbr"))
    if video.rate_control == "quality":
        # Without a bitrate of 0 the quality is held to FFmpeg's own bitrate of 2 Mbit/s.
        options = (*options, ("cq", _quality(video, codec, "nvenc")), ("b:v", "0"))
    else:
        options = (*options, ("b:v", str(video.bitrate)))
    return (*options, *_largest(video))


def _qsv(video: VideoExport, codec: VideoCodec) -> Options:
    if video.rate_control == "quality":
        return (("global_quality", _quality(video, codec, "qsv")),)
    return (("b:v", str(video.bitrate)), *_largest(video))


def _vaapi(video: VideoExport, codec: VideoCodec) -> Options:
    if video.rate_control == "quality":
        return (("rc_mode", "CQP"), ("global_quality", _quality(video, codec, "vaapi")))
    return (("rc_mode", "VBR"), ("b:v", str(video.bitrate)), *_largest(video))


def _amf(video: VideoExport, codec: VideoCodec) -> Options:
    usage: Options = (("usage", "transcoding"),)
    if video.rate_control != "quality":
        return (*usage, ("rc", "vbr_peak"), ("b:v", str(video.bitrate)), *_largest(video))
    value = _quality(video, codec, "amf")
    of_b: Options = (("qp_b", value),) if codec == "h264" else ()
    return (*usage, ("rc", "cqp"), ("qp_i", value), ("qp_p", value), *of_b)


def _videotoolbox(video: VideoExport, codec: VideoCodec) -> Options:
    if codec == "prores":
        if video.profile is not None:
            return ()
        return (("profile:v", next(name for limit, name in _PRORES if video.quality <= limit)),)
    if video.rate_control == "quality":
        return (("q:v", _quality(video, codec, "videotoolbox")),)
    return (("b:v", str(video.bitrate)), *_largest(video))


def _v4l2(video: VideoExport, _codec: VideoCodec) -> Options:
    return (("b:v", str(video.bitrate)),)


_RATES = {
    "nvenc": _nvenc,
    "qsv": _qsv,
    "vaapi": _vaapi,
    "amf": _amf,
    "videotoolbox": _videotoolbox,
    "v4l2": _v4l2,
}


def _quality(video: VideoExport, codec: VideoCodec, family: Family) -> str:
    return decimal(max(1, round(on_scale(QUALITY[family][codec], video.quality))))


def _largest(video: VideoExport) -> Options:
    if video.max_bitrate is None:
        return ()
    return (("maxrate", str(video.max_bitrate)), ("bufsize", str(BUFFER * video.max_bitrate)))

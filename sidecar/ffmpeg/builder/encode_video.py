"""Picture encoders: their options, chosen so that the same frames give the same bytes on every run and machine."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from protocol.project import Export, VideoExport
from protocol.project.export import Preset, VideoCodec
from sidecar.core.budget import LEAST_BITRATE, picture_held_to
from sidecar.ffmpeg.builder.encode_hardware import family_of, hardware_options
from sidecar.ffmpeg.builder.quality_scale import Anchors, decimal, on_scale
from sidecar.ffmpeg.builder.steps import STATISTICS, Step
from sidecar.ffmpeg.builder.stills import encoded_format
from sidecar.ffmpeg.codecs import LOSSLESS_AV1, VIDEO_ENCODERS, encoder_of

Options = tuple[tuple[str, str | None], ...]

THREADS = 4
"""Threads of encoders whose bytes depend on how many they have: enough for two cores, and the same everywhere."""

PRESETS: dict[str, dict[Preset, str]] = {
    "libx264": {
        "fastest": "ultrafast",
        "fast": "veryfast",
        "medium": "medium",
        "slow": "slow",
        "slowest": "veryslow",
    },
    "libx265": {
        "fastest": "ultrafast",
        "fast": "veryfast",
        "medium": "medium",
        "slow": "slow",
        "slowest": "veryslow",
    },
    "libsvtav1": {"fastest": "10", "fast": "9", "medium": "8", "slow": "6", "slowest": "4"},
    "libvpx-vp9": {"fastest": "8", "fast": "5", "medium": "3", "slow": "2", "slowest": "1"},
    LOSSLESS_AV1: {"fastest": "8", "fast": "7", "medium": "6", "slow": "4", "slowest": "2"},
}

QUALITY: dict[str, Anchors] = {
    "libx264": ((0, 51), (30, 41.2), (50, 34.9), (70, 28.8), (85, 24.2), (95, 18), (100, 4)),
    "libx265": ((0, 51), (30, 43.3), (50, 36.4), (70, 29.6), (85, 23.6), (95, 16.9), (100, 6)),
    "libsvtav1": ((0, 63), (30, 63), (50, 59), (70, 44), (85, 30), (95, 12), (100, 4)),
    "libvpx-vp9": ((0, 63), (30, 63), (50, 56), (70, 44), (85, 34), (95, 20), (100, 4)),
    "mpeg4": ((0, 31), (30, 17), (50, 10), (70, 6), (85, 3), (95, 2), (100, 1)),
}
"""The encoder's own scale at some qualities; straight lines between."""

PRORES = ((30, "proxy"), (55, "lt"), (80, "standard"), (100, "hq"))
DNXHR = ((40, "dnxhr_lb"), (75, "dnxhr_sq"), (100, "dnxhr_hq"))
"""Profiles up to a quality."""

FASTEST_FIRST_PASS = 8
"""SVT-AV1's fastest preset of which the first of two passes is sound."""

BUFFER = 2
"""Seconds of the largest bitrate that an encoder may save up."""


def video_encoder(video: VideoExport, codec: VideoCodec) -> str:
    """Return FFmpeg's name of the encoder of a picture."""
    family = family_of(video)
    if family is not None:
        return encoder_of(codec, family) or VIDEO_ENCODERS[codec]
    return LOSSLESS_AV1 if codec == "av1" and video.rate_control == "lossless" else VIDEO_ENCODERS[codec]


def video_options(
    video: VideoExport, export: Export, codec: VideoCodec, rate: Fraction, step: Step = "file"
) -> Options:
    """Options of the picture's encoder, for frames at `rate`."""
    if video.rate_control == "size":
        # What it comes to is found out while it is rendered.
        video = picture_held_to(video, LEAST_BITRATE)
    family = family_of(video)
    if family is not None:
        own = hardware_options(video, export, codec, family, keyframe_distance(video, rate))
        return (*own, ("r", _rational(rate)))
    encoder = video_encoder(video, codec)
    build = {
        "libx264": _x264,
        "libx265": _x265,
        "libvpx-vp9": _vp9,
        "libsvtav1": _av1,
        LOSSLESS_AV1: _lossless_av1,
        "mpeg4": _mpeg4,
        "prores_ks": _prores,
        "dnxhd": _dnxhr,
        "ffv1": _ffv1,
        "png": _png,
        "gif": _gif,
        "libwebp_anim": _webp,
    }[encoder]
    own = build(video, keyframe_distance(video, rate))
    if video.passes == 2 and video.rate_control == "bitrate":
        own = _of_two_passes(own, encoder, 1 if step == "statistics" else 2)
    if export.container == "avi" and codec == "h264":
        # AVI has no presentation times, so frames must come in the order of display.
        own = (*own, ("bf", "0"))
    return (("c:v", encoder), *own, ("pix_fmt", encoded_format(export, video)), ("r", _rational(rate)))


def keyframe_distance(video: VideoExport, rate: Fraction) -> int:
    """Most frames from one keyframe to the next."""
    return max(1, floor(Fraction(repr(video.keyframe_interval)) * rate + Fraction(1, 2)))


def scaled_quality(encoder: str, quality: int) -> float:
    """A quality of 0–100 on the encoder's own scale."""
    return on_scale(QUALITY[encoder], quality)


def _x264(video: VideoExport, gop: int) -> Options:
    options = [
        ("preset", PRESETS["libx264"][video.preset]),
        # Under a largest bitrate, x264's threads race: the bytes then differ from run to run.
        ("threads", str(THREADS if video.max_bitrate is None else 1)),
        ("g", str(gop)),
        *_rate(video, "libx264", lossless=(("qp", "0"),)),
        *_profile(video),
    ]
    if video.b_frames is not None:
        options.append(("bf", str(video.b_frames)))
    return tuple(options)


def _x265(video: VideoExport, gop: int) -> Options:
    parameters = ["open-gop=0", "info=0", "pools=4", "frame-threads=2", "log-level=error"]
    if video.rate_control == "lossless":
        parameters.append("lossless=1")
    if video.b_frames is not None:
        parameters.append(f"bframes={video.b_frames}")
    return (
        ("preset", PRESETS["libx265"][video.preset]),
        ("g", str(gop)),
        *_rate(video, "libx265", lossless=()),
        *_profile(video),
        ("x265-params", ":".join(parameters)),
        ("tag:v", "hvc1"),
    )


def _vp9(video: VideoExport, gop: int) -> Options:
    rate = _rate(video, "libvpx-vp9", lossless=(("lossless", "1"),))
    if video.rate_control == "quality":
        # Without a bitrate of 0, or the largest allowed, libvpx takes its own of 200 kbit/s for a bound.
        bound = 0 if video.max_bitrate is None else video.max_bitrate
        rate = (("crf", decimal(round(scaled_quality("libvpx-vp9", video.quality)))), ("b:v", str(bound)))
    # So FFmpeg calls alpha in other formats than yuva420p; libvpx reads it back whole.
    deep_alpha: Options = (("strict", "experimental"),) if video.pixel_format == "yuva444p10le" else ()
    return (
        *deep_alpha,
        ("deadline", "good"),
        ("cpu-used", PRESETS["libvpx-vp9"][video.preset]),
        ("row-mt", "1"),
        ("tile-columns", "1"),
        ("threads", str(THREADS)),
        ("g", str(gop)),
        *rate,
        *_profile(video),
    )


def _av1(video: VideoExport, gop: int) -> Options:
    parameters = [f"keyint={gop}"]
    rate: Options = (("b:v", str(video.bitrate)),)
    if video.rate_control == "bitrate":
        # Held to a bitrate, the bytes depend on the parallelism; by quality they do not.
        parameters.append("lp=1")
    else:
        rate = (("crf", decimal(round(scaled_quality("libsvtav1", video.quality)))),)
        if video.max_bitrate is not None:
            parameters += [f"mbr={video.max_bitrate // 1000}", "lp=1"]
    preset = PRESETS["libsvtav1"][video.preset]
    if video.passes == 2:
        # The first pass of the faster ones crashes on small pictures.
        preset = str(min(int(preset), FASTEST_FIRST_PASS))
    return (
        ("preset", preset),
        ("g", str(gop)),
        *rate,
        *_profile(video),
        ("svtav1-params", ":".join(parameters)),
    )


def _lossless_av1(video: VideoExport, gop: int) -> Options:
    # SVT-AV1 4.2 writes a lossless stream that no decoder reads.
    return (
        ("cpu-used", PRESETS[LOSSLESS_AV1][video.preset]),
        ("g", str(gop)),
        ("crf", "0"),
        ("row-mt", "1"),
        ("threads", str(THREADS)),
        *_profile(video),
        ("aom-params", "lossless=1"),
    )


def _mpeg4(video: VideoExport, gop: int) -> Options:
    rate: Options = (("q:v", decimal(scaled_quality("mpeg4", video.quality))),)
    if video.rate_control == "bitrate":
        rate = _rate(video, "mpeg4", lossless=())
    return (("threads", "1"), ("g", str(gop)), *rate, ("bf", str(video.b_frames or 0)))


def _prores(video: VideoExport, _gop: int) -> Options:
    usual = "4444" if "444" in video.pixel_format else _step(PRORES, video.quality)
    return (("profile:v", video.profile or usual), ("vendor", "apl0"))


def _dnxhr(video: VideoExport, _gop: int) -> Options:
    usual = {"yuv422p10le": "dnxhr_hqx", "yuv444p10le": "dnxhr_444"}.get(video.pixel_format)
    return (("profile:v", video.profile or usual or _step(DNXHR, video.quality)),)


def _ffv1(_video: VideoExport, _gop: int) -> Options:
    return (("level", "3"), ("slices", "4"), ("slicecrc", "1"), ("g", "1"), ("threads", str(THREADS)))


def _png(_video: VideoExport, _gop: int) -> Options:
    return ()


def _gif(_video: VideoExport, _gop: int) -> Options:
    return ()


def _webp(video: VideoExport, _gop: int) -> Options:
    if video.rate_control == "lossless":
        return (("lossless", "1"),)
    return (("lossless", "0"), ("quality", str(video.quality)))


def _of_two_passes(options: Options, encoder: str, number: int) -> Options:
    """Have the first pass write, and the second read, how hard each frame is to encode."""
    if encoder != "libx265":
        return (*options, ("pass", str(number)), ("passlogfile", STATISTICS))
    told = f":pass={number}:stats={STATISTICS}"
    return tuple((name, f"{value}{told}" if name == "x265-params" else value) for name, value in options)


def _rate(video: VideoExport, encoder: str, *, lossless: Options) -> Options:
    """Rate control of the encoders that share FFmpeg's own options for it."""
    if video.rate_control == "lossless":
        return lossless
    options: list[tuple[str, str | None]] = []
    if video.rate_control == "bitrate":
        options.append(("b:v", str(video.bitrate)))
    else:
        options.append(("crf", decimal(scaled_quality(encoder, video.quality))))
    if video.max_bitrate is not None:
        options += [("maxrate", str(video.max_bitrate)), ("bufsize", str(BUFFER * video.max_bitrate))]
    return tuple(options)


def _profile(video: VideoExport) -> Options:
    return () if video.profile is None else (("profile:v", video.profile),)


def _step(steps: Sequence[tuple[int, str]], quality: int) -> str:
    return next(name for limit, name in steps if quality <= limit)


def _rational(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"

"""What platforms take: limits as they are commonly reported, not checked with the platforms (docs/render.md), and how a render passes them.

They concern accounts without a subscription. None is an error: the file may be meant for something else, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from protocol.commands.render import Platform
from protocol.problem import Problem
from protocol.project.formats import video_codec
from sidecar.core.timeline import OutputSpan
from sidecar.core.timeline.findings import finding
from sidecar.services.render.planning import Planned

CODE = "platformLimit"

HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Limits:
    """Longest duration in seconds, most bytes, largest sides (the longer, the shorter), frames a second, bit/s.

    `upright`: the picture is at least as high as wide. `codecs` and `containers` are those that it takes. None: no
    limit, or none that is published.
    """

    seconds: int | None = None
    bytes: int | None = None
    sides: tuple[int, int] | None = None
    rate: int | None = None
    bitrate: int | None = None
    upright: bool = False
    codecs: tuple[str, ...] | None = None
    containers: tuple[str, ...] | None = None


LIMITS: dict[Platform, Limits] = {
    "youtube": Limits(seconds=12 * HOUR, bytes=256 * 10**9, sides=(7_680, 4_320), rate=60),
    "youtube-shorts": Limits(seconds=180, bytes=256 * 10**9, sides=(7_680, 4_320), rate=60, upright=True),
    "x": Limits(
        seconds=140,
        bytes=512 * 10**6,
        sides=(1_920, 1_200),
        rate=60,
        bitrate=25_000_000,
        codecs=("h264",),
        containers=("mp4", "mov"),
    ),
    "vimeo": Limits(seconds=24 * HOUR, bytes=250 * 10**9, sides=(8_192, 4_320), rate=60),
    "telegram": Limits(bytes=2 * 10**9),
    "discord": Limits(bytes=10 * 10**6),
}


def platform_problems(platform: Platform | None, planned: Planned) -> list[Problem]:
    """List what of a plan is more than a platform takes: warnings `platformLimit`."""
    if platform is None:
        return []
    return [
        finding(
            CODE,
            pointer,
            f"{platform} takes {said}",
            severity="warning",
            rule=CODE,
            platform=platform,
            value=value,
            limit=limit,
        )
        for pointer, said, value, limit in _passed(LIMITS[platform], planned)
    ]


Passed = tuple[str, str, object, object]


def _passed(limits: Limits, planned: Planned) -> Iterator[Passed]:
    span, export = planned.span, planned.export
    seconds = span.frames / span.rate
    if limits.seconds is not None and seconds > limits.seconds:
        yield "/export/range", f"at most {limits.seconds} s, not {float(seconds):.6g}", float(seconds), limits.seconds
    size = expected_bytes(planned)
    if limits.bytes is not None and size is not None and size > limits.bytes:
        pointer = "/export/video/sizeLimit"
        yield pointer, f"at most {limits.bytes} bytes, and this may have {size}", size, limits.bytes
    yield from _shape(limits, span)
    if limits.rate is not None and span.rate > limits.rate:
        rate = float(span.rate)
        yield "/export/frameRate", f"at most {limits.rate} frames a second, not {rate:.6g}", rate, limits.rate
    bitrate = None if export.video is None else export.video.max_bitrate or export.video.bitrate
    if limits.bitrate is not None and bitrate is not None and bitrate > limits.bitrate:
        said = f"at most {limits.bitrate} bit/s, not {bitrate}"
        yield "/export/video/maxBitrate", said, bitrate, limits.bitrate
    codec = video_codec(export)
    if limits.codecs is not None and codec not in limits.codecs:
        known = ", ".join(limits.codecs)
        yield "/export/video/codec", f"{known} and no {codec or 'file without a picture'}", codec, known
    if limits.containers is not None and export.container not in limits.containers:
        known = ", ".join(limits.containers)
        yield "/export/container", f"{known} and no {export.container}", export.container, known


def _shape(limits: Limits, span: OutputSpan) -> Iterator[Passed]:
    sides = sorted((span.width, span.height), reverse=True)
    if limits.sides is not None and any(side > most for side, most in zip(sides, limits.sides, strict=True)):
        shown = f"{span.width} × {span.height}"
        said = f"at most {limits.sides[0]} × {limits.sides[1]}, not {shown}"
        yield "/export/width", said, shown, f"{limits.sides[0]} × {limits.sides[1]}"
    if limits.upright and span.width > span.height:
        shown = f"{span.width} × {span.height}"
        yield "/export/width", f"pictures at least as high as wide, not {shown}", shown, "1:1"


def expected_bytes(planned: Planned) -> int | None:
    """Return how many bytes the file will have at most, or about; None where nothing tells."""
    export, seconds = planned.export, planned.span.frames / planned.span.rate
    video = export.video
    if video is not None and video.rate_control == "size":
        return video.size_limit
    if video is not None and video.rate_control == "bitrate" and video.bitrate is not None:
        sound = 0 if export.audio is None else export.audio.bitrate
        return int((Fraction(video.bitrate) + sound) * seconds / 8)
    return planned.summary.estimated_bytes

"""Files as FFmpeg inputs: regular files only, read by the demuxer that the probe found, seeked by its index."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

from sidecar.core.source import SourceFacts, SourceVideo
from sidecar.ffmpeg.builder.graph import Input

MAX_PIXELS = 67_108_864
"""Largest picture that is decoded: 64 Mi pixels."""

STREAMS_WITHOUT_INDEX = frozenset({"mpegts", "mpeg"})
"""Formats in which FFmpeg finds a time by reading: a seek may land up to one GOP late."""

_LATE = Fraction(1, 5)
_AHEAD = Fraction(1, 100)


def file_input(
    facts: SourceFacts, *, seek: Fraction | None = None, threads: int | None = None, decoder: str | None = None
) -> Input:
    """Open a file. `seek` is an absolute timestamp in seconds (None: from the start); it is never accurate.

    All timestamps stay as stored: the command needs `-copyts`.
    """
    demuxer = facts.demuxer.split(",", maxsplit=1)[0]
    options: list[tuple[str, str | None]] = [
        ("protocol_whitelist", "file,pipe"),
        ("format_whitelist", demuxer),
        ("f", demuxer),
        ("max_pixels", str(MAX_PIXELS)),
        ("noautorotate", None),
    ]
    if demuxer == "image2":
        options.append(("pattern_type", "none"))
    if decoder is not None:
        options.append(("c:v", decoder))
    if threads is not None:
        options.append(("threads", str(threads)))
    if seek is not None:
        options += [("seek_timestamp", "1"), ("noaccurate_seek", None), ("ss", f"{float(seek):.6f}")]
    return Input(f"file:{facts.path}", tuple(options))


def seek_point(facts: SourceFacts, video: SourceVideo, instant: Fraction) -> Fraction | None:
    """Where to seek so that the frame on screen at `instant` is decoded whole; None: read from the start.

    `instant` is an absolute timestamp in seconds. The keyframe that governs it is aimed at directly, a hair behind
    its timestamp, so that rounding to microseconds cannot land before it. Formats without an index are aimed at one
    GOP earlier. A seek to the start is left out: it is not a no-op (AVI then decodes garbage).
    """
    if video.still or not video.seekable:
        return None
    unindexed = facts.demuxer.split(",", maxsplit=1)[0] in STREAMS_WITHOUT_INDEX
    if video.keyframes is None:
        if unindexed or video.max_gap is None:
            return None
        target = instant - video.max_gap - 1
    else:
        place = bisect_right(video.keyframes, instant / video.time_base)
        if place < 2:
            return None
        target = video.keyframes[place - 1] * video.time_base
        if unindexed:
            if video.max_gap is None:
                return None
            target -= video.max_gap + _LATE
        elif place < len(video.keyframes):
            target += min(_AHEAD, (video.keyframes[place] * video.time_base - target) / 2)
        else:
            target += _AHEAD
    earliest = video.first_pts * video.time_base
    return target if target > max(earliest, facts.start) else None

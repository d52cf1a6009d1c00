"""Whether a small file stands for a large one: frame for frame."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sidecar.core.source import SourceFacts, SourceVideo, unpack_stamps

WORTH = Fraction(13, 10)
"""A file that is at most so many times as high as its proxy needs none."""

ASPECT_SLACK = Fraction(1, 50)
"""Cameras crop their small versions to whole blocks."""


def same_frames(source: SourceFacts, video: SourceVideo, small: SourceFacts, other: SourceVideo) -> bool:
    """Whether both have as many frames, each at the same time from the start of its file, to a tick of the coarser clock."""
    theirs, ours = _times(small, other), _times(source, video)
    if theirs is None or ours is None or len(theirs) != len(ours):
        return False
    tick = max(video.time_base, other.time_base)
    return all(abs(one - another) <= tick for one, another in zip(theirs, ours, strict=True))


def same_film(source: SourceFacts, video: SourceVideo, small: SourceFacts) -> bool:
    """Whether a camera's file stands for a large one: smaller, of the same shape, frame for frame, as long as it."""
    if not small.video or source.duration is None or small.duration is None:
        return False
    other = small.video[0]
    wide, high = video.upright
    shape = Fraction(*other.upright) / Fraction(wide, high)
    frame = 1 / video.rate if video.rate else Fraction(1, 10)
    return (
        other.upright[1] < high
        and abs(shape - 1) <= ASPECT_SLACK
        and abs(source.duration - small.duration) <= max(frame, Fraction(1, 10))
        and same_frames(source, video, small, other)
    )


def _times(facts: SourceFacts, video: SourceVideo) -> Sequence[Fraction] | None:
    """Return when frames are shown, in seconds from the file's start; None where nobody knows."""
    if video.stamps is not None:
        return [pts * video.time_base - facts.start for pts in unpack_stamps(video.stamps)]
    if video.rate is None or video.frames is None:
        return None
    first = video.first_pts * video.time_base - facts.start
    return [first + number / video.rate for number in range(video.frames)]

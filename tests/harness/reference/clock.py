"""Times as exact fractions (docs/project.md §1, rule 3)."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

HALF = Fraction(1, 2)


def seconds(value: Any) -> Fraction:
    """A JSON number stands for the decimal it prints as; text is "num/den"."""
    return Fraction(value) if isinstance(value, str | int) else Fraction(repr(value))


def edit(value: Any, rate: Fraction) -> int:
    """The frame of an edit point."""
    return floor(seconds(value) * rate + HALF)


def clip_span(clip: dict[str, Any], rate: Fraction) -> tuple[int, int]:
    """Frames [first, end) that a clip occupies."""
    start = seconds(clip["start"])
    return floor(start * rate + HALF), floor((start + seconds(clip["duration"])) * rate + HALF)


def transition_span(transition: dict[str, Any], clips: dict[str, dict[str, Any]], rate: Fraction) -> tuple[int, int]:
    """Frames [first, end) that a transition covers (§6)."""
    frames = edit(transition["duration"], rate)
    before, after = clips.get(transition.get("from") or ""), clips.get(transition.get("to") or "")
    if before is None:
        assert after is not None
        first = clip_span(after, rate)[0]
    elif after is None:
        first = clip_span(before, rate)[1] - frames
    else:
        cut = clip_span(after, rate)[0]
        first = {"center": cut - frames // 2, "start": cut, "end": cut - frames}[transition.get("align", "center")]
    return first, first + frames


def cut_of(transition: dict[str, Any], clips: dict[str, dict[str, Any]], rate: Fraction) -> int:
    """The frame of the edit point under a transition."""
    if transition.get("to") is not None:
        return clip_span(clips[transition["to"]], rate)[0]
    return clip_span(clips[transition["from"]], rate)[1]


def length(project: dict[str, Any]) -> int:
    """Frames of a project: up to the end of the last enabled clip on an enabled track."""
    rate = Fraction(project["frameRate"])
    ends = [
        clip_span(clip, rate)[1]
        for track in project["tracks"]
        if track.get("enabled", True)
        for clip in track.get("clips", ())
        if clip.get("enabled", True)
    ]
    return max(ends, default=0)

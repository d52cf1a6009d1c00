"""Where the things of a project lie, in its frames: pure and exact (docs/project.md §1 and §6).

Every function takes well-formed times; a time that is not one raises ValueError.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Protocol

from protocol.project.clip import Clip
from protocol.project.export import Export
from protocol.project.timeline import Project
from protocol.project.track import SubtitleTrack
from protocol.project.transition import Transition
from protocol.time import Seconds, edit_frame, parse_rate, parse_seconds

Frames = tuple[int, int]
"""The first frame, and the one after the last."""

MIN_TRANSITION = 2
"""Frames of the shortest transition: the first is all A, the last all B."""


class Spoken(Protocol):
    """A cue or a word: shown in [start, end)."""

    @property
    def start(self) -> Seconds:
        """Seconds of the project's clock."""

    @property
    def end(self) -> Seconds:
        """Seconds of the project's clock."""


def project_rate(project: Project) -> Fraction:
    """Return the frames a second of a project."""
    return parse_rate(project.frame_rate)


def clip_frames(clip: Clip, rate: Fraction) -> Frames:
    """Return the frames that a clip occupies: from edit(start) up to edit(start + duration)."""
    start = parse_seconds(clip.start)
    return edit_frame(start, rate), edit_frame(start + parse_seconds(clip.duration), rate)


def duration_frames(project: Project) -> int:
    """Return the end of the last enabled clip on an enabled track; 0 where there is none."""
    rate = project_rate(project)
    ends = [
        clip_frames(clip, rate)[1]
        for track in project.tracks
        if track.enabled and not isinstance(track, SubtitleTrack)
        for clip in track.clips
        if clip.enabled
    ]
    return max(0, *ends) if ends else 0


def transition_length(transition: Transition, rate: Fraction) -> int:
    """Return the frames that a transition lasts; fewer than MIN_TRANSITION is a fault of the project."""
    return edit_frame(parse_seconds(transition.duration), rate)


def transition_frames(
    transition: Transition, rate: Fraction, *, outgoing: Frames | None, incoming: Frames | None
) -> Frames:
    """Return the frames that a transition covers, given those of its clips (None for a free end; not both)."""
    length = transition_length(transition, rate)
    before, after = transition_shares(transition, length)
    if incoming is not None:
        return incoming[0] - before, incoming[0] + after
    if outgoing is None:
        raise ValueError("a transition needs at least one clip")
    return outgoing[1] - before, outgoing[1] + after


def transition_shares(transition: Transition, length: int) -> tuple[int, int]:
    """Split a transition's frames into those before its cut (in `from`) and those after it (in `to`)."""
    if transition.from_ is None:
        return 0, length
    if transition.to is None:
        return length, 0
    before = {"center": length // 2, "start": 0, "end": length}[transition.align]
    return before, length - before


def cue_frames(cue: Spoken, rate: Fraction) -> Frames:
    """Return the frames n with start ≤ n/fps < end; cues do not snap, so a short one may have no frame."""
    return ceil(parse_seconds(cue.start) * rate), ceil(parse_seconds(cue.end) * rate)


def export_frames(export: Export, rate: Fraction, duration: int) -> Frames:
    """Return the frames that an export writes of a project of `duration` frames."""
    if export.range is None:
        return 0, duration
    first, end = export.range
    return edit_frame(parse_seconds(first), rate), edit_frame(parse_seconds(end), rate)

"""Where transitions lie, in frames (docs/project.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from protocol.project import Transition
from protocol.time import edit_frame, parse_seconds

MIN_FRAMES = 2
"""Shortest transition: its first frame is all A, its last all B."""


@dataclass(frozen=True, slots=True)
class Span:
    """A transition's frames [first, end) around `cut`; `free` where only one side was named."""

    first: int
    end: int
    cut: int
    free: bool


def transition_span(transition: Transition, clips: Mapping[str, tuple[int, int]], rate: Fraction) -> Span | None:
    """Place a transition between clips given by id with their frames; None if it names no clip of them.

    Of a pair the cut is where `to` begins.
    """
    outgoing = clips.get(transition.from_) if transition.from_ is not None else None
    incoming = clips.get(transition.to) if transition.to is not None else None
    frames = max(MIN_FRAMES, edit_frame(parse_seconds(transition.duration), rate))
    if incoming is None:
        if outgoing is None:
            return None
        cut = outgoing[1]
        return Span(cut - frames, cut, cut, free=True)
    cut = incoming[0]
    if outgoing is None:
        return Span(cut, cut + frames, cut, free=True)
    first = {"center": cut - frames // 2, "start": cut, "end": cut - frames}[transition.align]
    return Span(first, first + frames, cut, free=False)

"""Small projects made for one purpose: what the builders that need a whole timeline hand to the render builder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import msgspec

from protocol.project import Export, Project
from protocol.time import format_exact, format_rate
from protocol.typed import ready
from sidecar.core.source import SourceFacts
from sidecar.core.timeline import Timeline, resolve

MIN_SIDE = 16


@dataclass(frozen=True, slots=True)
class Piece:
    """A clip: `frames` project frames of a file from `start` seconds on, at `speed`."""

    facts: SourceFacts
    start: Fraction
    frames: int
    video_stream: int | None = 0
    audio_stream: int | None = 0
    speed: Fraction = Fraction(1)
    freeze: bool = False
    effects: Sequence[dict[str, Any]] = ()
    """As a project has them."""


def assemble(
    pieces: Sequence[Piece],
    *,
    rate: Fraction,
    size: tuple[int, int],
    export: dict[str, Any],
    cues: Sequence[dict[str, Any]] = (),
    fit: Literal["contain", "cover", "stretch"] = "contain",
) -> tuple[Timeline, Export]:
    """Put pieces one behind the other on one track, cues above them; `size` is even, `export` as a project has it."""
    clips = []
    first = 0
    for piece in pieces:
        source: dict[str, Any] = {"kind": "file", "path": piece.facts.path}
        source["videoStream"] = piece.video_stream if piece.facts.video else None
        source["audioStream"] = piece.audio_stream if piece.facts.audio else None
        clips.append(
            {
                "source": source,
                "start": format_exact(first / rate),
                "duration": format_exact(piece.frames / rate),
                "sourceStart": format_exact(piece.start),
                "speed": float(piece.speed),
                "freeze": piece.freeze,
                "effects": list(piece.effects),
                "fit": fit,
            }
        )
        first += piece.frames
    tracks: list[dict[str, Any]] = [{"kind": "video", "clips": clips}]
    if cues:
        tracks.append({"kind": "subtitle", "cues": list(cues)})
    raw = {
        "schema": "timeline/1",
        "frameRate": format_rate(rate),
        "width": size[0],
        "height": size[1],
        "tracks": tracks,
        "export": export,
    }
    project = msgspec.convert(raw, ready(Project))
    return resolve(project, {piece.facts.path: piece.facts for piece in pieces}), project.export


def rate_for(facts: SourceFacts, video_stream: int | None, *, at_most: Fraction) -> Fraction:
    """Return a project's rate for a file: its own, halved until it is low enough; 25 where it has none."""
    rate = facts.video[video_stream].rate if video_stream is not None and facts.video else None
    if rate is None:
        return min(Fraction(25), at_most)
    while rate > at_most:
        rate /= 2
    return rate if 1 <= rate <= 240 else min(Fraction(25), at_most)


def even(size: tuple[int, int]) -> tuple[int, int]:
    """Return a size whose sides are even and not below what a project may have."""
    return max(MIN_SIDE, size[0] // 2 * 2), max(MIN_SIDE, size[1] // 2 * 2)

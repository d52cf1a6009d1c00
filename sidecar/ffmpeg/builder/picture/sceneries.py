"""What is on screen when, as the grid of cells is cut by it: what moves, from where it is counted, and what is still.

Of several pictures that move at a time the lowest counts: what lies over it may come, go and move without that the
cells change which show nothing of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil
from typing import Any

import msgspec

from protocol.project import (
    ColorSource,
    Effect,
    Export,
    FileSource,
    GraphicSource,
    NoiseSource,
    TitleSource,
    VideoExport,
)
from protocol.time import parse_seconds
from sidecar.core.grid import Scenery
from sidecar.core.keys import plan_key
from sidecar.core.timeline import Crossing, Item, OutputSpan, Timeline
from sidecar.ffmpeg.builder.picture import backdrop_of, canvas_for, compose_window
from sidecar.ffmpeg.builder.picture.convert import formats
from sidecar.ffmpeg.builder.picture.effects import acts
from sidecar.ffmpeg.builder.picture.plan import Part, Planner
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.picture.stretches import Cutter
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.text import is_moving


@dataclass(frozen=True, slots=True)
class _Counted:
    """Whose frames are counted, and the moment, in project frames, from which."""

    whose: Item | Crossing
    origin: Fraction


@dataclass(frozen=True, slots=True)
class _Shot:
    """Project frames [first, end) in which the same is shown; `counted` None: nothing of it is known to move."""

    first: int
    end: int
    shows: tuple[Item | Crossing, ...]
    counted: _Counted | None


@dataclass(frozen=True)
class Theatre:
    """What sceneries are found in: a timeline as an export shows it."""

    timeline: Timeline
    export: Export
    video: VideoExport
    span: OutputSpan
    resources: Resources
    cutter: Cutter

    @cached_property
    def cue_edges(self) -> tuple[list[int], list[int]]:
        """Frames at which cues begin, and at which they end, each in order."""
        burned = self.timeline.cues if self.export.subtitles == "burn" else ()
        cues = [cue for lane in burned for cue in lane.cues if cue.first < cue.end_frame]
        return sorted(cue.first for cue in cues), sorted(cue.end_frame for cue in cues)

    @cached_property
    def edges(self) -> list[int]:
        """Where anything begins or ends that no shot tells of: cues, and effects of tracks and of the project."""
        begun, ended = self.cue_edges
        owners = [self.timeline.project.effects, *(lane.track.effects for lane in self.timeline.video)]
        found = [edge for effects in owners for edge in _effect_edges(effects, 0, self.timeline.rate)]
        return sorted({*begun, *ended, *found})

    def cued(self, frame: int) -> bool:
        """Whether any cue is shown at a frame."""
        begun, ended = self.cue_edges
        return bisect_right(begun, frame) > bisect_right(ended, frame)


def sceneries(theatre: Theatre, shortest: Fraction) -> list[Scenery]:
    """Return what the whole timeline shows, in order.

    One picture is encoded at a cell's full length however little of it is needed. So where it is more than colours, it
    counts as still only from `shortest` project frames on.
    """
    found: list[Scenery] = []
    before: _Counted | None = None
    for shot in _shots(theatre):
        if shot.counted is None:
            found += _at_rest(shot, theatre, shortest)
        elif found and shot.counted == before:
            found[-1] = Scenery(found[-1].first, shot.end, before.origin)
        else:
            found.append(Scenery(shot.first, shot.end, shot.counted.origin))
        before = shot.counted
    return found


def _shots(theatre: Theatre) -> Iterator[_Shot]:
    timeline, video, span = theatre.timeline, theatre.video, theatre.span
    canvas = canvas_for((timeline.width, timeline.height), (span.width, span.height))
    scene = Scene(timeline, canvas, formats(video.pixel_format), theatre.resources)
    planner = Planner(scene, theatre.cutter)
    plain = not acts(timeline.project.effects, theatre.resources.catalogue)
    whole = planner.whole(0, timeline.frames, backdrop_of(timeline, video), plain=plain)
    for piece in whole.pieces:
        edges = {piece.first, piece.end}
        for part in piece.parts:
            edges |= _inner_edges(part)
        for first, end in pairwise(sorted(edge for edge in edges if piece.first <= edge <= piece.end)):
            shows = tuple(thing for part in piece.parts for thing in _shown(part, first))
            counted = next((found for thing in shows if (found := _counted(thing, timeline.rate)) is not None), None)
            yield _Shot(first, end, shows, counted)


def _inner_edges(part: Part) -> set[int]:
    """Where what a track shows by itself becomes another thing."""
    if part.inner is None or part.shown.what is not None:
        return set()
    return {edge for piece in part.inner.pieces for edge in (piece.first, piece.end)}


def _shown(part: Part, frame: int) -> Iterator[Item | Crossing]:
    if part.shown.what is not None:
        yield part.shown.what
    elif part.inner is not None:
        for piece in part.inner.pieces:
            if piece.first <= frame < piece.end:
                yield from (thing for inner in piece.parts for thing in _shown(inner, frame))


def _counted(thing: Item | Crossing, rate: Fraction) -> _Counted | None:
    """Where the frames of what moves are counted from: of files a moment of the file, else of the clip.

    A transition counts as part of what it leads to.
    """
    if isinstance(thing, Crossing):
        into = None if thing.incoming is None else _counted(thing.incoming, rate)
        return into or _Counted(thing, Fraction(thing.first))
    source, first = thing.clip.source, Fraction(thing.first)
    if isinstance(source, FileSource):
        still = thing.frozen or thing.file is None or thing.file.video is None or thing.file.video.still
        if not still and thing.time_map is None:
            into_source = thing.source_start * rate / thing.speed
            return _Counted(thing, first + thing.frames - 1 + into_source if thing.reverse else first - into_source)
        moving = not still
    elif isinstance(source, TitleSource | GraphicSource):
        moving = is_moving(source)
    else:
        moving = isinstance(source, NoiseSource)
    return _Counted(thing, first) if moving or _keyed(thing.clip) else None


def _keyed(part: Any) -> bool:
    """Whether any number of a clip changes over time."""
    return b'"keyframes"' in msgspec.json.encode(part)


def _at_rest(shot: _Shot, theatre: Theatre, shortest: Fraction) -> Iterator[Scenery]:
    """Cut a shot where cues or effects begin or end, and say of each part whether it is one picture."""
    rate = theatre.timeline.rate
    edges = {*theatre.edges[bisect_right(theatre.edges, shot.first) : bisect_left(theatre.edges, shot.end)]}
    for thing in shot.shows:
        if isinstance(thing, Item):
            own = _effect_edges(thing.clip.effects, thing.first, rate)
            edges |= {edge for edge in own if shot.first < edge < shot.end}
    for first, end in pairwise(sorted({shot.first, *edges, shot.end})):
        cued = theatre.cued(first)
        plain = not cued and all(_plain(thing) for thing in shot.shows)
        if (plain or end - first >= shortest) and _still(theatre, first, end):
            yield Scenery(first, end, None)
        elif cued or not shot.shows:
            yield Scenery(first, end, Fraction(first))
        else:
            yield Scenery(first, end, Fraction(shot.shows[0].first))


def _effect_edges(effects: Iterable[Effect], base: int, rate: Fraction) -> Iterator[int]:
    for effect in effects:
        yield base + ceil(parse_seconds(effect.start) * rate)
        if effect.end is not None:
            yield base + ceil(parse_seconds(effect.end) * rate)


def _plain(thing: Item | Crossing) -> bool:
    return isinstance(thing, Item) and isinstance(thing.clip.source, ColorSource) and not thing.clip.effects


def _still(theatre: Theatre, first: int, end: int) -> bool:
    """Whether all frames are one picture: what makes all but the last makes all but the first, too."""
    return end - first == 1 or _made(theatre, (first, end - 1)) == _made(theatre, (first + 1, end))


def _made(theatre: Theatre, window: tuple[int, int]) -> str:
    composed = compose_window(
        theatre.timeline,
        theatre.export,
        theatre.video,
        theatre.span,
        theatre.resources,
        window=window,
        cutter=theatre.cutter,
        sketch=True,
    )
    return plan_key(composed, {}, "")

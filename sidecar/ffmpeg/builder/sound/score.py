"""The score: what sounds when, in samples, for all tracks of a timeline."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

from protocol.project import VideoTrack
from protocol.time import sample_at_frame
from sidecar.core.timeline import Crossing, Item, Lane, Timeline
from sidecar.ffmpeg.builder.catalogue import Catalogue
from sidecar.ffmpeg.builder.sound.effects import Span, tail
from sidecar.ffmpeg.builder.sound.ramps import Curve, Ramp
from sidecar.ffmpeg.builder.sound.sources import Sound, samples, sound_of


@dataclass(frozen=True, slots=True)
class Piece:
    """A clip's sound: samples [start, end) of the project with its handles, `until` with the tail of its effects.

    The ramps on it are counted from `start`.
    """

    item: Item
    sound: Sound
    start: int
    end: int
    until: int
    ramps: tuple[Ramp, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """Pieces of a track that do not overlap, in order."""

    pieces: tuple[Piece, ...]
    starts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", tuple(piece.start for piece in self.pieces))

    def within(self, span: Span) -> Sequence[Piece]:
        """Return what sounds in a span."""
        first = max(0, bisect_right(self.starts, span[0]) - 1)
        last = bisect_left(self.starts, span[1])
        return [piece for piece in self.pieces[first:last] if piece.until > span[0]]


@dataclass(frozen=True, slots=True)
class Part:
    """A track: its lane, and its pieces on as few sides as there are at once."""

    lane: Lane
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """All tracks, from the bottom to the top, and the number of samples of the project."""

    parts: tuple[Part, ...]
    length: int

    def part(self, track: str) -> Part | None:
        """Find a track by its id."""
        return next((part for part in self.parts if part.lane.track.id == track), None)


def score_of(timeline: Timeline, catalogue: Catalogue) -> Score:
    """Write the score of a timeline."""
    length = sample_at_frame(timeline.frames, timeline.rate, timeline.sample_rate)
    parts = [Part(lane, _sides(list(_pieces(lane, timeline, catalogue, length)))) for lane in timeline.lanes]
    return Score(tuple(parts), length)


def samples_of(timeline: Timeline, window: tuple[int, int]) -> Span:
    """Return the samples of project frames [from, to)."""
    start, end = (sample_at_frame(frame, timeline.rate, timeline.sample_rate) for frame in window)
    return start, end


def _pieces(lane: Lane, timeline: Timeline, catalogue: Catalogue, length: int) -> Iterator[Piece]:
    into = {id(crossing.incoming): crossing for crossing in lane.crossings if crossing.transition.audio != "cut"}
    out_of = {id(crossing.outgoing): crossing for crossing in lane.crossings if crossing.transition.audio != "cut"}
    video = isinstance(lane.track, VideoTrack)
    for item in lane.items:
        sound = sound_of(item, video=video)
        if sound is None:
            continue
        piece = _piece(item, sound, into.get(id(item)), out_of.get(id(item)), timeline)
        if piece.start < piece.end:
            after = ceil(tail(item.clip.effects, catalogue) * timeline.sample_rate)
            silenced = any(not ramp.rising for ramp in piece.ramps)
            until = piece.end if silenced else max(piece.end, min(length, piece.end + after))
            yield Piece(item, sound, piece.start, piece.end, until, piece.ramps)


def _piece(item: Item, sound: Sound, into: Crossing | None, out_of: Crossing | None, timeline: Timeline) -> Piece:
    """Say from where to where a clip sounds: with its handles under cross-fades, up to the cut where there is none.

    A fade of its own is not applied on an edge that cross-fades, as with the picture.
    """
    first = item.first - (0 if into is None else item.head)
    start, end = samples_of(timeline, (first, item.end + (0 if out_of is None else item.tail)))
    ramps = []
    if into is not None:
        ramps.append(_crossing_ramp(into, timeline, start, rising=True))
    elif item.audio_fade_in > 0:
        length = samples(item.audio_fade_in, timeline.sample_rate)
        ramps.append(Ramp(0, length, rising=True, curve="linear", centred=False))
    if out_of is not None:
        ramps.append(_crossing_ramp(out_of, timeline, start, rising=False))
    elif item.audio_fade_out > 0:
        length = samples(item.audio_fade_out, timeline.sample_rate)
        ramps.append(Ramp(end - start - length, length, rising=False, curve="linear", centred=False))
    return Piece(item, sound, start, end, end, tuple(ramps))


def _crossing_ramp(crossing: Crossing, timeline: Timeline, start: int, *, rising: bool) -> Ramp:
    """Say how one side of a cross-fade rises or falls, counted from sample `start` of the project."""
    first, end = samples_of(timeline, (crossing.first, crossing.end))
    curve: Curve = "power" if crossing.transition.audio == "constantPower" else "linear"
    return Ramp(first - start, end - first, rising, curve, centred=True)


def _sides(pieces: Sequence[Piece]) -> tuple[Side, ...]:
    """Lay pieces on the first side that is free: what overlaps lies on different ones."""
    sides: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.start):
        side = next((side for side in sides if side[-1].until <= piece.start), None)
        if side is None:
            side = []
            sides.append(side)
        side.append(piece)
    return tuple(Side(tuple(side)) for side in sides)

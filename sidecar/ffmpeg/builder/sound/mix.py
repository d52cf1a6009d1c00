"""The mix: every clip that sounds in a window, in its place to the sample (docs/project.md §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from protocol.project import Animated, ToneSource
from protocol.time import sample_at_frame
from sidecar.core.timeline import Crossing, Item, Lane, Timeline
from sidecar.ffmpeg.builder.graph import Expression, Stream, node
from sidecar.ffmpeg.builder.sound.channels import (
    LAYOUTS,
    Matrix,
    apply_matrix,
    balance,
    identity,
    layout_matrix,
    map_matrix,
    scaled,
)
from sidecar.ffmpeg.builder.sound.ramps import Curve, Ramp, apply_ramps
from sidecar.ffmpeg.builder.sound.sources import FileSound, Readers, generate, samples, sound_of, steady
from sidecar.ffmpeg.builder.sound.speed import Reading, play, source_rate

_SIDES = 2
"""A clip overlaps with its neighbours only, so every other clip of a track lies free of it."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A clip's sound: samples [start, end) of the project, and the ramps on it, counted from `start`."""

    item: Item
    sound: FileSound | ToneSource
    start: int
    end: int
    ramps: tuple[Ramp, ...]


def build_sound(timeline: Timeline, window: tuple[int, int]) -> Stream | None:
    """Mix the sound of project frames [from, to) as one stream of floats at the project's rate and layout.

    It is exactly as many samples long as lie between the two frame edges, and begins at timestamp 0. None where
    nothing sounds: see `silence`. The command needs `-copyts`.
    """
    span = _span(timeline, window)
    if span[0] >= span[1]:
        return None
    tracks = [track for lane in timeline.lanes if (track := _track(lane, timeline, span)) is not None]
    if not tracks:
        return None
    return _gained(_sum(tracks), timeline.project.master_volume, 0.0, timeline.channels)


def silence(timeline: Timeline, window: tuple[int, int]) -> Stream:
    """Return silence of a window's exact length."""
    start, end = _span(timeline, window)
    layout = LAYOUTS[timeline.channels]
    nothing = node("anullsrc", medium="audio", r=timeline.sample_rate, cl=layout)
    return node("aformat", node("atrim", nothing, end_sample=end - start), sample_fmts="fltp")


def export_sound(
    stream: Stream, timeline: Timeline, window: tuple[int, int], *, channels: int, rate: int, length: int
) -> Stream:
    """Bring the mix of a window to an export's layout and rate, `length` samples long."""
    if channels != timeline.channels:
        layout = LAYOUTS[timeline.channels]
        stream = apply_matrix(stream, layout_matrix(layout, timeline.channels, channels))
    if rate != timeline.sample_rate:
        stream = node("aresample", stream, osr=rate, osf="fltp")
    start, end = _span(timeline, window)
    if rate == timeline.sample_rate and length == end - start:
        return stream
    return node("atrim", node("apad", stream, whole_len=length), end_sample=length)


def _span(timeline: Timeline, window: tuple[int, int]) -> tuple[int, int]:
    start, end = (sample_at_frame(frame, timeline.rate, timeline.sample_rate) for frame in window)
    return start, end


def _track(lane: Lane, timeline: Timeline, span: tuple[int, int]) -> Stream | None:
    """Mix a track over the samples of a window; None if it is silent there."""
    if not lane.audible or lane.track.volume == 0:
        return None
    heard = [(item, sound) for item in lane.items if (sound := sound_of(item)) is not None]
    pieces = [_piece(item, sound, lane, timeline) for item, sound in heard]
    pieces = [piece for piece in pieces if piece.start < span[1] and piece.end > span[0] and piece.start < piece.end]
    if not pieces:
        return None
    overlap = any(before.end > after.start for before, after in pairwise(pieces))
    sides = [pieces[side::_SIDES] for side in range(_SIDES)] if overlap else [pieces]
    mixed = _sum([_sequence(side, timeline, span) for side in sides if side])
    return _gained(mixed, lane.track.volume, lane.track.pan, timeline.channels)


def _piece(item: Item, sound: FileSound | ToneSource, lane: Lane, timeline: Timeline) -> _Piece:
    """Say from where to where a clip sounds: with its handles under cross-fades, up to the cut where there is none.

    A fade of its own is not applied on an edge that cross-fades, as with the picture.
    """
    into = next((crossing for crossing in lane.crossings if crossing.incoming is item), None)
    out_of = next((crossing for crossing in lane.crossings if crossing.outgoing is item), None)
    into = None if into is not None and into.transition.audio == "cut" else into
    out_of = None if out_of is not None and out_of.transition.audio == "cut" else out_of
    first = item.first - (0 if into is None else item.head)
    start, end = _span(timeline, (first, item.end + (0 if out_of is None else item.tail)))
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
    return _Piece(item, sound, start, end, tuple(ramps))


def _crossing_ramp(crossing: Crossing, timeline: Timeline, start: int, *, rising: bool) -> Ramp:
    """Say how one side of a cross-fade rises or falls, counted from sample `start` of the project."""
    first, end = _span(timeline, (crossing.first, crossing.end))
    curve: Curve = "power" if crossing.transition.audio == "constantPower" else "linear"
    return Ramp(first - start, end - first, rising, curve, centred=True)


def _sequence(pieces: Sequence[_Piece], timeline: Timeline, span: tuple[int, int]) -> Stream:
    """Lay clips that do not overlap one behind the other over a window, silence between them."""
    readers = Readers()
    parts: list[Stream] = []
    for index, piece in enumerate(pieces):
        start, end = max(piece.start, span[0]), min(piece.end, span[1])
        until = max(end, pieces[index + 1].start) if index + 1 < len(pieces) else span[1]
        part = node("apad", _clip(piece, timeline, readers, (start, end)), whole_len=until - start)
        if index == 0 and start > span[0]:
            part = node("adelay", part, delays=f"{start - span[0]}S", all=1)
        parts.append(part)
    return parts[0] if len(parts) == 1 else node("concat", *parts, n=len(parts), v=0, a=1)


def _clip(piece: _Piece, timeline: Timeline, readers: Readers, span: tuple[int, int]) -> Stream:
    """Make the sound of a clip on samples [start, end) of the project, at most that long, in the project's layout."""
    item, rate, channels = piece.item, timeline.sample_rate, timeline.channels
    clip = item.clip
    start, length = span[0], span[1] - span[0]
    if isinstance(piece.sound, ToneSource):
        made = generate(piece.sound, rate, start - piece.start, length)
        matrix = layout_matrix("mono", 1, channels)
    else:
        made = _read(piece, piece.sound, timeline, readers, span)
        matrix = _channels(piece.sound, channels)
    gains = tuple(steady(clip.volume) * factor for factor in balance(steady(clip.pan), channels))
    matrix = scaled(matrix, gains)
    if matrix != identity(channels):
        made = apply_matrix(made, matrix)
    ramps = [replace(ramp, start=ramp.start - (start - piece.start)) for ramp in piece.ramps]
    return apply_ramps(made, ramps, channels, rate, length)


def _read(piece: _Piece, sound: FileSound, timeline: Timeline, readers: Readers, span: tuple[int, int]) -> Stream:
    """Read what a clip takes of its file on samples [start, end) of the project, at the clip's speed."""
    item, rate = piece.item, timeline.sample_rate
    keep = item.clip.pitch == "keep"
    # Stretching has a memory, and resampling a phase: such a clip is always made from its own beginning.
    begin = piece.start if item.speed != 1 else span[0]
    edge = sample_at_frame(item.first, timeline.rate, rate)
    instant = item.source_start + Fraction(begin - edge, rate) * item.speed
    reading = Reading(instant, item.speed, span[1] - begin, rate)
    last = instant + Fraction(reading.length, rate) * item.speed
    made = play(readers.take(sound, source_rate(item.speed, rate, keep=keep), instant, last), reading, keep=keep)
    if begin == span[0]:
        return made
    cut = node("atrim", made, start_sample=span[0] - begin, end_sample=reading.length)
    return node("asetpts", cut, expr=Expression("N"))


def _channels(sound: FileSound, wanted: int) -> Matrix:
    if sound.channel_map is not None:
        return map_matrix(sound.channel_map, sound.audio.channels, wanted)
    return layout_matrix(sound.audio.layout, sound.audio.channels, wanted)


def _sum(streams: Sequence[Stream]) -> Stream:
    """Add streams up, without any normalisation."""
    if len(streams) == 1:
        return streams[0]
    return node("amix", *streams, inputs=len(streams), duration="longest", dropout_transition=0, normalize=0)


def _gained(stream: Stream, volume: Animated, pan: Animated, channels: int) -> Stream:
    """Apply a constant volume and balance; nothing where they change nothing."""
    gains = tuple(steady(volume) * factor for factor in balance(steady(pan), channels))
    matrix = scaled(identity(channels), gains)
    return stream if matrix == identity(channels) else apply_matrix(stream, matrix)

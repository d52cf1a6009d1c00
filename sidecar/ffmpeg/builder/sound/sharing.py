"""Decides whether one process mixes the sound of a render, and if not, how the work is cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.emit import measure
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.sound.clips import use_of
from sidecar.ffmpeg.builder.sound.effects import Span, acting, keys, remembers_all
from sidecar.ffmpeg.builder.sound.mix import Mixer
from sidecar.ffmpeg.builder.sound.rows import Kept
from sidecar.ffmpeg.builder.sound.score import Part as Track
from sidecar.ffmpeg.builder.sound.score import Piece, Score, samples_of, score_of
from sidecar.ffmpeg.builder.sound.shelf import Baked, Part, clips_to_bake, supplies
from sidecar.ffmpeg.builder.sound.sources import FileSound, Readers, Shelf
from sidecar.ffmpeg.builder.sound.staged import SoundStages, Window

WINDOW_SECONDS = 10
"""The mix is cut on a grid of so many seconds, to the nearest frame."""

MAX_FILTERS = 240
MAX_INPUTS = 24
MAX_GAINS = 64 * 2**20
"""What one process is given: filters, files, and bytes of gains."""

MANY_CLIPS = 60
"""So many clips are never mixed by one process."""

MAX_SHELF = 2**30
"""Bytes of sound that lie in a job's folder while a run of windows is mixed, where fewer windows need less."""

WORTH_HALVING = 0.75
"""A run is halved only where no half needs a larger share of its shelf."""

MOST_AGAIN = 900
TIMES_AGAIN = 3
"""Seconds of sound that one process may decode more than once, or how many times all that it needs.

Beyond both it costs less to decode the files to the shelf once, and to read it there.
"""

MAX_TURNED = 30
"""Seconds of sound that one process may turn round straight from a decoder, which has to hold them."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a graph asks of its process."""

    filters: int
    inputs: int
    gains: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.filters + other.filters, self.inputs + other.inputs, self.gains + other.gains)

    @property
    def bearable(self) -> bool:
        """Whether one process may be asked for it."""
        return self.filters <= MAX_FILTERS and self.inputs <= MAX_INPUTS and self.gains <= MAX_GAINS


NOTHING = Cost(0, 0)
SUMMED = Cost(20, 1)
"""What comes beside the tracks where several processes sum them up: the sum so far, and what follows."""


class Counted(SideFiles):
    """Side files of a graph that is only counted: what would be computed for them is not."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def made(self, stem: str, suffix: str, make: Callable[[], bytes], size: int, about: str) -> str:  # noqa: ARG002
        """Count the bytes and return any name."""
        self.bytes += size
        return self.fresh(f"{stem}.{suffix}")


def share_sound(
    timeline: Timeline, window: tuple[int, int], resources: Resources, *, beside: Cost = NOTHING, always: bool = False
) -> SoundStages | None:
    """Share the mix of project frames [first, end) out; None where one process makes it.

    That process is asked for `beside`, too, and for levelling. `always`: the mix is wanted by itself.
    """
    score = score_of(timeline, resources.catalogue)
    sharing = _Sharing(timeline, resources, score)
    if not always and sharing.at_once(window, beside):
        return None
    return sharing.shared(window)


def share_run(timeline: Timeline, window: tuple[int, int], resources: Resources, *, summed: bool) -> SoundStages:
    """Share the mix of project frames [first, end) out, be it to a single process.

    `summed`: only the sum of the tracks is wanted; a project that has effects can be mixed in no other way.
    """
    score = score_of(timeline, resources.catalogue)
    sharing = _Sharing(timeline, resources, score)
    if sharing.at_once(window, NOTHING, summed=summed):
        only = Window(*window, (len(score.parts),))
        return SoundStages(timeline, resources, score, *window, (), (), (only,), (), summed, straight=True)
    return sharing.shared(window, summed=summed)


def share_runs(
    timeline: Timeline, windows: Sequence[tuple[int, int]], resources: Resources, *, summed: bool
) -> tuple[SoundStages, ...]:
    """Share the mix of neighbouring windows out, in as many runs as keep each shelf small where that is possible."""
    run = share_run(timeline, (windows[0][0], windows[-1][1]), resources, summed=summed)
    if run.bytes <= MAX_SHELF or len(windows) == 1:
        return (run,)
    half = len(windows) // 2
    halves = [share_runs(timeline, part, resources, summed=summed) for part in (windows[:half], windows[half:])]
    # What remembers everything asks for as much in every half.
    if max(each.bytes for part in halves for each in part) > WORTH_HALVING * run.bytes:
        return (run,)
    return tuple(each for part in halves for each in part)


def share_closing(timeline: Timeline, window: tuple[int, int], resources: Resources) -> SoundStages:
    """Share out what comes after the sum of the tracks, which lies on the shelf from frame 0 to the window's end."""
    score = score_of(timeline, resources.catalogue)
    stages = _Sharing(timeline, resources, score).shared(window)
    if any(keys(timeline.project.effects, resources.catalogue)):
        return replace(stages, windows=())
    return replace(stages, windows=(), supplies=(), baked=())


@dataclass(frozen=True, slots=True)
class _Sharing:
    timeline: Timeline
    resources: Resources
    score: Score

    def at_once(self, window: tuple[int, int], beside: Cost, *, summed: bool = False) -> bool:
        """Whether one process may mix a window straight from the files."""
        span = samples_of(self.timeline, window)
        pieces = [piece for track in self._heard() for side in track.sides for piece in side.within(span)]
        if len(pieces) > MANY_CLIPS or any(self._turns(piece) for piece in pieces) or self._repeats(span):
            return False

        def mixed(mixer: Mixer) -> Stream | None:
            return mixer.tracks(span, self.score.parts) if summed else mixer.project(span)

        return (self._cost(None, mixed) + beside + SUMMED).bearable

    def shared(self, window: tuple[int, int], *, summed: bool = False) -> SoundStages:
        """Decide what lies on the shelf, and how the mix is cut."""
        line, catalogue = self.timeline, self.resources.catalogue
        affected = not summed and any(True for _ in acting(line.project.effects, catalogue))
        remembering = [track for track in self._heard() if remembers_all(track.lane.track.effects, catalogue)]
        first = 0 if affected else window[0]
        span = (0, self.score.length) if affected else self._needed(samples_of(line, window))
        pieces = [piece for track in self._heard() for side in track.sides for piece in side.within(span)]
        shelf = Shelf({}, {})
        supplied = supplies(line, catalogue, pieces, span)
        for supply in supplied:
            shelf.sources[supply.sound.key, supply.rate] = supply.kept("")
        step = max(1, round(WINDOW_SECONDS * line.rate))
        grid = round(step * line.sample_rate / line.rate)
        baked = list(clips_to_bake(line, catalogue, pieces, grid))
        shelf.made.update({each.name: each.kept("") for each in baked})
        for track in remembering:
            for each in self._remembering(track, shelf, len(baked)):
                baked.append(each)
                shelf.made[each.name] = each.kept("")
        every = len(self.score.parts)

        def summing(part: tuple[int, int], begin: int, end: int) -> Cost:
            tracks = self.score.parts[begin:end]
            return self._cost(shelf, lambda mixer: mixer.tracks(samples_of(line, part), tracks))

        windows = tuple(_windows((first, window[1]), step, every, summing))
        closing: tuple[Window, ...] = ()
        if affected:
            length = samples_of(line, (0, window[1]))
            shelf.made["project"] = Kept("file:", *length, line.sample_rate, line.channels)

            def after(part: tuple[int, int], _begin: int, _end: int) -> Cost:
                return self._cost(shelf, lambda mixer: mixer.project(samples_of(line, part)))

            closing = tuple(_windows(window, step, 1, after))
        return SoundStages(line, self.resources, self.score, *window, supplied, tuple(baked), windows, closing, summed)

    def _needed(self, span: Span) -> Span:
        """Return the samples that clips are needed for where a span is mixed: effects hear more than it."""
        catalogue, heard = self.resources.catalogue, self._heard()
        clips = (piece.item.clip.effects for track in heard for side in track.sides for piece in side.pieces)
        if any(True for effects in clips for _ in keys(effects, catalogue)):
            return 0, self.score.length
        before, after = Fraction(0), Fraction(0)
        for each in (each for track in heard for each in acting(track.lane.track.effects, catalogue)):
            pre_roll = each.kind.pre_roll(each.parameters)
            if pre_roll is None:
                return 0, self.score.length
            before += pre_roll
            after += each.kind.look_ahead(each.parameters)
        rate = self.timeline.sample_rate
        return max(0, span[0] - ceil(before * rate)), min(self.score.length, span[1] + ceil(after * rate))

    def _heard(self) -> list[Track]:
        """Return the tracks that are mixed, or that some effect listens to."""
        tracks, project, catalogue = self.score.parts, self.timeline.project, self.resources.catalogue
        clips = (piece.item.clip for track in tracks for side in track.sides for piece in side.pieces)
        lists = [project.effects, *(track.lane.track.effects for track in tracks), *(clip.effects for clip in clips)]
        listened = {key for effects in lists for key in keys(effects, catalogue)}
        return [track for track in tracks if track.lane.audible or track.lane.track.id in listened]

    def _repeats(self, span: Span) -> bool:
        """Whether clips that lie anywhere in their files have too much decoded again and again."""
        decoded, once = Fraction(0), Fraction(0)
        for side in (side for track in self._heard() for side in track.sides):
            readers = Readers()
            for piece in side.within(span):
                start, end = max(piece.start, span[0]), min(piece.end, span[1])
                if isinstance(piece.sound, FileSound) and not piece.item.looped and start < end:
                    use = use_of(piece, self.timeline, (start, end))
                    readers.row(piece.sound, use.rate, use.first, use.end)
            found = readers.seconds()
            decoded, once = decoded + found[0], once + found[1]
        return decoded > once + MOST_AGAIN and decoded > TIMES_AGAIN * once

    def _turns(self, piece: Piece) -> bool:
        """Whether a clip turns more round than a process may hold."""
        if not isinstance(piece.sound, FileSound):
            return False
        use = use_of(piece, self.timeline, (piece.start, piece.end))
        return use.turned and use.end - use.first > MAX_TURNED * use.rate

    def _remembering(self, track: Track, shelf: Shelf, number: int) -> Iterator[Baked]:
        """Make a track's clips by windows, then its effects on all of them at once."""
        line, end = self.timeline, self.timeline.frames
        step = max(1, round(WINDOW_SECONDS * line.rate))

        def cost(part: tuple[int, int], _begin: int, _end: int) -> Cost:
            return self._cost(shelf, lambda mixer: mixer.clips(track, samples_of(line, part)))

        def under(span: Span) -> Part:
            return Part(span, lambda mixer: mixer.clips(track, span))

        spans = [samples_of(line, (each.first, each.end)) for each in _windows((0, end), step, 1, cost)]
        pointer = track.lane.pointer
        yield Baked(f"under {pointer}", number, line.sample_rate, line.channels, tuple(map(under, spans)))
        whole = samples_of(line, (0, end))
        part = Part(whole, lambda mixer: mixer.affected(track, whole))
        yield Baked(pointer, number + 1, line.sample_rate, line.channels, (part,))

    def _cost(self, shelf: Shelf | None, make: Callable[[Mixer], Stream | None]) -> Cost:
        files = Counted()
        stream = make(Mixer(self.timeline, self.resources, self.score, files, shelf))
        if stream is None:
            return NOTHING
        asked = measure((stream,))
        filters, inputs = asked.filters, asked.inputs
        return Cost(filters, inputs, files.bytes)


Asked = Callable[[tuple[int, int], int, int], Cost]
"""What a window of frames asks of a process, for the tracks from one number up to another."""


def _windows(frames: tuple[int, int], step: int, tracks: int, asked: Asked) -> Iterator[Window]:
    """Cut frames on the grid, further where a process would be asked for too much, and join neighbours that fit."""
    pending: tuple[Window, Cost] | None = None
    edges = [frames[0], *range((frames[0] // step + 1) * step, frames[1], step), frames[1]]
    for cell in pairwise(edges):
        for window, cost in _fitting(cell, asked(cell, 0, tracks), tracks, asked):
            if pending is not None:
                before, total = pending
                if len(before.ends) == len(window.ends) == 1 and (total + cost).bearable:
                    pending = Window(before.first, window.end, window.ends), total + cost
                    continue
                yield before
            pending = window, cost
    if pending is not None:
        yield pending[0]


def _fitting(cell: tuple[int, int], cost: Cost, tracks: int, asked: Asked) -> Iterator[tuple[Window, Cost]]:
    """Halve a window while that makes it cheaper; then let its tracks be summed up by several processes."""
    first, end = cell
    if cost.bearable:
        yield Window(first, end, (tracks,)), cost
        return
    halves = (first, (first + end) // 2), ((first + end) // 2, end)
    costs = [asked(half, 0, tracks) for half in halves] if end - first > 1 else []
    if any(half != cost for half in costs):
        for half, each in zip(halves, costs, strict=True):
            yield from _fitting(half, each, tracks, asked)
        return
    ends: list[int] = []
    total = NOTHING
    for track in range(tracks):
        each = asked(cell, track, track + 1)
        if track and not (total + each + SUMMED).bearable:
            ends.append(track)
            total = NOTHING
        total += each
    yield Window(first, end, (*ends, tracks)), cost

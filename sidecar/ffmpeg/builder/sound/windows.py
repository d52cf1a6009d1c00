"""The windows in which a mix is made and kept: where they lie, and the key of each.

A window sounds the same however it is made: alone, with its neighbours, off a shelf. So its key is that of the graph
that would make it alone, straight from the files. Where a track has effects that remember everything, that graph would
hold all that came before; what they are given is counted by keys of its own windows there, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise

from sidecar.core.keys import IGNORED, plan_key
from sidecar.core.timeline import Timeline
from sidecar.core.timeline.joining import joined
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sidefiles import Sketched
from sidecar.ffmpeg.builder.sound.effects import Span, acting, remembers_all
from sidecar.ffmpeg.builder.sound.mix import Mixer
from sidecar.ffmpeg.builder.sound.rows import SAMPLE_BYTES, Kept
from sidecar.ffmpeg.builder.sound.score import Part, Score, samples_of, score_of
from sidecar.ffmpeg.builder.sound.sharing import WINDOW_SECONDS
from sidecar.ffmpeg.builder.sound.sources import Shelf
from sidecar.ffmpeg.builder.sound.staged import written


@dataclass(frozen=True, slots=True)
class MixWindow:
    """Project frames [first, end) of a mix: how many bytes of floats they are, and their key; None: silence.

    `sources` are the paths of the files that are heard in it.
    """

    first: int
    end: int
    bytes: int
    key: str | None
    sources: tuple[str, ...] = field(default=(), metadata=IGNORED)


@dataclass(frozen=True, slots=True)
class MixPlan:
    """How the mix of project frames [first, end) is made: window by window, each kept by its key.

    `summed`: the project has effects, which may hear everything before. The windows are those of the sum of its
    tracks, from frame 0 on; what comes after them is made of the whole. `key` is that of all the floats.
    """

    timeline: Timeline
    resources: Resources
    first: int
    end: int
    summed: bool
    windows: tuple[MixWindow, ...]
    key: str

    @property
    def sources(self) -> tuple[str, ...]:
        """The paths of the files that are heard in it."""
        return tuple(sorted({path for window in self.windows for path in window.sources}))


def window_frames(timeline: Timeline) -> int:
    """Return how many frames a window has."""
    return max(1, round(WINDOW_SECONDS * timeline.rate))


def cut_windows(timeline: Timeline, first: int, end: int) -> tuple[tuple[int, int], ...]:
    """Cut frames [first, end) of the project on the grid of its windows."""
    step = window_frames(timeline)
    edges = [first, *range((first // step + 1) * step, end, step), end]
    return tuple(pairwise(edges))


def plan_mix(
    timeline: Timeline,
    window: tuple[int, int],
    resources: Resources,
    fingerprints: Mapping[str, str],
    ffmpeg: str,
) -> MixPlan:
    """Plan the mix of project frames [first, end). `fingerprints` are those of its files by path.

    Cuts that are not heard count for nothing: the plan's timeline is without them.
    It takes about a millisecond for every few clips of a window, and as much again for those of a track with effects
    that remember everything.
    """
    timeline = joined(timeline, heard=True)
    summed = any(True for _ in acting(timeline.project.effects, resources.catalogue))
    keeper = _Keeper(timeline, resources, score_of(timeline, resources.catalogue), fingerprints, ffmpeg)
    spans = cut_windows(timeline, 0 if summed else window[0], window[1])
    windows = tuple(keeper.windows(spans, summed=summed))
    after = keeper.closing(samples_of(timeline, window)) if summed else ""
    key = plan_key((after, windows), fingerprints, ffmpeg)
    return MixPlan(timeline, resources, *window, summed, windows, key)


@dataclass(frozen=True, slots=True)
class _Keeper:
    timeline: Timeline
    resources: Resources
    score: Score
    fingerprints: Mapping[str, str]
    ffmpeg: str

    def windows(self, spans: Sequence[tuple[int, int]], *, summed: bool) -> Iterator[MixWindow]:
        """Key every window."""
        line, catalogue = self.timeline, self.resources.catalogue
        remembering = [part for part in self.score.parts if remembers_all(part.lane.track.effects, catalogue)]
        grid = cut_windows(line, 0, line.frames) if remembering else ()
        edges = [samples_of(line, each)[1] for each in grid]
        before = set[str]()
        marks = {part.lane.pointer: self._marks(part, grid, before) for part in remembering}
        ahead = self._ahead()
        for window in spans:
            span = samples_of(line, window)
            reached = next((place for place, edge in enumerate(edges) if edge >= span[1] + ahead), len(edges) - 1)
            under = {f"under {pointer}": self._kept(found[reached]) for pointer, found in marks.items()}
            mixer = Mixer(line, self.resources, self.score, Sketched(), Shelf({}, under))
            stream = mixer.tracks(span, self.score.parts) if summed else mixer.project(span)
            met = set(before)
            key = None if stream is None else self._key(stream, span, mixer, met)
            size = (span[1] - span[0]) * line.channels * SAMPLE_BYTES
            yield MixWindow(*window, size, key, tuple(sorted(met)))

    def closing(self, span: Span) -> str:
        """Key what the project's effects and volume make of the sum of its tracks."""
        mixer = Mixer(
            self.timeline, self.resources, self.score, Sketched(), Shelf({}, {"under project": self._kept("sum")})
        )
        stream = mixer.project(span)
        return "" if stream is None else self._key(stream, span, mixer, set())

    def _marks(self, part: Part, grid: Sequence[tuple[int, int]], met: set[str]) -> list[str]:
        """Name what a track's effects are given, up to the end of every window; its files are added to `met`."""
        marks, mark = [], ""
        for window in grid:
            span = samples_of(self.timeline, window)
            mixer = Mixer(self.timeline, self.resources, self.score, Sketched())
            stream = mixer.clips(part, span)
            key = "silence" if stream is None else self._key(stream, span, mixer, met)
            mark = sha256(f"{mark} {key}".encode()).hexdigest()
            marks.append(mark)
        return marks

    def _ahead(self) -> int:
        """Return how many samples beyond its end a window may hear, at most."""
        catalogue = self.resources.catalogue
        tracks = [part.lane.track.effects for part in self.score.parts]
        clips = [piece.item.clip.effects for part in self.score.parts for side in part.sides for piece in side.pieces]
        seconds = [
            sum((each.kind.look_ahead(each.parameters) for each in acting(effects, catalogue)), Fraction(0))
            for effects in (*tracks, *clips)
        ]
        most = sum(seconds[: len(tracks)], max(seconds[len(tracks) :], default=Fraction(0)))
        return round((most + 1) * self.timeline.sample_rate)

    def _kept(self, mark: str) -> Kept:
        line = self.timeline
        return Kept(f"mark:{mark}", 0, self.score.length, line.sample_rate, line.channels)

    def _key(self, stream: Stream, span: Span, mixer: Mixer, met: set[str]) -> str:
        line = self.timeline
        command = written(stream, span, (line.sample_rate, line.channels), mixer, "-")
        return plan_key(command, self.fingerprints, self.ffmpeg, met)

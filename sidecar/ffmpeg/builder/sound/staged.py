"""Sound that is more than one process may be asked for, shared out among several that work one after the other.

What cannot be sought exactly is decoded once, from its beginning, to floats in files (a shelf); so is what has a
memory: stretched clips, and owners of effects that need everything from their beginning. The mix then is made window
by window out of the shelf. A window sounds the same whatever lies on the shelf, so the mix is that of one process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.sound.channels import LAYOUTS
from sidecar.ffmpeg.builder.sound.effects import Span
from sidecar.ffmpeg.builder.sound.mix import Mixer
from sidecar.ffmpeg.builder.sound.rows import Kept, exact, nothing
from sidecar.ffmpeg.builder.sound.score import Part as Track
from sidecar.ffmpeg.builder.sound.score import Score, samples_of
from sidecar.ffmpeg.builder.sound.shelf import RAW, Baked, Part, Supply
from sidecar.ffmpeg.builder.sound.sources import Shelf

UNDER = "under.f32"
"""The file of the shelf that holds the sum of all tracks for the project's effects."""


@dataclass(frozen=True, slots=True)
class Step:
    """One process. What it writes to its sink is appended to `file` of the shelf's folder; None: to the mix; "": nothing.

    `build` takes the sink, and is called once the steps before are done. `drops` are files that nothing needs any
    more once this one is.
    """

    file: str | None
    build: Callable[[str], Command]
    drops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """Project frames [first, end) that one process mixes; where `ends` are several, by tracks up to each of them."""

    first: int
    end: int
    ends: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SoundStages:
    """How the mix of project frames [first, end) is shared out.

    `windows` sum the tracks up. Where the project has effects, those are applied to the whole sum, and `closing`
    are the windows of what comes after them. `summed`: only the sum is wanted, without the project's effects and
    volume. `straight`: there is no shelf, the one window is made from the files.
    """

    timeline: Timeline
    resources: Resources
    score: Score
    first: int
    end: int
    supplies: tuple[Supply, ...]
    baked: tuple[Baked, ...]
    windows: tuple[Window, ...]
    closing: tuple[Window, ...]
    summed: bool = False
    straight: bool = False

    @property
    def bytes(self) -> int:
        """Bytes of the shelf."""
        return sum(supply.bytes for supply in self.supplies) + sum(baked.bytes for baked in self.baked)

    def steps(self, folder: str) -> Iterator[Step]:
        """Return the processes that make the mix, in order; the shelf's files are made in `folder`."""
        shelf = Shelf({}, {})
        for supply in self.supplies:
            # These files are outputs of their own; nothing goes to the sink.
            yield Step("", lambda _, supply=supply: supply.command(folder))  # type: ignore[misc]
            shelf.sources[supply.sound.key, supply.rate] = supply.kept(folder)
        for baked in self.baked:
            for part in baked.parts:
                yield Step(baked.file, partial(self._part, part, baked, shelf))
            shelf.made[baked.name] = baked.kept(folder)
        for window in self.windows:
            yield from self._summing(window, shelf, folder)
        if self.closing:
            yield from self._closing(shelf, folder)

    def _summing(self, window: Window, shelf: Shelf, folder: str) -> Iterator[Step]:
        """Sum the tracks of a window up: each process adds its own to the sum of those before."""
        span = samples_of(self.timeline, (window.first, window.end))
        below: Kept | None = None
        dropped: tuple[str, ...] = ()
        for begin, end in pairwise((0, *window.ends)):
            last = end == len(self.score.parts)
            tracks = self.score.parts[begin:end]
            finished = last and not self.closing and not self.summed
            build = partial(self._tracks, tracks, span, below, shelf, finished=finished)
            file = UNDER if self.closing else None
            if not last:
                file = f"sum-{window.first}-{end}.f32"
                below = self._kept(folder, file, span)
            yield Step(file, build, dropped)
            dropped = () if last else (file or "",)

    def _closing(self, shelf: Shelf, folder: str) -> Iterator[Step]:
        """Apply the project's effects to the whole, and what comes after them by windows."""
        span = samples_of(self.timeline, (0, self.end))
        shelf.made["under project"] = self._kept(folder, UNDER, span)
        yield Step("project.f32", partial(self._mixed, span, shelf, affected=True), (UNDER,))
        shelf.made["project"] = self._kept(folder, "project.f32", span)
        for window in self.closing:
            span = samples_of(self.timeline, (window.first, window.end))
            yield Step(None, partial(self._mixed, span, shelf, affected=False))

    @property
    def _form(self) -> tuple[int, int]:
        return self.timeline.sample_rate, self.timeline.channels

    def _kept(self, folder: str, file: str, span: Span) -> Kept:
        return Kept(f"file:{folder}/{file}", *span, self.timeline.sample_rate, self.timeline.channels)

    def _mixed(self, span: Span, shelf: Shelf, sink: str, *, affected: bool) -> Command:
        mixer = self._mixer(shelf)
        stream = mixer.affected_project(span) if affected else mixer.project(span)
        return written(stream, span, self._form, mixer, sink)

    def _tracks(
        self, tracks: Sequence[Track], span: Span, below: Kept | None, shelf: Shelf, sink: str, *, finished: bool
    ) -> Command:
        mixer = self._mixer(shelf)
        base = None if below is None else exact(below.cut(*span), span[1] - span[0])
        stream = mixer.tracks(span, tracks, base)
        if finished and stream is not None:
            stream = mixer.mastered(stream, span)
        return written(stream, span, self._form, mixer, sink)

    def _part(self, part: Part, baked: Baked, shelf: Shelf, sink: str) -> Command:
        mixer = self._mixer(shelf)
        return written(part.make(mixer), part.span, (baked.rate, baked.channels), mixer, sink)

    def _mixer(self, shelf: Shelf) -> Mixer:
        return Mixer(self.timeline, self.resources, self.score, SideFiles(), None if self.straight else shelf)


def written(stream: Stream | None, span: Span, form: tuple[int, int], mixer: Mixer, sink: str) -> Command:
    """Build the command that writes a span of a sample rate and a number of channels; what there is not is silent."""
    length, (rate, channels) = span[1] - span[0], form
    made = nothing(length, rate, LAYOUTS.get(channels, f"{channels}c")) if stream is None else exact(stream, length)
    return Command((Output((made,), RAW, sink),), mixer.files.all(), globals_=(("copyts", None),))

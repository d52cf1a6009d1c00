"""The mix: every clip that sounds in a window, in its place to the sample (docs/project.md §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from protocol.project import Animated
from sidecar.core.timeline import Timeline
from sidecar.core.timeline.animation import bounded
from sidecar.ffmpeg.builder.command import SideFile
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.sound.channels import (
    LAYOUTS,
    Matrix,
    apply_matrix,
    identity,
    layout_matrix,
    map_matrix,
    scaled,
)
from sidecar.ffmpeg.builder.sound.clips import Sources, played
from sidecar.ffmpeg.builder.sound.effects import Make, Owner, Room, Span, acting, apply_effects
from sidecar.ffmpeg.builder.sound.gains import factors, gained
from sidecar.ffmpeg.builder.sound.ramps import apply_ramps
from sidecar.ffmpeg.builder.sound.rows import Kept, delayed, exact, joined, nothing
from sidecar.ffmpeg.builder.sound.score import Part, Piece, Score, samples_of, score_of
from sidecar.ffmpeg.builder.sound.seeking import Seeking
from sidecar.ffmpeg.builder.sound.sources import FileSound, Readers, Shelf, generate


@dataclass(frozen=True, slots=True)
class Mixed:
    """The sound of a window, and the files that travel with its command."""

    stream: Stream
    files: tuple[SideFile, ...]


def build_sound(
    timeline: Timeline, window: tuple[int, int], resources: Resources, files: SideFiles | None = None
) -> Mixed | None:
    """Mix the sound of project frames [from, to) as one stream of floats at the project's rate and layout.

    It is exactly as many samples long as lie between the two frame edges, and begins at timestamp 0. None where
    nothing sounds: see `silence`. The command needs `-copyts`. `files` gathers the files that it needs.
    """
    files = SideFiles() if files is None else files
    mixer = Mixer(timeline, resources, score_of(timeline, resources.catalogue), files)
    stream = mixer.project(samples_of(timeline, window))
    return None if stream is None else Mixed(stream, mixer.files.all())


def silence(timeline: Timeline, window: tuple[int, int]) -> Stream:
    """Return silence of a window's exact length."""
    start, end = samples_of(timeline, window)
    return nothing(end - start, timeline.sample_rate, LAYOUTS[timeline.channels])


@dataclass(frozen=True, slots=True)
class Mixer:
    """Makes spans of sound of one graph. `shelf` holds what lies in files already, or is to be taken for it.

    `sought`: files are not decoded from their start, so that samples may be a millisecond off.
    """

    timeline: Timeline
    resources: Resources
    score: Score
    files: SideFiles
    shelf: Shelf | None = None
    sought: bool = False

    def project(self, span: Span) -> Stream | None:
        """Make the sound of the project, of all its tracks."""
        if span[0] >= span[1]:
            return None
        made = self.affected_project(span)
        return None if made is None else self.mastered(made, span)

    def affected_project(self, span: Span) -> Stream | None:
        """Make the sum of all tracks with the project's effects, before the master volume."""
        kept = self._kept("project", span)
        if kept is not None:
            return kept
        under = self._under("project", lambda wanted: self.tracks(wanted, self.score.parts))
        effects = self.timeline.project.effects
        return apply_effects(effects, under, span, Owner(0, self.score.length, 0), self._room())

    def mastered(self, stream: Stream, span: Span) -> Stream:
        """Apply the master volume."""
        return self._gained(stream, bounded(self.timeline.project).master_volume, 0.0, 0, span)

    def sources(self) -> Sources:
        """Return where the samples of files come from: the shelf, or decoders of their own where none lie there."""
        if self.shelf is not None and self.shelf.sources:
            return self.shelf
        return Seeking() if self.sought else Readers()

    def tracks(self, span: Span, parts: Sequence[Part], base: Stream | None = None) -> Stream | None:
        """Sum up some tracks, on top of what was summed before."""
        made = [] if base is None else [base]
        made += [stream for part in parts if part.lane.audible and (stream := self.track(part, span)) is not None]
        return _sum(made) if made else None

    def track(self, part: Part, span: Span) -> Stream | None:
        """Make the sound of a track; None where it is silent."""
        track = bounded(part.lane.track)
        if track.volume == 0:
            return None
        made = self.affected(part, span)
        return None if made is None else self._gained(made, track.volume, track.pan, 0, span)

    def affected(self, part: Part, span: Span) -> Stream | None:
        """Make the sound of a track with its effects, before its volume."""
        kept = self._kept(part.lane.pointer, span)
        if kept is not None:
            return kept
        owner = Owner(0, self.score.length, 0)
        under = self._under(part.lane.pointer, lambda wanted: self.clips(part, wanted))
        return apply_effects(part.lane.track.effects, under, span, owner, self._room())

    def clip(self, piece: Piece, span: Span) -> Stream:
        """Make the sound of a clip with its effects, in the project's layout; its gains are still to come."""
        kept = self._kept(piece.item.pointer, span)
        if kept is not None:
            return kept
        owner = Owner(piece.start, piece.end, piece.item.first)
        effects = piece.item.clip.effects

        def make(wanted: Span) -> Stream:
            return exact(self._placed(piece, wanted, None), wanted[1] - wanted[0])

        made = apply_effects(effects, make, span, owner, self._room())
        if made is None:
            raise AssertionError("a clip that sounds is there")
        return made

    def _room(self) -> Room:
        line = self.timeline
        return Room(self.resources.catalogue, line.rate, line.sample_rate, line.channels, self.files, self._key)

    def _key(self, track: str, span: Span) -> Stream:
        """Make the sound of a track after its volume, muted or not."""
        part = self.score.part(track)
        made = None if part is None or part.lane.track.volume == 0 else self.affected(part, span)
        if part is None or made is None:
            return nothing(span[1] - span[0], self.timeline.sample_rate, LAYOUTS[self.timeline.channels])
        return self._gained(made, bounded(part.lane.track).volume, 0.0, 0, span)

    def _kept(self, name: str, span: Span) -> Stream | None:
        kept: Kept | None = None if self.shelf is None else self.shelf.made.get(name)
        return None if kept is None else exact(kept.cut(*span), span[1] - span[0])

    def _under(self, name: str, make: Make) -> Make:
        """Take what an owner's effects are given from the shelf, where it lies there."""
        if self.shelf is None or f"under {name}" not in self.shelf.made:
            return make
        return lambda wanted: self._kept(f"under {name}", wanted)

    def clips(self, part: Part, span: Span) -> Stream | None:
        """Make the sound of a track's clips."""
        sides = [(side, pieces) for side in part.sides if (pieces := side.within(span))]
        return _sum([self._sequence(pieces, span) for _, pieces in sides]) if sides else None

    def _sequence(self, pieces: Sequence[Piece], span: Span) -> Stream:
        """Lay clips that do not overlap one behind the other over a span, silence between them."""
        sources = self.sources()
        parts: list[Stream] = []
        for index, piece in enumerate(pieces):
            start, end = max(piece.start, span[0]), min(piece.until, span[1])
            until = max(end, pieces[index + 1].start) if index + 1 < len(pieces) else span[1]
            part = exact(self._felt(piece, (start, end), sources), until - start)
            parts.append(delayed(part, start - span[0]) if index == 0 else part)
        return joined(parts)

    def _felt(self, piece: Piece, span: Span, sources: Sources) -> Stream:
        """Make the sound of a clip with its gains, at most as long as the span."""
        clip, line = bounded(piece.item.clip), self.timeline
        steady = factors(clip.volume, clip.pan, line.channels)
        if steady is not None and not any(acting(clip.effects, self.resources.catalogue)):
            made = self._placed(piece, span, sources, steady)
        else:
            made = self._gained(self.clip(piece, span), clip.volume, clip.pan, piece.item.first, span)
        ramps = [replace(ramp, start=ramp.start - (span[0] - piece.start)) for ramp in piece.ramps]
        return apply_ramps(made, ramps, line.channels, line.sample_rate, span[1] - span[0])

    def _placed(
        self, piece: Piece, span: Span, sources: Sources | None, gains: Sequence[float] | None = None
    ) -> Stream:
        """Make what a clip takes of its source, in the project's layout, at most as long as the span."""
        line = self.timeline
        span = span[0], min(span[1], piece.end)
        if span[0] >= span[1]:
            return nothing(1, line.sample_rate, LAYOUTS[line.channels])
        if isinstance(piece.sound, FileSound):
            made = played(piece, piece.sound, line, sources or self.sources(), span)
            matrix = _channels(piece.sound, line.channels)
        else:
            # Its time 0 is the clip's own first frame, handle or not.
            begin = samples_of(line, (piece.item.first, piece.item.end))[0]
            made = generate(piece.sound, line.sample_rate, span[0] - begin, span[1] - span[0])
            matrix = layout_matrix("mono", 1, line.channels)
        matrix = matrix if gains is None else scaled(matrix, gains)
        return made if matrix == identity(line.channels) else apply_matrix(made, matrix)

    def _gained(self, stream: Stream, volume: Animated, pan: Animated, clock: int, span: Span) -> Stream:
        line = self.timeline
        return gained(
            stream,
            volume,
            pan,
            channels=line.channels,
            clock=clock,
            span=span,
            sample_rate=line.sample_rate,
            rate=line.rate,
            files=self.files,
        )


def _channels(sound: FileSound, wanted: int) -> Matrix:
    if sound.channel_map is not None:
        return map_matrix(sound.channel_map, sound.audio.channels, wanted)
    return layout_matrix(sound.audio.layout, sound.audio.channels, wanted)


def _sum(streams: Sequence[Stream]) -> Stream:
    """Add streams up in their order, without any normalisation."""
    if len(streams) == 1:
        return streams[0]
    return node("amix", *streams, inputs=len(streams), duration="longest", dropout_transition=0, normalize=0)

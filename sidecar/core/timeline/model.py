"""The timeline as the engine reads it: integer frames and exact source instants.

Frames are those of the project, counted from 0; spans are half open. The project's own structs ride along (`clip`,
`track`, ...) for everything that needs no arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from protocol.project import AudioTrack, Clip, Cue, Export, FileSource, Project, SubtitleTrack, Transition, VideoTrack
from protocol.time import edit_frame, parse_rate, parse_seconds
from sidecar.core.source import SourceAudio, SourceFacts, SourceVideo
from sidecar.core.timeline.layouts import ItemCell
from sidecar.core.timeline.timemap import TimeMap


@dataclass(frozen=True, slots=True)
class FileReading:
    """The file behind a clip: its facts with `interpret` applied, and the two streams that the clip takes.

    `looped`: past its end the file begins again. `straight` false: colour is already multiplied by alpha; `alpha`
    false: the picture is opaque whatever the file says. `frame_rate` is the rate at which the frames are taken to
    come, one by one, None for the file's own times; then `tempo` is how much faster than written the file is played,
    its sound too.
    """

    facts: SourceFacts
    video: SourceVideo | None
    audio: SourceAudio | None
    looped: bool
    alpha: bool
    straight: bool
    deinterlace: bool
    frame_rate: Fraction | None = None
    tempo: Fraction = Fraction(1)

    @property
    def duration(self) -> Fraction | None:
        """Seconds that the source lasts as it is played; None where nothing tells."""
        duration = self.facts.duration
        return duration if duration is None or self.tempo == 1 else self.anchor + (duration - self.anchor) / self.tempo

    @property
    def anchor(self) -> Fraction:
        """Source instant that the tempo does not move: the first picture's."""
        if self.video is None:
            return Fraction(0)
        return self.video.first_pts * self.video.time_base - self.facts.start

    def in_file(self, instant: Fraction) -> Fraction:
        """Seconds from the file's own start of a source instant."""
        return instant if self.tempo == 1 else self.anchor + (instant - self.anchor) * self.tempo


@dataclass(frozen=True, slots=True)
class Item:
    """An enabled clip in its place.

    It covers frames [first, end); under transitions it is also shown for `head` frames before and `tail` frames
    after. `source_start`, `speed` and `reverse`, or `time_map` in their place, give the source instant of a frame
    (`instant`). Picture fades are in frames, 0 where a transition stands on that edge; sound fades in seconds.
    `cell` is the layout's that it fills, None for the frame.
    """

    clip: Clip
    pointer: str
    first: int
    end: int
    head: int
    tail: int
    file: FileReading | None
    source_start: Fraction
    speed: Fraction
    fade_in: int
    fade_out: int
    audio_fade_in: Fraction
    audio_fade_out: Fraction
    time_map: TimeMap | None = None
    cell: ItemCell | None = None

    @property
    def frames(self) -> int:
        return self.end - self.first

    @property
    def reverse(self) -> bool:
        """Whether the source runs backwards at a steady speed."""
        return self.clip.reverse and not self.clip.freeze and self.time_map is None

    @property
    def frozen(self) -> bool:
        """Whether one moment of the source is shown all the time."""
        return self.clip.freeze and self.time_map is None

    @property
    def looped(self) -> bool:
        """Whether the source begins again at its end; `instant` has been brought back into it then."""
        return self.file is not None and self.file.looped and bool(self.file.duration)

    def instant(self, frame: int, rate: Fraction) -> Fraction:
        """Source instant in seconds of a project frame, also inside handles (docs/project.md §4, step 2)."""
        instant = self.unlooped(frame, rate)
        if self.looped and self.file is not None and self.file.duration:
            return instant % self.file.duration
        return instant

    def unlooped(self, frame: int, rate: Fraction) -> Fraction:
        """Return the instant before a looped source is brought back into its duration."""
        into = (frame - self.first) / rate
        if not isinstance(self.clip.source, FileSource) or (self.file and self.file.video and self.file.video.still):
            return into
        if self.time_map is not None:
            return self.time_map.at(into)
        if self.clip.freeze:
            return self.source_start
        if self.clip.reverse:
            into = (self.frames - 1) / rate - into
        return self.source_start + into * self.speed


@dataclass(frozen=True, slots=True)
class Crossing:
    """A transition over frames [first, end); `cut` is the frame of the edit point.

    `outgoing` and `incoming` are None where there is nothing on that side (a free end, or a disabled clip).
    """

    transition: Transition
    pointer: str
    first: int
    end: int
    cut: int
    outgoing: Item | None
    incoming: Item | None

    @property
    def frames(self) -> int:
        return self.end - self.first


@dataclass(frozen=True, slots=True)
class Lane:
    """An enabled video or audio track: items in order of time. `audible` follows mute and solo."""

    track: VideoTrack | AudioTrack
    pointer: str
    items: tuple[Item, ...]
    crossings: tuple[Crossing, ...]
    audible: bool


@dataclass(frozen=True, slots=True)
class TimedCue:
    """An enabled cue: shown on frames [first, end_frame), by start ≤ n/fps < end. Times in seconds."""

    cue: Cue
    pointer: str
    start: Fraction
    end: Fraction
    first: int
    end_frame: int


@dataclass(frozen=True, slots=True)
class CueLane:
    """An enabled subtitle track."""

    track: SubtitleTrack
    pointer: str
    cues: tuple[TimedCue, ...]


@dataclass(frozen=True, slots=True)
class OutputSpan:
    """What an export shows: project frames [first, end) as `frames` output frames at `rate`, of width × height.

    `lead` is how long the first project frame is on screen before the first output frame, in output frames: only a
    part of an export at another rate than the project's begins in the middle of a project frame.
    """

    first: int
    end: int
    frames: int
    rate: Fraction
    project_rate: Fraction
    width: int
    height: int
    lead: Fraction = Fraction(0)

    def part(self, first: int, end: int) -> OutputSpan:
        """Return output frames [first, end) as a span of their own: the project frames they show, and their lead."""
        ratio = self.rate / self.project_rate
        low, high = floor(first / ratio), floor((end - 1) / ratio) + 1
        # Where the length is rounded up to whole output frames, the last project frame stays on screen.
        length = self.end - self.first
        low, high = min(low, length - 1), min(high, length)
        return replace(
            self, first=self.first + low, end=self.first + high, frames=end - first, lead=first - low * ratio
        )


@dataclass(frozen=True, slots=True)
class Timeline:
    """A project resolved: video and audio lanes from the bottom to the top, and everything in frames."""

    project: Project
    rate: Fraction
    width: int
    height: int
    sample_rate: int
    channels: int
    frames: int
    video: tuple[Lane, ...]
    audio: tuple[Lane, ...]
    cues: tuple[CueLane, ...]

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """All lanes that may sound: of video tracks, then of audio tracks."""
        return self.video + self.audio


def output_span(timeline: Timeline, export: Export, window: tuple[int, int] | None = None) -> OutputSpan:
    """Map an export onto the timeline: range by edit points, size and rate from the project where null.

    `window` (project frames, half open) takes the place of the export's range. Both are cut to the timeline.
    """
    rate = timeline.rate if export.frame_rate is None else parse_rate(export.frame_rate)
    first, end = 0, timeline.frames
    if window is not None:
        first, end = max(0, window[0]), min(end, window[1])
    elif export.range is not None:
        start, stop = (edit_frame(parse_seconds(value), timeline.rate) for value in export.range)
        first, end = max(first, start), min(end, stop)
    end = max(first, end)
    frames = end - first if rate == timeline.rate else edit_frame((end - first) / timeline.rate, rate)
    return OutputSpan(
        first=first,
        end=end,
        frames=max(frames, min(1, end - first)),
        rate=rate,
        project_rate=timeline.rate,
        width=export.width or timeline.width,
        height=export.height or timeline.height,
    )

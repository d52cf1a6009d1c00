"""The picture of a file, frame by frame as a clip asks for it: opened, sought, deinterlaced, picked, turned round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from math import floor

from protocol.project import FileSource
from sidecar.core.source import SourceVideo
from sidecar.core.timeline import FileReading, Item
from sidecar.core.timeline.damage import Spans, damaged_indices, holding, last_good
from sidecar.core.timeline.frames import FrameTimes, frame_times, last_tick, newest, presented
from sidecar.ffmpeg.builder.graph import InputStream, Stream, node
from sidecar.ffmpeg.builder.inputs import file_input, seek_point
from sidecar.ffmpeg.builder.picture.between import Form, blackened, for_mixing, for_motion, mixed, moved
from sidecar.ffmpeg.builder.picture.feeds import Feeds, alpha_decoder, fed_format
from sidecar.ffmpeg.builder.picture.orient import plain, tagged, whole_frames
from sidecar.ffmpeg.builder.picture.pick import pick, pick_counted
from sidecar.ffmpeg.builder.picture.runs import HELD_BYTES, Moment, Run, frame_bytes, longest_held, runs
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.picture.select import Take, counted, select

MOST_REPEATED = 64
"""Times that a held source may be gone through for every frame that is shown of it."""

FIELD_LEAD = 2
"""Frames before the first that deinterlacing has to have seen."""


@dataclass(frozen=True, slots=True)
class Footage:
    """What a clip takes of a file."""

    item: Item
    reading: FileReading
    video: SourceVideo
    rate: Fraction

    @property
    def retime(self) -> str:
        """How frames between source frames are made; a clip that stands still has none."""
        return "nearest" if self.item.frozen else self.item.clip.retime

    @property
    def times(self) -> FrameTimes:
        return frame_times(self.reading, self.video)

    @property
    def still(self) -> bool:
        """Whether one picture stands for all frames."""
        return self.item.frozen or self.video.still

    def moments(self, span: tuple[int, int]) -> list[Moment]:
        """What each project frame of [first, end) shows."""
        times, item = self.times, self.item
        if self.retime != "nearest":
            moments = [Moment(*times.between(item.instant(frame, self.rate))) for frame in range(*span)]
        elif item.time_map is not None:
            moments = [Moment(times.index(item.instant(frame, self.rate))) for frame in range(*span)]
        else:
            start = item.unlooped(span[0], self.rate)
            step = item.unlooped(span[0] + 1, self.rate) - start
            period = self.reading.duration if item.looped else None
            moments = [Moment(index) for index in times.indices(start, step, span[1] - span[0], period)]
        damaged = self.damaged
        return [_spared(moment, damaged, black=self.on_error == "black") for moment in moments] if damaged else moments

    @property
    def on_error(self) -> str:
        """What is shown in the place of damaged pictures."""
        source = self.item.clip.source
        return source.on_error if isinstance(source, FileSource) else "fail"

    @property
    def damaged(self) -> list[tuple[int, int]]:
        """Spans of the source's frames that are not shown, by index."""
        return [] if self.on_error == "fail" else damaged_indices(self.times, self.video)

    def steady(self, span: tuple[int, int]) -> bool:
        """Whether the source runs forward at a constant speed, every frame shown by its own time."""
        if self.retime != "nearest" or self.damaged:
            return False
        if self.video.still:
            return True
        if self.item.time_map is not None or self.item.reverse:
            return False
        if self.reading.frame_rate is not None and self.video.stamps is not None:
            return False
        return len(set(self._passes(span))) == 1

    def _passes(self, span: tuple[int, int]) -> list[int]:
        """Which time round the source is at both ends of a span."""
        if not self.item.looped or not self.reading.duration:
            return [0]
        return [floor(self.item.unlooped(n, self.rate) / self.reading.duration) for n in (span[0], span[1] - 1)]


def _spared(moment: Moment, damaged: Spans, *, black: bool) -> Moment:
    """Put what is shown in the place of a damaged frame; nothing is made between a good frame and a damaged one."""
    if holding(damaged, moment.frame) is not None:
        return Moment(last_good(damaged, moment.frame), black=black)
    return Moment(moment.frame) if moment.way and holding(damaged, moment.frame + 1) is not None else moment


@dataclass(frozen=True, slots=True)
class Shot:
    """A strip of stored pictures, not yet upright, and how they are stored."""

    stream: Stream
    form: Form


def shoot(footage: Footage, scene: Scene, span: tuple[int, int]) -> Shot:
    """Return the picture of project frames [first, end)."""
    video, reading = footage.video, footage.reading
    if scene.feeds is not None and fed_format(reading, video) is not None:
        return _fed(footage, scene, scene.feeds, span)
    as_stored = Form(video.pixel_format, video.color, video.bits, reading.straight)
    if footage.steady(span):
        return Shot(_steady(footage, scene, span), as_stored)
    moments = footage.moments(span)
    rounds = counted_rounds(footage, moments)
    if rounds is not None:
        return Shot(_rounds(footage, scene, rounds), as_stored)
    shots = [_shot(footage, scene, run) for run in runs(moments, longest_held(video, footage.rate))]
    return _joined(shots, footage.rate)


def _joined(shots: Sequence[Shot], rate: Fraction) -> Shot:
    """Put strips one behind the other."""
    if len(shots) == 1:
        return shots[0]
    joined = node("concat", *(shot.stream for shot in shots), n=len(shots), v=1, a=0)
    return Shot(counted(joined, rate), shots[0].form)


def _steady(footage: Footage, scene: Scene, span: tuple[int, int]) -> Stream:
    reading, video = footage.reading, footage.video
    begins = Fraction(0) if video.still else reading.in_file(footage.item.instant(span[0], footage.rate))
    # What stands still has no speed, whatever the clip says: nothing in the graph may differ by it.
    speed = Fraction(1) if footage.still else footage.item.speed * reading.tempo
    take = Take(begins, speed, footage.rate, span[1] - span[0])
    instant = reading.facts.start + take.start
    return select(_opened(footage, scene, instant), reading.facts, video, take)


def _opened(footage: Footage, scene: Scene, instant: Fraction | None) -> Stream:
    """Open the file so that what is on screen at an absolute timestamp comes whole; None: from its start."""
    reading, video = footage.reading, footage.video
    if instant is not None and reading.deinterlace:
        instant -= FIELD_LEAD * _longest_step(video)
    opened = file_input(
        reading.facts,
        seek=None if instant is None else seek_point(reading.facts, video, instant),
        threads=scene.threads,
        decoder=alpha_decoder(reading, video),
    )
    stream = plain(InputStream(opened, "video", video.stream), video)
    if reading.deinterlace:
        stream = whole_frames(stream, "bff" if video.interlaced == "bff" else "tff")
    return stream


def _longest_step(video: SourceVideo) -> Fraction:
    """Seconds that a frame of interlaced material lasts, generously."""
    return 1 / video.rate if video.rate is not None and video.stamps is None else Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Rounds:
    """Frames of a short source that is shown over and over, by their numbers in an endless repetition of it."""

    numbers: list[int]
    count: int
    falling: bool


def counted_rounds(footage: Footage, moments: Sequence[Moment]) -> Rounds | None:
    """Count a looped source's frames through, where it is small enough to be held; None where it is not read so."""
    count = footage.times.count
    if not footage.item.looped or footage.retime != "nearest" or count is None or footage.damaged:
        return None
    steps = [after.frame - before.frame for before, after in pairwise(moments)]
    falling = 2 * sum(step < 0 for step in steps) > sum(step != 0 for step in steps)
    if count * frame_bytes(footage.video) > HELD_BYTES:
        return None
    numbers: list[int] = []
    base = 0
    for moment in moments:
        index = moment.frame
        place = count - 1 - index if falling else index
        if numbers and base + place < numbers[-1]:
            base += count
        numbers.append(base + place)
    rounds = numbers[-1] // count
    worth = rounds >= 2 and numbers[-1] <= MOST_REPEATED * (len(moments) + count)
    return Rounds(numbers, count, falling) if worth else None


def _rounds(footage: Footage, scene: Scene, rounds: Rounds) -> Stream:
    stream = node("trim", _opened(footage, scene, None), end_frame=rounds.count)
    held = rounds.count * frame_bytes(footage.video)
    if rounds.falling:
        stream = node("reverse", stream)
    stream = node("loop", stream, holds=held, loop=-1, size=rounds.count, start=0)
    return pick_counted(stream, rounds.numbers, footage.rate)


def _shot(footage: Footage, scene: Scene, run: Run) -> Shot:
    """Read one run."""
    moments, video = run.moments, footage.video
    earliest = max(0, moments[0].frame - 1) if footage.retime == "motion" else moments[0].frame
    instant = presented(video, footage.times.stamp(earliest)) + newest(video)
    opened = _opened(footage, scene, instant)
    shot = _between(footage, scene, opened, moments)
    if run.black:
        return Shot(blackened(shot.stream, shot.form), shot.form)
    if not run.falling:
        return shot
    # Frames that are shown twice are held once.
    held = len(set(moments)) * frame_bytes(video)
    return Shot(node("reverse", shot.stream, holds=held), shot.form)


def _between(footage: Footage, scene: Scene, stream: Stream, moments: Sequence[Moment]) -> Shot:
    """Show moments that never fall: a frame each, or what lies between two."""
    reading, video, rate = footage.reading, footage.video, footage.rate
    if footage.retime == "motion":
        moments = [moments[0], *moments]
    ways = [moment.way for moment in moments]

    def shifted(source: Stream, by: int) -> Stream:
        return pick(source, video, _stamps(footage, moments, by), rate)

    if footage.retime == "nearest":
        return Shot(shifted(stream, 0), Form(video.pixel_format, video.color, video.bits, reading.straight))
    if footage.retime == "motion":
        stream, form = for_motion(stream, video, straight=reading.straight)
        strips = [shifted(stream, by) for by in (-1, 0, 1, 2)]
        return Shot(moved(strips, ways, rate, size=(video.width, video.height)), form)
    stream, form = for_mixing(stream, video, alpha=reading.alpha, straight=reading.straight)
    if not any(ways):
        return Shot(shifted(stream, 0), form)
    pair = shifted(stream, 0), shifted(stream, 1)
    size = (video.width, video.height)
    return Shot(mixed(*pair, ways, form=form, size=size, rate=rate, files=scene.files), form)


def _stamps(footage: Footage, moments: Sequence[Moment], by: int) -> list[int]:
    """Return the stamps of moments' frames, or of those `by` frames after where a moment lies between two."""
    times = footage.times
    last = None if times.count is None else times.count - 1
    # What lies on a frame needs no neighbours: motion between a frame and itself is found at once.
    indices = (max(0, moment.frame + (by if moment.way else 0)) for moment in moments)
    return [times.stamp(index if last is None else min(index, last)) for index in indices]


def _fed(footage: Footage, scene: Scene, feeds: Feeds, span: tuple[int, int]) -> Shot:
    """Have the frames fed, in the order in which they are shown."""
    whole = footage.video.still and not footage.damaged
    moments = [Moment(0)] if whole else footage.moments(span)
    shots = []
    for black, group in groupby(moments, key=lambda moment: moment.black):
        shot = _fed_between(footage, scene, feeds, list(group))
        shots.append(Shot(blackened(shot.stream, shot.form), shot.form) if black else shot)
    return _joined(shots, footage.rate)


def _fed_between(footage: Footage, scene: Scene, feeds: Feeds, moments: Sequence[Moment]) -> Shot:
    """Show a fed frame for each moment, or what lies between two."""
    reading, video, rate = footage.reading, footage.video, footage.rate
    size = (video.width, video.height)
    if footage.retime == "motion":
        moments = [moments[0], *moments]
    ways = [moment.way for moment in moments]

    def shifted(by: int) -> Stream:
        ticks = [last_tick(video, stamp) for stamp in _stamps(footage, moments, by)]
        return tagged(feeds.add(reading, video, ticks, rate), video)

    if footage.retime == "nearest":
        return Shot(shifted(0), Form(video.pixel_format, video.color, video.bits, reading.straight))
    if footage.retime == "motion":
        made = [for_motion(shifted(by), video, straight=reading.straight) for by in (-1, 0, 1, 2)]
        return Shot(moved([stream for stream, _ in made], ways, rate, size=size), made[0][1])
    before, form = for_mixing(shifted(0), video, alpha=reading.alpha, straight=reading.straight)
    if not any(ways):
        return Shot(before, form)
    after, _ = for_mixing(shifted(1), video, alpha=reading.alpha, straight=reading.straight)
    return Shot(mixed(before, after, ways, form=form, size=size, rate=rate, files=scene.files), form)

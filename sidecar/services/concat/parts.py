"""Which stretch of a file an input of a concatenation is, in exact source seconds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from protocol.commands.shared import Range, When
from protocol.errors import InvalidParams, MediaUnreadable, MediaUnsupported
from protocol.project import FileSource
from protocol.time import parse_seconds
from sidecar.core.source import SourceAudio, SourceFacts, SourceVideo
from sidecar.core.timeline.frames import FrameTimes, frame_times
from sidecar.core.timeline.reading import read_file

OVERHANG = Fraction(1, 4)
"""Seconds that the sound of a file may begin before its picture, or end after it, without counting.

Encoders of sound fill their last packet; what is longer was meant, and the picture holds.
"""

SLACK = Fraction(1, 1000)
"""Of a frame: an instant so little before a frame shows it already (docs/project.md §1, rule 3)."""


@dataclass(frozen=True, slots=True)
class Part:
    """Seconds [start, start + length) of a file, input `number` counted from 0.

    `first` is the number of the picture's first frame; None where that does not begin with the part, as of a still.
    """

    number: int
    facts: SourceFacts
    start: Fraction
    length: Fraction
    first: int | None = None

    @property
    def video(self) -> SourceVideo | None:
        return next(iter(self.facts.video), None)

    @property
    def audio(self) -> SourceAudio | None:
        return next(iter(self.facts.audio), None)


def part_of(number: int, facts: SourceFacts, span: Range | None) -> Part:
    """Find the stretch of a file that a range names: its own frames, or seconds of it; None: the whole file.

    Raises InvalidParams for a range that holds nothing, MediaUnsupported for a file without picture and sound, and
    MediaUnreadable where nothing tells how long it lasts.
    """
    picture = next(iter(facts.video), None)
    if picture is None:
        return _heard(number, facts, span)
    if picture.still:
        if span is None:
            raise _invalid(number, "a still picture lasts no time: its range says how long it is shown")
        first, end = _seconds(number, span.from_, "from"), _seconds(number, span.to, "to")
        return _checked(Part(number, facts, first, end - first))
    reading = read_file(FileSource(path=facts.path), {}, {facts.path: facts})
    if reading is None or picture.frames is None:
        raise MediaUnreadable(path=facts.path, detail="nothing tells how many frames it has")
    times = frame_times(reading, picture)
    if span is not None:
        return _ranged(number, facts, picture, times, span)
    begin, end = _begin(times, 0), _end(picture, times)
    start, stop = begin, end
    if facts.audio:
        sound = facts.audio[0]
        start = max(Fraction(0), sound.start) if sound.start < begin - OVERHANG else begin
        heard = end if sound.duration is None else sound.start + sound.duration
        stop = heard if heard > end + OVERHANG else end
    return Part(number, facts, start, stop - start, first=0 if start == begin else None)


def _ranged(number: int, facts: SourceFacts, picture: SourceVideo, times: FrameTimes, span: Range) -> Part:
    """Cut a file at its own frames."""
    count = picture.frames or 0
    first, end = (_frame(number, when, name, picture, times) for when, name in ((span.from_, "from"), (span.to, "to")))
    if first >= count:
        raise _invalid(number, f"the range begins after the file's {count} frames")
    start = _begin(times, first)
    stop = _end(picture, times) if end >= count else _begin(times, end)
    return _checked(Part(number, facts, start, stop - start, first=first))


def _frame(number: int, when: When, name: str, picture: SourceVideo, times: FrameTimes) -> int:
    """Return the frame of a file that an instant names; as many as there are for one at or after its end."""
    if when.frame is not None and when.time is None:
        return max(0, when.frame)
    instant = _seconds(number, when, name)
    count = picture.frames or 0
    if instant >= _end(picture, times):
        return count
    return times.index(instant if picture.rate is None else instant + SLACK / picture.rate)


def _heard(number: int, facts: SourceFacts, span: Range | None) -> Part:
    """Cut a file of sound alone, anywhere."""
    if not facts.audio:
        raise MediaUnsupported(path=facts.path, detail="it has neither picture nor sound")
    if facts.duration is None:
        raise MediaUnreadable(path=facts.path, detail="nothing tells how long it lasts")
    if span is None:
        return _checked(Part(number, facts, Fraction(0), facts.duration))
    first, end = _seconds(number, span.from_, "from"), _seconds(number, span.to, "to")
    if first >= facts.duration:
        raise _invalid(number, f"the range begins after the file's {float(facts.duration):.6g} s")
    return _checked(Part(number, facts, first, min(end, facts.duration) - first))


def _seconds(number: int, when: When, name: str) -> Fraction:
    """Read an instant in seconds."""
    path = f"/inputs/{number}/range/{name}"
    if when.time is None or when.frame is not None:
        detail = (
            "exactly one of frame and time"
            if when.frame is not None and when.time is not None
            else "it has no frames: give a time"
        )
        raise InvalidParams(detail=detail, path=path)
    try:
        instant = parse_seconds(when.time)
    except ValueError as error:
        raise InvalidParams(detail=str(error), path=f"{path}/time") from error
    if instant < 0:
        raise InvalidParams(detail="it lies before the file", path=f"{path}/time")
    return instant


def _begin(times: FrameTimes, frame: int) -> Fraction:
    """Return when a frame begins, in source seconds."""
    return times.first + (frame if times.marks is None else times.marks[frame]) / times.scale


def _end(picture: SourceVideo, times: FrameTimes) -> Fraction:
    """Return when the last frame ends."""
    count = picture.frames or 1
    if picture.rate is None:
        return max(times.first + (picture.duration or Fraction(0)), _begin(times, count - 1))
    return _begin(times, count - 1) + 1 / picture.rate


def _checked(part: Part) -> Part:
    if part.length <= 0:
        raise _invalid(part.number, "the range holds nothing")
    return part


def _invalid(number: int, detail: str) -> InvalidParams:
    return InvalidParams(detail=detail, path=f"/inputs/{number}/range")

"""What a play shows from a frame of its stream on: a stage, and the way through it; each edit begins another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from protocol.commands.preview.play import PlayAnchor, PreviewInstant
from protocol.commands.shared import Range, When
from protocol.errors import InvalidParams, NothingToRender
from protocol.project import VideoExport
from protocol.time import format_exact
from sidecar.core.course import Course, play_rate
from sidecar.ffmpeg.builder.play import PlayPicture
from sidecar.services.preview.stage import Stage

MOST_ANCHORS = 64


@dataclass(frozen=True, slots=True)
class Scene:
    """What is played: the stage that is seen, and that which is heard, of the files themselves."""

    seen: Stage
    heard: Stage

    def same(self, other: Scene) -> bool:
        """Whether both are of the same stages: one that is set anew is another."""
        return self.seen is other.seen and self.heard is other.heard


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a play was asked for, and the codec that was chosen for it.

    `fetch` reads the project, or the file, as it is now; `current` says whether files are still those of a scene, and may
    be called in a thread. `project_id` is that of an open one, `trace_id` that of the request; `audience` is who alone
    is told of the play, None: everybody.
    """

    fetch: Callable[[], Awaitable[Scene]]
    current: Callable[[Scene], bool]
    range: Range | None
    speed: Fraction
    loops: bool
    size: tuple[int, int]
    sounds: bool
    picture: PlayPicture
    project_id: str | None
    trace_id: str
    audience: object | None


@dataclass(frozen=True, slots=True)
class Show:
    """A scene that is played along a course, whose frame 0 is frame `begin` of the stream."""

    scene: Scene
    course: Course
    begin: int

    def instant(self, number: int) -> PreviewInstant:
        """Return what a frame of the stream shows."""
        return _instant(self.course, number - self.begin)


class Programme:
    """The shows of a stream, one after the other, and its anchors."""

    def __init__(self, show: Show) -> None:
        self.rate = show.course.pace
        """Frames a second of the stream."""
        self.show = show
        """The newest show."""
        self._courses: list[tuple[int, Course]] = []
        self._anchors: list[tuple[int, int]] = []
        self.begin(show)

    @property
    def anchor(self) -> PlayAnchor:
        """The newest anchor."""
        number, frame = self._anchors[-1]
        return PlayAnchor(media_time=format_exact(number / self.rate), frame=frame)

    def begin(self, show: Show) -> None:
        """Go on with another show. Of those before it nothing is held but their ways."""
        self.show = show
        self._courses = [*self._courses[1 - MOST_ANCHORS :], (show.begin, show.course)]
        self.jump(show.begin, show.course.start)

    def jump(self, number: int, frame: int) -> None:
        """Take note that a frame of the stream shows what does not follow what was before."""
        self._anchors = [*self._anchors[1 - MOST_ANCHORS :], (number, frame)]

    def second(self, seconds: float) -> Fraction:
        """Return when the frame begins that is on screen at a second of the stream."""
        return self._number(seconds) / self.rate

    def at(self, seconds: float) -> PreviewInstant:
        """Return what is on screen at a second of the stream."""
        number = self._number(seconds)
        begin, course = next((each for each in reversed(self._courses) if each[0] <= number), self._courses[0])
        return _instant(course, number - begin)

    def _number(self, seconds: float) -> int:
        return floor(Fraction(seconds) * self.rate + Fraction(1, 1000))


def _instant(course: Course, number: int) -> PreviewInstant:
    """Return what a frame of a course shows; before it the first, behind it the last."""
    gone = course.gone(max(0, number))
    if course.way is not None:
        gone = min(gone, course.way - 1)
    frame = course.frame(gone)
    return PreviewInstant(frame=frame, time=format_exact(frame / course.rate))


def first_course(stage: Stage, asked: Asked, begin: When) -> Course:
    """Return the course of a play that begins at an instant.

    Raises InvalidParams for an instant outside of the range, or a range without frames; NothingToRender for a project
    without any.
    """
    first, end = stage.span(asked.range)
    start = stage.frame(begin.frame, begin.time, "/from")
    if start >= end and asked.loops and asked.speed > 0:
        start = first
    elif start >= end and asked.speed < 0:
        start = end - 1
    if not first <= start < end:
        raise InvalidParams(detail=f"it is not one of the frames {first} to {end - 1} that are played", path="/from")
    return Course(start, first, end, stage.rate, play_rate(stage.rate), asked.speed, asked.loops)


def next_course(stage: Stage, asked: Asked, at: int) -> Course | None:
    """Return the course of a play that goes on at a frame after an edit; None where that is its end."""
    try:
        first, end = stage.span(asked.range)
    except (InvalidParams, NothingToRender):
        return None
    if not first <= at < end:
        if not asked.loops and asked.speed > 0:
            return None
        at = first if asked.speed > 0 else end - 1
    return Course(at, first, end, stage.rate, play_rate(stage.rate), asked.speed, asked.loops)


def goes_on(before: Stage, after: Stage) -> bool:
    """Whether one stream can go on with another stage: it has the same rate, shape, and forms of picture and sound."""
    return _form(before) == _form(after)


def _form(stage: Stage) -> tuple[object, ...]:
    line, export = stage.timeline, stage.export
    limiter = None if export.audio is None or export.audio.limiter is None else export.audio.limiter.true_peak
    return (
        stage.rate,
        line.width,
        line.height,
        export.width,
        export.height,
        (export.video or VideoExport()).pixel_format,
        line.sample_rate,
        line.channels,
        limiter,
    )

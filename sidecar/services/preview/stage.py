"""What a project, or a file, is for previews."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

from protocol.commands.shared import Range
from protocol.errors import InvalidParams, NothingToRender, SidecarError
from protocol.problem import Problem
from protocol.project import Export
from protocol.time import Seconds, format_exact, instant_frame, parse_seconds
from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.picture import Cutter
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.services.cache.failures import error_like
from sidecar.services.cache.kinds import Kind

LEAST_SIDE, MOST_SIDE = 16, 8192
"""Pixels of a side of a preview."""

ALWAYS = (0, 1 << 60)
"""Frames of what is of no clip."""

MOST_PROBLEMS = 50
"""Problems that are told with a picture."""

Choice = Literal["original", "proxy", "mixed"]
"""Which files clips play."""

Stamp = tuple[int, int, int, int]
"""What changes with a file: size, times of content and of status, inode."""

Kept = tuple[Kind, str]
"""An entry of the cache."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Frames [first, end) that cannot be shown, and why: those of a clip whose file is missing, say."""

    first: int
    end: int
    error: SidecarError


@dataclass(frozen=True, slots=True)
class Concern:
    """A problem, and frames [first, end) that it concerns."""

    problem: Problem
    first: int
    end: int


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Stage:
    """A project read and resolved, and all that its pictures are made of. What it says never changes.

    `fingerprints` are those of the files that clips play, by path, as they were when the stage was set. Clips that
    cannot be played are disabled in `timeline`; `broken` says on which frames they would be seen, `silent` on which
    those of audio tracks would be heard. `inexact` are frames [first, end) whose picture lacks an analysis that only a
    render makes, or shows a proxy; `missing` are analyses and proxies that may be there later. `owners` are ids of
    projects for the cache, `revision` that of an open project, `watched` the files that all of this was read from.
    `cutter` and `keys` (of pictures that are kept) only remember.
    """

    timeline: Timeline
    export: Export
    resources: Resources
    fingerprints: Mapping[str, str]
    ffmpeg: str
    cutter: Cutter
    problems: tuple[Concern, ...] = ()
    broken: tuple[Broken, ...] = ()
    silent: tuple[Broken, ...] = ()
    inexact: tuple[tuple[int, int], ...] = ()
    missing: tuple[Kept, ...] = ()
    media: Choice = "original"
    owners: tuple[str, ...] = ()
    revision: int | None = None
    watched: Mapping[Path, Stamp] = field(default_factory=dict)
    keys: OrderedDict[object, str] = field(default_factory=OrderedDict)

    @property
    def rate(self) -> Fraction:
        """Frames a second of the project."""
        return self.timeline.rate

    @property
    def frames(self) -> int:
        """Frames of the project, clips that cannot be played included."""
        return self.timeline.frames

    @property
    def sources(self) -> list[str]:
        """Files that all of this was read from: what clips play, or would play, and what effects name."""
        return [*{*map(str, self.watched), *self.fingerprints}]

    def time(self, frame: int) -> str:
        """Return when a frame begins, in seconds as "num/den"."""
        return format_exact(frame / self.rate)

    def frame(self, frame: int | None, time: Seconds | None, path: str = "") -> int:
        """Return the frame that exactly one of a number and an instant names; raises InvalidParams."""
        if (frame is None) == (time is None):
            raise InvalidParams(detail="exactly one of frame and time", path=path)
        if time is not None:
            try:
                frame = instant_frame(parse_seconds(time), self.rate)
            except ValueError as error:
                raise InvalidParams(detail=str(error), path=f"{path}/time") from error
        if frame is None or frame < 0:
            raise InvalidParams(detail="before the beginning", path=path)
        return frame

    def span(self, wanted: Range | None) -> tuple[int, int]:
        """Return the frames [first, end) of a range, as far as there are any, or all.

        Raises NothingToRender for a project without any, InvalidParams for a range that holds none of them.
        """
        if self.frames == 0:
            raise NothingToRender
        if wanted is None:
            return 0, self.frames
        first = self.frame(wanted.from_.frame, wanted.from_.time, "/range/from")
        end = min(self.frames, self.frame(wanted.to.frame, wanted.to.time, "/range/to"))
        if end <= first:
            raise InvalidParams(detail=f"the range holds none of the {self.frames} frames", path="/range")
        return first, end

    def size(self, width: int | None, height: int | None) -> tuple[int, int]:
        """Return the size of a preview: the export's; of one that is given, the other by aspect. Sides are even."""
        wide = self.export.width or self.timeline.width
        high = self.export.height or self.timeline.height
        scale = Fraction(1)
        if width is not None:
            scale = Fraction(width, wide)
        elif height is not None:
            scale = Fraction(height, high)
        return _even(width or wide * scale), _even(height or high * scale)

    def problems_of(self, window: tuple[int, int]) -> list[Problem]:
        """Return the problems that concern these frames, each once, at most so many."""
        found = {id(each.problem): each.problem for each in self.problems if _meet(each, window)}
        return list(found.values())[:MOST_PROBLEMS]

    def check(self, window: tuple[int, int]) -> None:
        """Raise the error of a clip that would be seen on one of these frames and cannot be played."""
        for each in self.broken:
            if _meet(each, window):
                raise error_like(each.error)  # one that is raised again and again grows by its tracebacks

    def check_sound(self, window: tuple[int, int]) -> None:
        """Raise the error of a clip that would be heard on one of these frames and cannot be played."""
        self.check(window)
        for each in self.silent:
            if _meet(each, window):
                raise error_like(each.error)  # one that is raised again and again grows by its tracebacks

    def exact(self, window: tuple[int, int], size: tuple[int, int]) -> bool:
        """Whether pictures of these frames, composed at this size, are those of a render."""
        return size == self.size(None, None) and self.complete(window)

    def complete(self, window: tuple[int, int]) -> bool:
        """Whether pictures of these frames lack nothing that those of a render have."""
        return not any(first < window[1] and window[0] < end for first, end in self.inexact)


def _meet(span: Broken | Concern, window: tuple[int, int]) -> bool:
    return span.first < window[1] and window[0] < span.end


def _even(length: Fraction | int) -> int:
    return max(LEAST_SIDE, min(MOST_SIDE, 2 * round(length / 2)))

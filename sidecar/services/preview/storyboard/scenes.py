"""Where scenes of a timeline begin: at its edits, and at the cuts inside the files that its clips play."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from protocol.project import AdjustmentSource, GraphicSource, TitleSource
from sidecar.core.source import SourceVideo
from sidecar.core.timeline import FileReading, Item, Timeline
from sidecar.core.timeline.frames import newest

OVER = (TitleSource, GraphicSource, AdjustmentSource)


@dataclass(frozen=True, slots=True)
class Footage:
    """What of a file is played: a picture stream by its number among those of the file, and seconds of it.

    `duration` is the file's, None where nothing tells.
    """

    path: str
    stream: int
    begin: Fraction
    end: Fraction
    duration: Fraction | None


def footage_of(timeline: Timeline, span: tuple[int, int]) -> list[Footage]:
    """Return what of its files a part of a timeline plays, each stream once, from the first to the last instant.

    Stills, and clips that show one moment, have no cuts.
    """
    found: dict[tuple[str, int], Footage] = {}
    for item, file, video in _moving(timeline, span):
        low, high = _instants(item, file, span, timeline.rate)
        key = file.facts.path, video.index
        known = found.get(key, Footage(*key, low, high, file.facts.duration))
        found[key] = Footage(*key, min(low, known.begin), max(high, known.end), known.duration)
    return list(found.values())


def beginnings(
    timeline: Timeline, span: tuple[int, int], cuts: Mapping[tuple[str, int], Sequence[Fraction]]
) -> list[int]:
    """Return the frames of a part of a timeline at which scenes begin.

    `cuts` are seconds from a file's start, in order, by path and stream.
    """
    found = {frame for item in _pictures(timeline) for frame in (item.first, item.end)}
    for item, file, video in _moving(timeline, span):
        inside = cuts.get((file.facts.path, video.index), ())
        found.update(_inside(item, (file, video), span, timeline.rate, inside))
    return sorted(frame for frame in found if span[0] <= frame < span[1])


def _pictures(timeline: Timeline) -> Iterator[Item]:
    """Yield what is a picture of its own: text over one, or a change of it, begins no scene."""
    for lane in timeline.video:
        yield from (item for item in lane.items if not isinstance(item.clip.source, OVER))


def _moving(timeline: Timeline, span: tuple[int, int]) -> Iterator[tuple[Item, FileReading, SourceVideo]]:
    """Yield what of a part shows different frames of a file."""
    for item in _pictures(timeline):
        file = item.file
        if item.frozen or file is None or file.video is None or file.video.still:
            continue
        if item.first < span[1] and span[0] < item.end:
            yield item, file, file.video


def _instants(item: Item, file: FileReading, span: tuple[int, int], rate: Fraction) -> tuple[Fraction, Fraction]:
    """Return the earliest instant of the file that an item shows in a part, and a moment after the latest."""
    shown = range(max(item.first, span[0]), min(item.end, span[1]))
    steady = not item.looped and item.time_map is None
    frames = (shown[0], shown[-1]) if steady else shown
    instants = [max(Fraction(0), file.in_file(item.instant(frame, rate))) for frame in frames]
    return min(instants), max(instants) + 1 / rate


def _inside(
    item: Item,
    reading: tuple[FileReading, SourceVideo],
    span: tuple[int, int],
    rate: Fraction,
    cuts: Sequence[Fraction],
) -> Iterator[int]:
    """Yield the frames of an item that show another scene of its file than the frame before."""
    if not cuts:
        return
    file, video = reading
    # The rule of source frames: a frame that begins half a tick after an instant is on screen already.
    slack, before = newest(video), None
    for frame in range(max(item.first, span[0]), min(item.end, span[1])):
        scene = bisect_right(cuts, file.in_file(item.instant(frame, rate)) + slack)
        if before is not None and scene != before:
            yield frame
        before = scene

"""Frames of a source that cannot be decoded, and what is shown in their place (docs/project.md §2, `onError`)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil

from protocol.project import FileSource
from sidecar.core.source import SourceFacts, SourceVideo
from sidecar.core.timeline.frames import FrameTimes, frame_times
from sidecar.core.timeline.model import Item, Timeline

Spans = Sequence[tuple[int, int]]


def damaged_indices(times: FrameTimes, video: SourceVideo) -> list[tuple[int, int]]:
    """Return the spans [first, end) of a stream's frames, by index, that cannot be decoded."""
    return [
        (_first_at(times, video, begins), times.count or 2**62 if ends is None else _first_at(times, video, ends))
        for begins, ends in video.damaged or ()
    ]


def holding(spans: Spans, index: int) -> tuple[int, int] | None:
    """Return the span that holds an index."""
    place = bisect_right(spans, index, key=lambda span: span[0]) - 1
    return spans[place] if place >= 0 and index < spans[place][1] else None


def last_good(spans: Spans, index: int) -> int:
    """Return the newest frame up to `index` that can be decoded; the first one after, where there is none."""
    span = holding(spans, index)
    if span is None:
        return index
    return span[0] - 1 if span[0] > 0 else span[1]


def damaged_frames(item: Item, rate: Fraction) -> list[tuple[int, int]]:
    """Return the spans [first, end) of project frames, handles included, for which a clip asks for damaged pictures."""
    reading = item.file
    found: list[tuple[int, int]] = []
    if (
        reading is None
        or reading.video is None
        or not reading.video.damaged
        or not isinstance(item.clip.source, FileSource)
    ):
        return []
    times = frame_times(reading, reading.video)
    spans = damaged_indices(times, reading.video)
    for frame in range(item.first - item.head, item.end + item.tail):
        if holding(spans, times.index(item.instant(frame, rate))) is None:
            continue
        if found and found[-1][1] == frame:
            found[-1] = (found[-1][0], frame + 1)
        else:
            found.append((frame, frame + 1))
    return found


def first_damage(timeline: Timeline, facts: SourceFacts) -> tuple[int, Fraction] | None:
    """Return the first frame that shows a damaged picture of a file, and the source instant; None where none does.

    Clips that go on after an error do not count, nor tracks whose picture is not shown.
    """
    found: list[tuple[int, Fraction]] = []
    for item in (item for lane in timeline.video for item in lane.items):
        source, reading = item.clip.source, item.file
        if reading is None or reading.video is None or reading.facts.path != facts.path:
            continue
        if not isinstance(source, FileSource) or source.on_error != "fail":
            continue
        damaged = next((each.damaged for each in facts.video if each.index == reading.video.index), None)
        judged = replace(item, file=replace(reading, video=replace(reading.video, damaged=damaged)))
        found += [(first, item.instant(first, timeline.rate)) for first, _ in damaged_frames(judged, timeline.rate)]
    return min(found, default=None)


def _first_at(times: FrameTimes, video: SourceVideo, pts: int) -> int:
    """Return the index of the first frame at or after a timestamp."""
    stamp = pts
    if video.rate is not None:
        stamp = ceil((pts - video.first_pts) * video.rate * video.time_base - Fraction(1, 2))
    if times.stamps is None:
        return max(0, stamp - times.base)
    return bisect_right(times.stamps, stamp - 1)

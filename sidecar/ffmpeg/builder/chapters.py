"""Markers as chapters of the written file."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from protocol.project import Export, Marker
from protocol.project.formats import CONTAINERS
from protocol.time import parse_seconds
from sidecar.core.timeline import OutputSpan, Timeline
from sidecar.ffmpeg.builder.command import SideFile
from sidecar.ffmpeg.builder.graph import Input

CHAPTERS_FILE = "chapters.txt"
CHAPTER_TICKS = 1_000_000_000
"""Ticks a second of chapters."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """From `start` to `end`, in seconds of the output."""

    start: Fraction
    end: Fraction
    title: str


def chapters_of(timeline: Timeline, export: Export, span: OutputSpan) -> tuple[Chapter, ...]:
    """Return the chapters of a span; none where there are none, or they are not wanted.

    A marker without a duration lasts to the next one. Chapters that begin before the span begin with it.
    """
    marked = [marker for marker in timeline.project.markers if marker.chapter]
    if not marked or not export.chapters or not CONTAINERS[export.container].chapters:
        return ()
    marked.sort(key=_time)
    offset, length = span.first / timeline.rate, (span.end - span.first) / timeline.rate
    starts = [*(_time(marker) - offset for marker in marked), length]
    found = []
    for marker, (start, following) in zip(marked, pairwise(starts), strict=True):
        duration = parse_seconds(marker.duration)
        end = min(start + duration if duration > 0 else following, length)
        if end <= 0 or start >= length:
            continue
        first = max(start, Fraction(0))
        # NUL no container can hold.
        found.append(Chapter(first, max(end, first), marker.name.replace("\0", "")))
    return tuple(found)


def chapter_file(timeline: Timeline, export: Export, span: OutputSpan) -> SideFile | None:
    """Write the chapters of a span in FFmpeg's own format; None for none."""
    lines = [";FFMETADATA1"]
    for each in chapters_of(timeline, export, span):
        lines += ["[CHAPTER]", f"TIMEBASE=1/{CHAPTER_TICKS}", f"START={ticks(each.start)}", f"END={ticks(each.end)}"]
        lines.append(f"title={_escaped(each.title)}")
    return SideFile(CHAPTERS_FILE, ("\n".join(lines) + "\n").encode("utf-8", "replace")) if len(lines) > 1 else None


def chapter_input() -> Input:
    """Read the chapters: an input without streams."""
    return Input(CHAPTERS_FILE, (("protocol_whitelist", "file"), ("f", "ffmetadata")))


def ticks(seconds: Fraction) -> int:
    """Return an instant on the chapters' clock."""
    return round(seconds * CHAPTER_TICKS)


def _time(marker: Marker) -> Fraction:
    return parse_seconds(marker.time)


def _escaped(text: str) -> str:
    return "".join("\\" + char if char in "=;#\\\r\n" else char for char in text)

"""Interlacing, by FFmpeg's idet."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Literal

import av.error
from av.filter import Graph
from av.video.frame import VideoFrame

from protocol.commands import analysis as wire
from sidecar.services.media.analysis.measure import Item, algorithm
from sidecar.services.media.analysis.picture import Picture

MOST_WIDE = 480
"""Pixels across that idet is given: lines are compared with their neighbours, however long they are."""

MOSTLY = 0.9
"""Share of the frames that tell which decides for all."""

PREFIX = "lavfi.idet.multiple."


class Interlacing:
    """Counts frames by how they are scanned, judged over several (idet's "multiple")."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._counts = {"progressive": 0, "tff": 0, "bff": 0, "undetermined": 0}
        self._fed = 0

    def take(self, picture: Picture) -> Iterator[Item]:
        """Take the next picture."""
        frame = picture.frame
        width = min(frame.width, MOST_WIDE) // 2 * 2
        if width >= 2 and frame.height >= 4:
            self._push(picture.reducer.reduced(frame, width, frame.height, "gray"))
        yield from ()

    def finish(self, _end: Fraction) -> Iterator[Item]:
        """Have the last frames judged."""
        if self._graph is not None:
            self._graph.push(None)
            self._pull(self._graph)
        yield from ()

    def result(self) -> wire.Interlacing:
        """Return the counts and the verdict."""
        made = algorithm("ffmpeg-idet", 1, width=MOST_WIDE, mostly=MOSTLY)
        counts = self._counts
        return wire.Interlacing(algorithm=made, verdict=verdict(counts), **counts)

    def _push(self, frame: VideoFrame) -> None:
        if self._graph is None:
            self._graph = _graph(frame)
        frame.pts, frame.time_base = self._fed, Fraction(1, 25)
        self._fed += 1
        self._graph.push(frame)
        self._pull(self._graph)

    def _pull(self, graph: Graph) -> None:
        while True:
            try:
                judged: Any = graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            kind = judged.metadata.get(PREFIX + "current_frame", "undetermined")
            self._counts[kind] = self._counts.get(kind, 0) + 1


def verdict(counts: dict[str, int]) -> Literal["progressive", "tff", "bff", "mixed", "unknown"]:
    """Return what most of the frames that tell show."""
    told = counts["progressive"] + counts["tff"] + counts["bff"]
    if told == 0:
        return "unknown"
    if counts["progressive"] >= MOSTLY * told:
        return "progressive"
    if counts["tff"] >= MOSTLY * told:
        return "tff"
    return "bff" if counts["bff"] >= MOSTLY * told else "mixed"


def _graph(frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25))
    judge, sink = graph.add("idet"), graph.add("buffersink")
    source.link_to(judge)
    judge.link_to(sink)
    graph.configure()
    return graph

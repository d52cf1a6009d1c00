"""Says which cells show the same things, and how busy they are: what one takes tells then what the others do. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import log
from typing import TYPE_CHECKING

from sidecar.core.bitrates import Bitrates
from sidecar.core.timeline import OutputSpan, Timeline
from sidecar.core.timeline.model import Item

if TYPE_CHECKING:
    from sidecar.services.render.cells import Cell

INPUT_WEIGHT = 0.5
FILTER_WEIGHT = 0.02
"""What an input and a filter add to the cost of a frame, whose encoding is 1."""

MOST_BUSY = 3.0
"""Natural logarithm of how much busier, or quieter, than its mean a part of a source counts at most."""

Stream = tuple[str, int]
"""A picture stream: the path of its file, and its number among all streams of that."""


class Screen:
    """What is on screen in the frames of an output."""

    def __init__(self, timeline: Timeline, span: OutputSpan) -> None:
        self._span = span
        self._rate = timeline.rate
        self._lanes = [([item.first - item.head for item in lane.items], lane.items) for lane in timeline.video]

    def kinds(self, cells: Sequence[Cell]) -> list[tuple[str, ...]]:
        """Return the clips that are on screen in the midst of each cell."""
        return [tuple(item.pointer for item in self._midst(cell)) for cell in cells]

    def related(self, before: Cell, after: Cell) -> bool:
        """Whether a moving picture of a file is on screen in the midst of both."""
        seen = ({item.pointer for item in self._midst(cell) if _stream(item) is not None} for cell in (before, after))
        return not next(seen).isdisjoint(next(seen))

    def streams(self, cells: Sequence[Cell]) -> list[Stream]:
        """Return the streams that are on screen in the midst of these cells, those of most cells first."""
        counts = Counter(_stream(item) for cell in cells for item in self._midst(cell))
        return [stream for stream, _ in counts.most_common() if stream is not None]

    def busyness(self, cells: Sequence[Cell], bitrates: Mapping[Stream, Bitrates]) -> list[float]:
        """Return how busy each cell's sources are there against their mean, as a logarithm; 0 where nothing tells."""
        return [self._busyness(cell, bitrates) for cell in cells]

    def _busyness(self, cell: Cell, bitrates: Mapping[Stream, Bitrates]) -> float:
        found = []
        for item in self._midst(cell):
            curve = bitrates.get(_stream(item) or ("", 0))
            if curve is not None and item.file is not None:
                first = max(self._project_frame(cell.first), item.first - item.head)
                end = min(self._project_frame(cell.end), item.end + item.tail)
                instants = sorted(float(item.file.in_file(item.instant(at, self._rate))) for at in (first, end))
                relative = curve.relative(*instants)
                if relative is not None:
                    found.append(max(-MOST_BUSY, min(MOST_BUSY, log(max(relative, 1e-9)))))
        return sum(found) / len(found) if found else 0.0

    def _midst(self, cell: Cell) -> Iterator[Item]:
        frame = self._project_frame((cell.first + cell.end) // 2)
        for begins, items in self._lanes:
            place = bisect_right(begins, frame) - 1
            while place >= 0 and items[place].end + items[place].tail > frame:
                yield items[place]
                place -= 1

    def _project_frame(self, frame: int) -> int:
        return self._span.first + int(frame * self._span.project_rate / self._span.rate)


def weights_of(cells: Sequence[Cell], span: OutputSpan) -> list[float]:
    """Return what encoding each cell is expected to take, against the others: what is measured corrects it."""
    pixels = span.width * span.height / 1e6
    return [
        cell.encoded * pixels * (1 + INPUT_WEIGHT * cell.cost.inputs + FILTER_WEIGHT * cell.cost.filters)
        for cell in cells
    ]


def _stream(item: Item) -> Stream | None:
    if item.file is None or item.file.video is None or item.file.video.still:
        return None
    return item.file.facts.path, item.file.video.stream

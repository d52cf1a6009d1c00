"""Says which cells show the same things: what one of them takes tells what the others do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sidecar.core.timeline import OutputSpan, Timeline

if TYPE_CHECKING:
    from sidecar.services.render.cells import Cell

INPUT_WEIGHT = 0.5
FILTER_WEIGHT = 0.02
"""What an input and a filter add to the cost of a frame, whose encoding is 1."""


def kinds_of(cells: Sequence[Cell], timeline: Timeline, span: OutputSpan) -> list[tuple[str, ...]]:
    """Return the clips that are on screen in the midst of each cell."""
    return [tuple(_shown(timeline, _project_frame((cell.first + cell.end) // 2, span))) for cell in cells]


def weights_of(cells: Sequence[Cell], span: OutputSpan) -> list[float]:
    """Return what encoding each cell is expected to take, against the others: what is measured corrects it."""
    pixels = span.width * span.height / 1e6
    return [
        cell.encoded * pixels * (1 + INPUT_WEIGHT * cell.cost.inputs + FILTER_WEIGHT * cell.cost.filters)
        for cell in cells
    ]


def _project_frame(frame: int, span: OutputSpan) -> int:
    return span.first + int(frame * span.project_rate / span.rate)


def _shown(timeline: Timeline, frame: int) -> Iterator[str]:
    for lane in timeline.video:
        for item in lane.items:
            if item.first - item.head <= frame < item.end + item.tail:
                yield item.pointer

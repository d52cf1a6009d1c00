"""The timeline in frames: pure arithmetic over the project and the facts of its files."""

from sidecar.core.timeline.model import (
    Crossing,
    CueLane,
    FileReading,
    Item,
    Lane,
    OutputSpan,
    TimedCue,
    Timeline,
    output_span,
)
from sidecar.core.timeline.ranges import range_problems
from sidecar.core.timeline.reading import source_path
from sidecar.core.timeline.resolve import resolve
from sidecar.core.timeline.unsupported import unsupported

__all__ = [
    "Crossing",
    "CueLane",
    "FileReading",
    "Item",
    "Lane",
    "OutputSpan",
    "TimedCue",
    "Timeline",
    "output_span",
    "range_problems",
    "resolve",
    "source_path",
    "unsupported",
]

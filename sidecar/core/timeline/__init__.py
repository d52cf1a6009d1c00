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
from sidecar.core.timeline.reading import source_path
from sidecar.core.timeline.resolve import resolve

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
    "resolve",
    "source_path",
]

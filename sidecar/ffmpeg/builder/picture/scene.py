"""What everything that makes pictures for one graph shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.picture.convert import Formats
from sidecar.ffmpeg.builder.picture.weigh import Weights
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sidefiles import SideFiles


@dataclass(frozen=True, slots=True)
class Canvas:
    """The frame at the size of the render: width, height, and canvas pixels a project pixel across and down."""

    size: tuple[int, int]
    scale: tuple[float, float]


@dataclass(slots=True)
class Scene:
    """The timeline, the canvas and pixel formats it is composed in, and the files that the graph gathers.

    `threads` is how many every decoder gets (None: its own choice).
    """

    timeline: Timeline
    canvas: Canvas
    formats: Formats
    resources: Resources
    weights: Weights
    files: SideFiles = field(default_factory=SideFiles)
    threads: int | None = None

    @property
    def rate(self) -> Fraction:
        """Frames a second of the project."""
        return self.timeline.rate

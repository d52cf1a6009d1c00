"""What everything that makes pictures for one graph shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.picture.convert import Formats
from sidecar.ffmpeg.builder.picture.feeds import Feeds
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sidefiles import SideFiles


@dataclass(frozen=True, slots=True)
class Canvas:
    """The frame at the size of the render: width, height, and canvas pixels a project pixel across and down."""

    size: tuple[int, int]
    scale: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tap:
    """A stream on its way through the graph, and its size."""

    stream: Stream
    size: tuple[int, int]


@dataclass(slots=True)
class Scene:
    """The timeline, the canvas and pixel formats it is composed in, and the files that the graph gathers.

    `threads` is how many every decoder gets (None: its own choice). `taps` are the frames that effects with an
    analysis were given, by the pointer of the effect. `feeds`: source frames come as raw video wherever they can.
    """

    timeline: Timeline
    canvas: Canvas
    formats: Formats
    resources: Resources
    files: SideFiles = field(default_factory=SideFiles)
    threads: int | None = None
    taps: dict[str, Tap] = field(default_factory=dict)
    feeds: Feeds | None = None

    @property
    def rate(self) -> Fraction:
        """Frames a second of the project."""
        return self.timeline.rate

"""A clip's picture on its way: as it was decoded, and as it is laid."""

from __future__ import annotations

from dataclasses import dataclass

from sidecar.core.source import SourceColor
from sidecar.ffmpeg.builder.graph import Stream


@dataclass(frozen=True, slots=True)
class Picture:
    """Oriented frames as decoded, of `bits` a channel. `alpha`: they have one; `straight`: not multiplied in yet.

    `pixel_format` is theirs; None where nobody has said.
    """

    stream: Stream
    color: SourceColor
    size: tuple[int, int]
    alpha: bool
    straight: bool
    bits: int = 8
    pixel_format: str | None = None


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip's oriented picture over frames [first, end) of the project; `still`: one frame stands for all of them."""

    picture: Picture
    first: int
    end: int
    still: bool


@dataclass(frozen=True, slots=True)
class Layer:
    """A picture with its left top corner at (x, y) of the canvas; `opaque`: it has no alpha.

    `still`: the stream is one frame, which stands for every frame of the clip. `size` is that of the stream in
    pixels, None for the canvas's.
    """

    stream: Stream
    x: int
    y: int
    opaque: bool
    still: bool = False
    size: tuple[int, int] | None = None

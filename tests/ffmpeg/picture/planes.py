"""Raw planar frames through a piece of a graph, as numbers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import Expression, Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from tests.harness.commands import output_of

RATE = Fraction(25)
MOST = {"gbrp": 255, "gbrap": 255, "gbrp16le": 65535, "gbrap16le": 65535}
ORDER = {3: (2, 0, 1), 4: (2, 0, 1, 3)}
"""Where red, green, blue, alpha lie among the planes of gbrp and gbrap."""


def through(
    frames: NDArray[Any],
    pixel_format: str,
    build: Callable[[Stream, SideFiles], Stream],
    made: str,
    work: Path,
    *,
    size: tuple[int, int] | None = None,
) -> NDArray[np.float64]:
    """Send frames (frame, plane or byte, ...) of RGB or of raw bytes through a graph; return what it gives alike.

    R'G'B' comes and goes as (frame, channel, height, width), 0-1; other formats come as stored and go as flat planes.
    """
    data = frames
    height, width = frames.shape[-2:] if size is None else size[::-1]
    if pixel_format in MOST:
        order = np.argsort(ORDER[frames.shape[1]])
        stored = np.rint(frames[:, order] * MOST[pixel_format])
        data = stored.astype("<u2" if pixel_format.endswith("le") else "u1")
    (work / "raw").write_bytes(data.tobytes())
    options = (
        ("f", "rawvideo"),
        ("pixel_format", pixel_format),
        ("video_size", f"{width}x{height}"),
        ("framerate", str(RATE)),
    )
    files = SideFiles()
    stream: Stream = InputStream(Input("raw", options), "video", 0)
    stream = node("setpts", node("settb", stream, expr=1 / RATE), expr=Expression("N"))
    stream = node("format", build(stream, files), pix_fmts=made)
    output = Output((stream,), (("f", "rawvideo"), ("fps_mode", "passthrough")), "pipe:1")
    raw = output_of(Command((output,), files=files.all()), work)
    flat = np.frombuffer(raw, "<u2" if made.endswith("le") else "u1").astype(float)
    if made not in MOST:
        return flat.reshape(len(frames), -1)
    channels = 4 if "a" in made else 3
    grid = flat.reshape(len(frames), channels, *(_shape(len(flat) // len(frames) // channels, height, width)))
    shown: NDArray[np.float64] = grid[:, ORDER[channels]] / MOST[made]
    return shown


def _shape(pixels: int, height: int, width: int) -> tuple[int, int]:
    """Return the size of a plane that has kept its aspect."""
    factor = (pixels / (height * width)) ** 0.5
    return round(height * factor), round(width * factor)

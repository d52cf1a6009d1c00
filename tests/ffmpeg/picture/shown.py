"""What a pixel of a decoded frame shows, by its tags and the standards' formulas alone."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from tests.harness.media import run_ffmpeg

KR_KB = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
"""By the numbers of H.273."""


def frames_of(path: Path, *, decoder: str | None = None) -> list[VideoFrame]:
    """Decode a file's picture; `decoder` of FFmpeg in place of the usual one (alpha of VP9 is libvpx's alone)."""
    if decoder is not None:
        lossless = path.with_suffix(".lossless.mkv")
        run_ffmpeg(["-c:v", decoder, "-i", f"file:{path}", "-c:v", "ffv1", f"file:{lossless}"])
        path = lossless
    with av.open(str(path)) as container:
        return list(container.decode(container.streams.video[0]))


def shown(frame: VideoFrame, x: int, y: int, *, spread: int = 2) -> NDArray[np.float64]:
    """Return R, G, B and alpha, 0-1, averaged around a place. Y'CbCr has to be tagged."""
    parts = [np.mean(part[_around(part, frame, x, y, spread)]) for part in _planes(frame)]
    name = frame.format.name
    most = float(2 ** frame.format.components[0].bits - 1)
    order = {"gbr": (2, 0, 1, 3), "rgb": (0, 1, 2, 3), "bgr": (2, 1, 0)}.get(name[:3])
    if order is not None:
        channels = [parts[place] for place in order[: len(parts)]]
        return np.array([*channels, most][:4]) / most
    kr, kb = KR_KB[int(frame.colorspace)]
    unit = (most + 1) / 256
    if int(frame.color_range or 0) == 2:
        luma, blue, red = parts[0] / most, (parts[1] - 128 * unit) / most, (parts[2] - 128 * unit) / most
    else:
        luma = (parts[0] / unit - 16) / 219
        blue, red = (parts[1] / unit - 128) / 224, (parts[2] / unit - 128) / 224
    r, b = luma + (2 - 2 * kr) * red, luma + (2 - 2 * kb) * blue
    alpha = parts[3] / most if len(parts) > 3 else 1.0
    return np.array([r, (luma - kr * r - kb * b) / (1 - kr - kb), b, alpha]).clip(0, 1)


def _planes(frame: VideoFrame) -> list[NDArray[np.float64]]:
    """Take the components of a planar or packed frame apart."""
    name, count = frame.format.name, len(frame.format.components)
    wide = ">u2" if name.endswith("be") else "<u2" if frame.format.components[0].bits > 8 else "u1"
    grids = []
    for plane in frame.planes:
        row = plane.line_size // np.dtype(wide).itemsize
        grids.append(np.frombuffer(bytes(plane), wide).reshape(-1, row)[: plane.height].astype(float))
    if len(grids) > 1:
        return [grid[:, : plane.width] for grid, plane in zip(grids, frame.planes, strict=True)]
    stride = 4 if name == "bgr0" else count
    packed = grids[0][:, : frame.width * stride].reshape(frame.height, frame.width, stride)
    return [packed[..., channel] for channel in range(count)]


def _around(part: NDArray[np.float64], frame: VideoFrame, x: int, y: int, spread: int) -> tuple[slice, slice]:
    across, down = frame.width / part.shape[1], frame.height / part.shape[0]
    column, row = int(x / across), int(y / down)
    wide, high = max(1, int(spread / across)), max(1, int(spread / down))
    return slice(max(0, row - high), row + high), slice(max(0, column - wide), column + wide)

"""From a decoded frame to an upright picture of R'G'B' in the size of a cell, as the engine would show it."""

from __future__ import annotations

from fractions import Fraction

import av.error
import av.filter
import numpy as np
from av.filter.context import FilterContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from sidecar.services.media.filmstrip.look import Look
from sidecar.services.media.filmstrip.passage import Shot
from sidecar.services.media.filmstrip.resample import resampled
from sidecar.services.media.filmstrip.shown import needs_reading, shown

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

ACCURATE = "accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
"""The engine's own options: with them libswscale gives the engine's pixels."""

KR_KB = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
"""Weights of red and blue in luma (H.273)."""


class Drawer:
    """Draws frames in one look."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._graphs: dict[tuple[int, int, str], tuple[av.filter.Graph, FilterContext, FilterContext]] = {}

    def __call__(self, shot: Shot) -> Bytes:
        """Return the picture: rows of pixels of R, G, B and, where the look has alpha, straight A."""
        look = self._look
        frame = shot.frame if look.field is None else parted(shot, look.field)
        if look.alpha:
            picture = self._clear(frame)
        elif needs_reading(look.color):
            picture = _levels(shown(_signal(self._scaled(frame), look), look.color))
        else:
            picture = self._scaled(frame).to_ndarray().astype(np.uint8, copy=False)
        if look.mirrored:
            picture = picture[:, ::-1]
        return np.ascontiguousarray(np.rot90(picture, k=-look.rotation // 90))

    def _scaled(self, frame: VideoFrame) -> VideoFrame:
        """Scale, or for alpha only convert: to R'G'B', or in the frame's own matrix and range where more has to be done."""
        key = frame.width, frame.height, frame.format.name
        if key not in self._graphs:
            # A stream may change its size and format on the way, but not for ever.
            self._graphs.clear()
            self._graphs[key] = self._graph(frame)
        # The graph has to outlive its filters.
        _, source, sink = self._graphs[key]
        source.push(frame)
        made = sink.pull()
        if not isinstance(made, VideoFrame):
            raise TypeError("a graph of pictures gives pictures")
        return made

    def _graph(self, frame: VideoFrame) -> tuple[av.filter.Graph, FilterContext, FilterContext]:
        look, color = self._look, self._look.color
        options = {"flags": f"{'area' if look.shrinks else 'bicubic'}+{ACCURATE}", "in_range": color.range}
        made = "gbrp"
        if look.alpha:
            made = "rgba"
        else:
            turned = look.rotation in (90, 270)
            options["w"], options["h"] = (str(side) for side in _sides(look, turned=turned))
            if needs_reading(color):
                made = "yuv444p16le" if color.matrix != "rgb" else "gbrp16le" if look.depth > 8 else "gbrp"
        own = made.startswith("yuv")
        options["out_range"] = color.range if own else "full"
        if color.matrix != "rgb":
            options["in_color_matrix"] = color.matrix
        if own:
            options["out_color_matrix"] = color.matrix
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25)
        )
        scale = graph.add("scale", ":".join(f"{name}={value}" for name, value in options.items()))
        sink = graph.add("buffersink")
        graph.link_nodes(source, scale, graph.add("format", f"pix_fmts={made}"), sink).configure()
        return graph, source, sink

    def _clear(self, frame: VideoFrame) -> Bytes:
        """Scale colour multiplied by alpha, so that what is transparent does not shine through edges."""
        look = self._look
        pixels = np.divide(self._scaled(frame).to_ndarray(), 255, dtype=np.float32)
        pixels[..., :3] *= pixels[..., 3:]
        size = _sides(look, turned=look.rotation in (90, 270))
        scaled = resampled(pixels, size, shrinks=look.shrinks).astype(np.float64)
        alpha = np.clip(scaled[..., 3:], 0, 1)
        color = np.divide(scaled[..., :3], alpha, out=np.zeros_like(scaled[..., :3]), where=alpha > 0)
        color = np.clip(color, 0, 1)
        if needs_reading(look.color):
            color = shown(color, look.color)
        return _levels(np.concatenate([color, alpha], axis=-1))


def _sides(look: Look, *, turned: bool) -> tuple[int, int]:
    return (look.height, look.width) if turned else (look.width, look.height)


def parted(shot: Shot, field: str) -> VideoFrame:
    """Deinterlace a frame, by those beside it where there are any."""
    given = [frame for frame in (shot.before, shot.frame, shot.after) if frame is not None]
    first = shot.frame
    graph = av.filter.Graph()
    source = graph.add_buffer(width=first.width, height=first.height, format=first.format, time_base=Fraction(1, 25))
    part = graph.add("bwdif", f"mode=send_frame:parity={field}:deint=all")
    sink = graph.add("buffersink")
    graph.link_nodes(source, part, sink).configure()
    made: list[VideoFrame] = []
    for number, frame in enumerate(given):
        frame.pts, frame.time_base = number, Fraction(1, 25)
        source.push(frame)
    source.push(None)
    while len(made) < len(given):
        try:
            made.append(graph.vpull())
        except (av.error.BlockingIOError, av.error.EOFError):
            break
    place = 0 if shot.before is None else 1
    return made[place] if place < len(made) else first


def _signal(frame: VideoFrame, look: Look) -> Floats:
    """Return a scaled frame's R'G'B' of 0-1."""
    color = look.color
    planes = frame.to_ndarray().astype(np.float64)
    # Of more than 8 bits swscale fills by shifting.
    most = ((1 << look.depth) - 1) << (16 - look.depth)
    if color.matrix == "rgb":
        return np.minimum(planes / (most if look.depth > 8 else 255), 1.0)
    if color.range == "limited":
        luma = (planes[..., 0] / 256 - 16) / 219
        blue, red = ((planes[..., place] / 256 - 128) / 224 for place in (1, 2))
    else:
        luma = planes[..., 0] / most
        blue, red = ((planes[..., place] - 32_768) / most for place in (1, 2))
    kr, kb = KR_KB[color.matrix]
    r = luma + 2 * (1 - kr) * red
    b = luma + 2 * (1 - kb) * blue
    g = (luma - kr * r - kb * b) / (1 - kr - kb)
    return np.clip(np.stack([r, g, b], axis=-1), 0, 1)


def _levels(values: Floats) -> Bytes:
    return (values * 255 + 0.5).astype(np.uint8)

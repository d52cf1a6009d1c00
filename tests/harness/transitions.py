"""Runs transitions by themselves, over planar frames that a test holds as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sidecar.ffmpeg.builder.catalogue import PictureScene, TransitionKind
from sidecar.ffmpeg.builder.command import Command, Output, SideFile
from sidecar.ffmpeg.builder.graph import Expression, Input, InputStream, Stream, node
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from tests.harness.commands import output_of

RATE = Fraction(25)
Planes = NDArray[np.uint8] | NDArray[np.uint16]
"""(frame, plane, height, width): G, B, R, and alpha where there are four; colour multiplied by it."""


def random_planes(frames: int, pixel_format: str, seed: int, size: tuple[int, int] = (48, 32)) -> Planes:
    """Draw frames in which no pixel is like another."""
    dice = np.random.default_rng(seed)
    deep = pixel_format.endswith("16le")
    shape = (frames, 4 if "gbrap" in pixel_format else 3, size[1], size[0])
    drawn = dice.integers(0, 65_536 if deep else 256, shape)
    drawn[:, :3] = np.minimum(drawn[:, :3], drawn[:, 3:]) if shape[1] == 4 else drawn
    return drawn.astype(np.uint16) if deep else drawn.astype(np.uint8)


def strip_of(planes: Planes, name: str) -> tuple[Stream, SideFile]:
    """Return frames as a strip, and the file that holds them."""
    _, count, height, width = planes.shape
    pixel_format = ("gbrap" if count == 4 else "gbrp") + ("16le" if planes.dtype == np.uint16 else "")
    options = (
        ("f", "rawvideo"),
        ("pixel_format", pixel_format),
        ("video_size", f"{width}x{height}"),
        ("framerate", f"{RATE}"),
    )
    stream = node("settb", InputStream(Input(name, options), "video", 0), expr=1 / RATE)
    return node("setpts", stream, expr=Expression("N")), SideFile(name, planes.tobytes())


def crossed_planes(
    kind: TransitionKind,
    a: Planes,
    b: Planes,
    progress: Sequence[float],
    work: Path,
    *parts: tuple[int, int],
    scale: float = 1.0,
) -> list[Planes]:
    """Cross two strips; return the frames of the whole transition, then of each part [first, end) made by itself."""
    count, height, width = a.shape[1:]
    pixel_format = ("gbrap" if count == 4 else "gbrp") + ("16le" if a.dtype == np.uint16 else "")
    files = SideFiles()
    outputs = []
    spans = [(0, len(progress)), *parts]
    for number, (first, end) in enumerate(spans):
        given = [strip_of(side[first:end], f"{name}{number}.raw") for name, side in (("a", a), ("b", b))]
        files.keep(file for _, file in given)
        scene = PictureScene(first, end - first, RATE, (width, height), scale, pixel_format, files)
        made = kind.build(given[0][0], given[1][0], progress[first:end], kind.parameters(), scene)
        raw = (("f", "rawvideo"), ("fps_mode", "passthrough"))
        outputs.append(Output((node("format", made, pix_fmts=pixel_format),), raw, f"out{number}.raw"))
    output_of(Command(tuple(outputs), files.all()), work)
    return [_read(work / output.target, a) for output in outputs]


def _read(path: Path, like: Planes) -> Planes:
    content, shape = path.read_bytes(), (-1, *like.shape[1:])
    if like.dtype == np.uint16:
        return np.frombuffer(content, np.uint16).reshape(shape)
    return np.frombuffer(content, np.uint8).reshape(shape)

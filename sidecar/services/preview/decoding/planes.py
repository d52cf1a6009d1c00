"""Pictures as raw video holds them: plane after plane, line after line, with nothing between."""

from __future__ import annotations

import os
import re
from functools import lru_cache

from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

from protocol.errors import MediaUnsupported
from sidecar.services.preview.decoding.messages import Format

_FULL = re.compile(r"yuvj(\d+p)")


def format_of(frame: VideoFrame) -> Format:
    """Return what a frame is as raw video, where full range is told beside it."""
    name = frame.format.name
    full = _FULL.fullmatch(name)
    return Format(f"yuv{full[1]}" if full else name, frame.width, frame.height)


def expect(frame: VideoFrame, wanted: Format, path: bytes) -> None:
    """Raise MediaUnsupported for a picture that is not what was said of its stream."""
    found = format_of(frame)
    if found != wanted:
        raise MediaUnsupported(
            path=os.fsdecode(path),
            detail=f"a picture of it is {found.width}x{found.height} {found.pixel_format}, "
            f"not {wanted.width}x{wanted.height} {wanted.pixel_format}",
        )


def held_bytes(frame: VideoFrame) -> int:
    """Return how much memory a frame's planes take."""
    return sum(plane.buffer_size for plane in frame.planes)


def pieces(frame: VideoFrame) -> list[memoryview]:
    """Return a frame's bytes in parts that follow each other; they live as long as the frame. Palettes are left out."""
    rows = _rows(frame.format.name, frame.width)
    return [_packed(plane, row) for plane, row in zip(frame.planes, rows, strict=True)]


def _packed(plane: VideoPlane, row: int) -> memoryview:
    """Return a plane's lines without padding; what has none is not copied."""
    data, step, height = memoryview(plane), plane.line_size, plane.height
    if step == row:
        return data[: row * height]
    # A picture that is stored from the bottom up has steps below zero, and its buffer begins with the last line.
    lines = range(0, height * step, step) if step > 0 else range((height - 1) * -step, -1, step)
    return memoryview(b"".join([data[at : at + row] for at in lines]))


@lru_cache(maxsize=64)
def _rows(name: str, width: int) -> tuple[int, ...]:
    """Return the bytes of a line of each plane, as `av_image_get_linesize` reckons them."""
    form = VideoFormat(name, width, 2)
    components = form.components
    planes = 1 + max(component.plane for component in components)
    if planes > 1:
        return tuple(
            sum((component.bits + 7) // 8 * component.width for component in components if component.plane == plane)
            for plane in range(planes)
        )
    if form.chroma_width() < width:
        # Two pixels share their colour, and lie together.
        return (form.chroma_width() * 2 * form.padded_bits_per_pixel // 8,)
    return (width * form.padded_bits_per_pixel // 8,)

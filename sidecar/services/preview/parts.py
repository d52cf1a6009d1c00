"""Cuts what FFmpeg writes into frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from protocol.errors import FfmpegFailed
from protocol.project import Export, VideoExport
from protocol.project.export import PixelFormat

if TYPE_CHECKING:
    from sidecar.ffmpeg.builder.preview import Image

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
MOST_HEAD = 1_024
PNG = b"\x89PNG\r\n\x1a\n"

Measure = Callable[[bytearray, int], tuple[int, int] | int]
"""Says from where to where the first image lies in some bytes; where they do not tell yet, how far it has read them.

That it is told the next time, when there are more: a large PNG is thousands of pieces.
"""

_HALVES: dict[str, int] = {"yuv420p": 3, "yuv422p": 4, "yuv444p": 6, "yuva420p": 5, "yuva444p": 8, "gbrp": 6}
"""Half samples a pixel, of all planes together."""


class Parts(Protocol):
    """Bytes in, frames out."""

    def feed(self, data: bytes | bytearray) -> None:
        """Take what was read."""

    def next(self) -> bytes | None:
        """Return the next frame that is whole, None while there is none."""


class Pieces:
    """Frames of a fixed size, one behind the other."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._data = bytearray()

    def feed(self, data: bytes | bytearray) -> None:
        """Take what was read."""
        self._data += data

    def next(self) -> bytes | None:
        """Return the next frame that is whole, None while there is none."""
        if len(self._data) < self._size:
            return None
        frame = bytes(self._data[: self._size])
        del self._data[: self._size]
        return frame


class Images:
    """Images of any size, one behind the other. `measure` says where the first one lies, once enough is there."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._data = bytearray()
        self._found: tuple[int, int] | int = 0

    def feed(self, data: bytes | bytearray) -> None:
        """Take what was read."""
        self._data += data

    def next(self) -> bytes | None:
        """Return the next image that is whole, None while there is none. Raises FfmpegFailed for what is none."""
        if isinstance(self._found, int):
            self._found = self._measure(self._data, self._found)
        if isinstance(self._found, int) or len(self._data) < self._found[1]:
            return None
        first, end = self._found
        image = bytes(memoryview(self._data)[first:end])
        del self._data[:end]
        self._found = 0
        return image


def part(data: bytearray, _read: int) -> tuple[int, int] | int:
    """Find a part of a multipart stream: a head says its length."""
    end = data.find(HEAD_END)
    if end < 0:
        if len(data) > MOST_HEAD:
            raise FfmpegFailed(exit_code=0, detail="it wrote something else than images")
        return 0
    first = end + len(HEAD_END)
    for line in bytes(data[:end]).split(b"\r\n"):
        if line.lower().startswith(LENGTH):
            return first, first + int(line[len(LENGTH) :])
    raise FfmpegFailed(exit_code=0, detail="an image came without its length")


def webp(data: bytearray, _read: int) -> tuple[int, int] | int:
    """Find a WebP: its head says its length, without those eight bytes."""
    if len(data) < 8:
        return 0
    if data[:4] != b"RIFF":
        raise FfmpegFailed(exit_code=0, detail="it wrote something else than WebP")
    return 0, 8 + int.from_bytes(data[4:8], "little")


def png(data: bytearray, read: int) -> tuple[int, int] | int:
    """Find a PNG: chunks say their lengths, the last one is IEND."""
    if len(data) < 8:
        return 0
    if data[:8] != PNG:
        raise FfmpegFailed(exit_code=0, detail="it wrote something else than PNG")
    at = max(8, read)
    while len(data) >= at + 8:
        name, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4], "big")
        if name == b"IEND":
            return 0, end
        at = end
    return at


def parts_of(image: Image, size: tuple[int, int], export: Export) -> Parts:
    """Return what cuts frames of a kind and size; the export says what raw ones are."""
    pixels = size[0] * size[1]
    if image == "rgb":
        return Pieces(3 * pixels)
    if image == "rgba":
        return Pieces(4 * pixels)
    if image == "raw":
        return Pieces(raw_bytes((export.video or VideoExport()).pixel_format, pixels))
    measures: dict[str, Measure] = {"jpeg": part, "webp": webp, "png": png}
    return Images(measures[image[0]])


def raw_bytes(pixel_format: PixelFormat, pixels: int) -> int:
    """Return the bytes of a raw frame of even sides."""
    deep = pixel_format.endswith("10le")
    return pixels * _HALVES[pixel_format.removesuffix("10le")] // 2 * (2 if deep else 1)

"""Cuts what FFmpeg writes into frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from protocol.errors import FfmpegFailed
from protocol.project import Export, VideoExport
from protocol.project.export import PixelFormat

if TYPE_CHECKING:
    from sidecar.ffmpeg.builder.preview import Image

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
MOST_HEAD = 1_024

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


class Multipart:
    """Images of any size, each behind a head that says its length (FFmpeg's mpjpeg, whatever the codec)."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._length: int | None = None

    def feed(self, data: bytes | bytearray) -> None:
        """Take what was read."""
        self._data += data

    def next(self) -> bytes | None:
        """Return the next image that is whole, None while there is none. Raises FfmpegFailed for what is no head."""
        if self._length is None:
            end = self._data.find(HEAD_END)
            if end < 0:
                if len(self._data) > MOST_HEAD:
                    raise FfmpegFailed(exit_code=0, detail="it wrote something else than images")
                return None
            self._length = _length(bytes(self._data[:end]))
            del self._data[: end + len(HEAD_END)]
        if len(self._data) < self._length:
            return None
        image = bytes(self._data[: self._length])
        del self._data[: self._length]
        self._length = None
        return image


def parts_of(image: Image, size: tuple[int, int], export: Export) -> Parts:
    """Return what cuts frames of a kind and size; the export says what raw ones are."""
    pixels = size[0] * size[1]
    if image == "rgb":
        return Pieces(3 * pixels)
    if image == "rgba":
        return Pieces(4 * pixels)
    if image == "raw":
        return Pieces(raw_bytes((export.video or VideoExport()).pixel_format, pixels))
    return Multipart()


def raw_bytes(pixel_format: PixelFormat, pixels: int) -> int:
    """Return the bytes of a raw frame of even sides."""
    deep = pixel_format.endswith("10le")
    return pixels * _HALVES[pixel_format.removesuffix("10le")] // 2 * (2 if deep else 1)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(LENGTH):
            return int(line[len(LENGTH) :])
    raise FfmpegFailed(exit_code=0, detail="an image came without its length")

"""Pictures as files: JPEG, WebP and PNG by the encoders that PyAV brings."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
from av.codec import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

from sidecar.services.media.filmstrip.look import ImageFormat

Bytes = NDArray[np.uint8]

ACCURATE = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.BITEXACT

CODECS: dict[ImageFormat, str] = {"jpeg": "mjpeg", "webp": "libwebp", "png": "png"}

SCALE = 0.141
"""Steps of mjpeg's quantiser a per cent of the tables of JPEG's annex K: where both tables have the same sum."""


class Encoder:
    """Encodes pictures of one size: rows of pixels of R, G, B, or of R, G, B and straight A.

    `quality` 0-100 is that of libjpeg and libwebp; PNG has none.
    """

    def __init__(self, form: ImageFormat, quality: int, size: tuple[int, int], *, alpha: bool) -> None:
        self._form = form
        self._alpha = alpha and form != "jpeg"
        self._count = 0
        context = CodecContext.create(CODECS[form], "w")
        if not isinstance(context, VideoCodecContext):
            raise TypeError(f"{CODECS[form]} encodes no pictures")
        context.width, context.height = size
        context.pix_fmt = {"jpeg": "yuvj420p", "webp": "bgra", "png": "rgba" if self._alpha else "rgb24"}[form]
        context.time_base = Fraction(1, 25)
        # More would hold pictures back.
        context.thread_count = 1
        context.options = _options(form, quality)
        self._context = context

    def encode(self, picture: Bytes) -> bytes:
        """Return a picture as a file. One with alpha that the format lacks has to be laid over something before."""
        frame = self._frame(picture)
        frame.pts, frame.time_base = self._count, Fraction(1, 25)
        self._count += 1
        return b"".join(bytes(packet) for packet in self._context.encode(frame))

    def _frame(self, picture: Bytes) -> VideoFrame:
        if self._form == "jpeg":
            return VideoFrame.from_ndarray(picture, format="rgb24").reformat(
                format="yuvj420p",
                dst_colorspace=Colorspace.ITU601,
                dst_color_range=ColorRange.JPEG,
                interpolation=ACCURATE,
                threads=1,
            )
        if self._form == "webp":
            alpha = picture[..., 3:] if self._alpha else np.full((*picture.shape[:2], 1), 255, dtype=np.uint8)
            return VideoFrame.from_ndarray(np.concatenate([picture[..., 2::-1], alpha], axis=-1), format="bgra")
        return VideoFrame.from_ndarray(picture, format="rgba" if self._alpha else "rgb24")


def laid_over(picture: Bytes, color: str) -> Bytes:
    """Lay R, G, B and straight A over a colour, #RRGGBB or #RRGGBBAA (whose alpha counts for nothing)."""
    ground = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)], dtype=np.float64)
    alpha = picture[..., 3:] / 255
    made: Bytes = (picture[..., :3] * alpha + ground * (1 - alpha) + 0.5).astype(np.uint8)
    return made


def decoded(image: bytes, *, alpha: bool) -> Bytes:
    """Return the pixels of a picture that `Encoder` has written."""
    with av.open(io.BytesIO(image), mode="r") as container:
        frame = next(container.decode(video=0))
        if not alpha and frame.format.name.startswith("yuv"):
            span = ColorRange.JPEG if frame.format.name.startswith("yuvj") else ColorRange.MPEG
            frame = frame.reformat(
                format="rgb24",
                src_colorspace=Colorspace.ITU601,
                src_color_range=span,
                dst_color_range=ColorRange.JPEG,
                interpolation=ACCURATE,
                threads=1,
            )
        return frame.to_ndarray(format="rgba" if alpha else "rgb24").astype(np.uint8, copy=False)


def _options(form: ImageFormat, quality: int) -> dict[str, str]:
    if form == "webp":
        return {"lossless": "0", "quality": str(quality)}
    if form == "png":
        return {"pred": "up"}
    # libjpeg's quality is a scale of those tables: 100 at 50, 0 at 100.
    percent = 5000 / max(1, quality) if quality < 50 else 200 - 2 * quality
    step = str(min(31, max(1, round(percent * SCALE))))
    return {"qmin": step, "qmax": step, "lmin": "1", "mblmin": "1"}

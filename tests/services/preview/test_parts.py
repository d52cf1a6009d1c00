"""Cutting what FFmpeg writes into frames, however it comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import FfmpegFailed
from sidecar.services.preview.parts import Images, Parts, Pieces, part, png, raw_bytes, webp


def read(parts: Parts, data: bytes, cuts: list[int]) -> list[bytes]:
    """Feed data in pieces and return the frames that came."""
    found = []
    for first, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        parts.feed(data[first:end])
        while (frame := parts.next()) is not None:
            found.append(frame)
    return found


@given(images=st.lists(st.binary(max_size=60), max_size=5), cuts=st.lists(st.integers(0, 400), max_size=8))
def test_images_come_out_whole(images: list[bytes], cuts: list[int]) -> None:
    head = b"--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: %d\r\n\r\n"
    data = b"".join(head % len(image) + image + b"\r\n" for image in images)
    assert read(Images(part), data, sorted(min(cut, len(data)) for cut in cuts)) == images


@given(
    bodies=st.lists(st.lists(st.binary(max_size=20), max_size=3), max_size=4),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_images_that_say_their_length_come_out_whole(bodies: list[list[bytes]], cuts: list[int]) -> None:
    pngs = [
        b"\x89PNG\r\n\x1a\n"
        + b"".join(len(body).to_bytes(4, "big") + b"IDAT" + body + b"sums" for body in body_)
        + b"\0\0\0\0IENDsums"
        for body_ in bodies
    ]
    webps = [b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body for each in bodies for body in each]
    for images, measure in ((pngs, png), (webps, webp)):
        data = b"".join(images)
        assert read(Images(measure), data, sorted(min(cut, len(data)) for cut in cuts)) == images
        if data:
            with pytest.raises(FfmpegFailed):
                read(Images(measure), b"x" + data, [])


@given(count=st.integers(0, 6), cuts=st.lists(st.integers(0, 60), max_size=8))
def test_raw_frames_come_out_whole(count: int, cuts: list[int]) -> None:
    data = bytes(range(10 * count))
    frames = read(Pieces(10), data, sorted(min(cut, len(data)) for cut in cuts))
    assert frames == [data[first : first + 10] for first in range(0, len(data), 10)]


@pytest.mark.parametrize("data", [b"x" * 2000, b"--ffmpeg\r\nContent-type: image/png\r\n\r\n"])
def test_what_is_no_image_is_an_error(data: bytes) -> None:
    with pytest.raises(FfmpegFailed):
        read(Images(part), data, [])


def test_sizes_of_raw_frames() -> None:
    assert raw_bytes("yuv420p", 100) == 150
    assert raw_bytes("yuv422p10le", 100) == 400
    assert raw_bytes("yuva444p10le", 100) == 800
    assert raw_bytes("gbrp", 100) == 300

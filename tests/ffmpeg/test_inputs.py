"""How files are opened, and where in them reading begins."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sidecar.ffmpeg.builder.inputs import file_input, seek_point
from tests.core.test_timeline import FACTS, VIDEO

INDEXED = replace(VIDEO, keyframes=tuple(range(0, 128_000, 25_600)), max_gap=Fraction(2))
STREAM = replace(FACTS, demuxer="mpegts")


def test_options_bind_what_is_read() -> None:
    opened = file_input(FACTS, seek=Fraction(7, 3), threads=1, decoder="libvpx-vp9")
    assert opened.url == "file:/a.mp4"
    options = dict(opened.options)
    assert options["protocol_whitelist"] == "file,pipe"
    assert options["format_whitelist"] == options["f"] == "mov"
    assert options["max_pixels"] == "67108864"
    assert (options["ss"], options["threads"], options["c:v"]) == ("2.333333", "1", "libvpx-vp9")
    assert "noaccurate_seek" in options
    assert dict(file_input(replace(FACTS, demuxer="image2")).options)["pattern_type"] == "none"
    assert "ss" not in dict(file_input(FACTS).options)


@pytest.mark.parametrize(
    ("instant", "wanted"),
    [
        (Fraction(0), None),
        (Fraction(1), None),
        (Fraction(2), Fraction(2) + Fraction(1, 100)),
        (Fraction(39, 10), Fraction(2) + Fraction(1, 100)),
        (Fraction(99), Fraction(8) + Fraction(1, 100)),
    ],
)
def test_the_governing_keyframe_is_aimed_at(instant: Fraction, wanted: Fraction | None) -> None:
    assert seek_point(FACTS, INDEXED, instant) == wanted


def test_keyframes_that_lie_close_are_not_overshot() -> None:
    dense = replace(VIDEO, keyframes=tuple(range(0, 12_800, 128)), max_gap=Fraction(1, 100))
    found = seek_point(FACTS, dense, Fraction(1, 2))
    assert found is not None
    assert Fraction(1, 2) <= found < Fraction(51, 100)


def test_formats_without_an_index_are_aimed_at_one_gop_earlier() -> None:
    assert seek_point(STREAM, INDEXED, Fraction(9)) == Fraction(8) - Fraction(2) - Fraction(1, 5)
    assert seek_point(STREAM, INDEXED, Fraction(3)) is None
    assert seek_point(STREAM, replace(INDEXED, max_gap=None), Fraction(9)) is None


def test_without_an_index_reading_begins_a_gop_and_a_second_earlier() -> None:
    unread = replace(INDEXED, keyframes=None)
    assert seek_point(FACTS, unread, Fraction(9)) == Fraction(6)
    assert seek_point(STREAM, unread, Fraction(9)) is None
    assert seek_point(FACTS, replace(unread, max_gap=None), Fraction(9)) is None


def test_some_files_are_read_from_the_start() -> None:
    assert seek_point(FACTS, replace(INDEXED, seekable=False), Fraction(9)) is None
    assert seek_point(FACTS, replace(INDEXED, still=True), Fraction(9)) is None

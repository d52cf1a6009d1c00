"""Which frames a storyboard shows, where they lie, and what its track says."""

from __future__ import annotations

from fractions import Fraction

import pytest

from protocol.errors import InvalidParams, LimitExceeded
from sidecar.ffmpeg.builder.board import lay_out
from sidecar.services.preview.storyboard.picks import Pick, by_beginnings, by_count, by_interval
from sidecar.services.preview.storyboard.track import Thumbnail, clock, thumbnail_track

RATE = Fraction(25)


def test_a_count_is_spread_over_parts_that_join() -> None:
    assert by_count((0, 10), 2) == [Pick(2, 0, 5), Pick(7, 5, 10)]
    assert by_count((100, 110), 3) == [Pick(101, 100, 103), Pick(105, 103, 106), Pick(108, 106, 110)]
    assert by_count((4, 6), 9) == [Pick(4, 4, 5), Pick(5, 5, 6)]


def test_an_interval_begins_with_the_range() -> None:
    assert by_interval((10, 61), Fraction(1), RATE) == [Pick(10, 10, 35), Pick(35, 35, 60), Pick(60, 60, 61)]
    # At 29.97 frames a second seconds do not begin with frames: each shows the one on screen.
    found = by_interval((0, 90), Fraction(1), Fraction(30_000, 1_001))
    assert [pick.frame for pick in found] == [0, 29, 59, 89]
    with pytest.raises(InvalidParams):
        by_interval((0, 90), Fraction(1, 26), RATE)
    with pytest.raises(LimitExceeded):
        by_interval((0, 1_001), Fraction(1, 25), RATE)


def test_scenes_begin_with_the_range_and_stay_inside() -> None:
    assert by_beginnings((10, 50), [0, 30, 10, 50, 40]) == [Pick(10, 10, 30), Pick(30, 30, 40), Pick(40, 40, 50)]


def test_pictures_lie_in_rows() -> None:
    board = lay_out(5, (32, 18), columns=None, gap=3, lines=True)
    assert (board.columns, board.rows, board.line) == (3, 2, 16)
    assert [board.at(number) for number in range(5)] == [(0, 0), (35, 0), (70, 0), (0, 37), (35, 37)]
    assert board.size == (102, 72)
    plain = lay_out(2, (32, 18), columns=7, gap=0, lines=False)
    assert (plain.columns, plain.size, plain.at(1)) == (2, (64, 18), (32, 0))
    with pytest.raises(LimitExceeded):
        lay_out(1_000, (4_096, 2_048), columns=None, gap=0, lines=False)


def test_the_track_names_parts_of_the_sheet() -> None:
    cells = [
        Thumbnail(Fraction(0), Fraction(3_725), 0, 0, 160, 90),
        Thumbnail(Fraction(3_725), Fraction(11_176, 3), 164, 0, 160, 90),
    ]
    assert thumbnail_track(cells, "sheet.jpg") == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 01:02:05.000\nsheet.jpg#xywh=0,0,160,90\n\n"
        "01:02:05.000 --> 01:02:05.333\nsheet.jpg#xywh=164,0,160,90\n"
    )
    assert clock(Fraction(1, 3)) == "00:00:00.333"

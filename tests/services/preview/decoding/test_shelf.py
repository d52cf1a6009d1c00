"""Frames that are held: found by tick, let go of by age and size."""

from __future__ import annotations

from math import inf
from typing import Any

from av.video.frame import VideoFrame

from sidecar.services.preview.decoding.shelf import Shelf, Shown


def shown(pts: int, end: float, *, first: float | None = None, size: int = 10) -> Shown:
    return Shown(VideoFrame(2, 2, "gray"), pts, pts if first is None else first, end, size)


def times(shelf: Shelf, stream: Any, ticks: range) -> list[int | None]:
    found = [shelf.find(stream, tick) for tick in ticks]
    return [None if each is None else each.pts for each in found]


def test_a_frame_is_found_at_its_ticks_only() -> None:
    shelf = Shelf(1_000)
    shelf.put("a", shown(2, 4))
    shelf.put("a", shown(7, inf))
    assert times(shelf, "a", range(9)) == [None, None, 2, 2, None, None, None, 7, 7]
    shelf.put("a", shown(0, 2, first=-inf))
    assert times(shelf, "a", range(-2, 3)) == [0, 0, 0, 0, 2]
    assert times(shelf, "b", range(3)) == [None] * 3


def test_those_unused_for_longest_go() -> None:
    shelf = Shelf(30)
    for pts in range(3):
        shelf.put("a", shown(pts, pts + 1))
    assert shelf.find("a", 0) is not None
    shelf.put("b", shown(0, 1))
    assert times(shelf, "a", range(3)) == [0, None, 2]
    assert shelf.bytes == 30
    shelf.limit = 15
    assert times(shelf, "a", range(3)) == [None, None, 2]
    assert shelf.find("b", 0) is None
    shelf.put("a", shown(5, 6, size=16))
    assert (shelf.bytes, times(shelf, "a", range(6))) == (0, [None] * 6)


def test_a_frame_that_comes_again_takes_no_more() -> None:
    shelf = Shelf(100)
    shelf.put("a", shown(3, 4, first=-inf))
    shelf.put("a", shown(3, 4))
    assert shelf.bytes == 10
    assert times(shelf, "a", range(2, 5)) == [3, 3, None]


def test_streams_and_everything_can_be_dropped() -> None:
    shelf = Shelf(100)
    shelf.put("a", shown(3, 4))
    shelf.put("b", shown(3, 4))
    shelf.drop("a")
    shelf.drop("c")
    assert (shelf.find("a", 3), shelf.bytes) == (None, 10)
    shelf.clear()
    assert (shelf.find("b", 3), shelf.bytes) == (None, 0)

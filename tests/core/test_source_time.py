"""Source time, frames and damage in exact numbers."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from fractions import Fraction
from math import floor
from typing import Any

import pytest

from protocol.project import CubicBezier
from sidecar.core.source import SourceVideo, pack_stamps, unpack_stamps
from sidecar.core.timeline import Item, range_problems
from sidecar.core.timeline.damage import damaged_frames, damaged_indices, first_damage, last_good
from sidecar.core.timeline.frames import FrameTimes, frame_times, last_tick
from sidecar.core.timeline.timemap import MapKey, TimeMap
from tests.core.test_timeline import FACTS, VIDEO, clip, timeline, track

RATE = Fraction(25)
F = Fraction


def item_of(video: SourceVideo = VIDEO, *, loop: bool | None = None, **members: Any) -> Item:
    entry = clip(0, 1, **members)
    entry["source"] = {**entry["source"], "loop": loop}
    return timeline(track(entry), facts=replace(FACTS, video=(video,))).video[0].items[0]


def times_of(video: SourceVideo) -> FrameTimes:
    item = item_of(video)
    assert item.file is not None
    return frame_times(item.file, video)


def test_instants_backwards_frozen_mapped_and_looped() -> None:
    backwards = item_of(sourceStart=2, speed=0.5, reverse=True)
    assert [backwards.instant(frame, RATE) for frame in (0, 24, 25, -1)] == [F(62, 25), F(2), F(99, 50), F(5, 2)]
    assert item_of(sourceStart=2, freeze=True).instant(20, RATE) == 2
    keys = [{"time": 0.2, "source": 1}, {"time": 0.6, "source": 3, "easing": "hold"}, {"time": 0.8, "source": 0}]
    mapped = item_of(timeMap=keys)
    assert [mapped.instant(frame, RATE) for frame in (-3, 5, 10, 16, 19, 20, 40)] == [1, 1, 2, 3, 3, 0, 0]
    looped = item_of(sourceStart=9.5, speed=2, loop=True)
    assert [looped.instant(frame, RATE) for frame in (0, 6, 7, -120)] == [F(19, 2), F(499, 50), F(3, 50), F(99, 10)]
    assert looped.unlooped(7, RATE) == F(503, 50)


def test_linear_pieces_of_a_map_are_exact_and_curves_follow_css() -> None:
    found = TimeMap((MapKey(F(0), F(0), "linear"), MapKey(F(3), F(1), "easeIn"), MapKey(F(5), F(0), "linear")))
    assert found.at(F(1, 7)) == F(1, 21)
    # cubic-bezier(0.42, 0, 1, 1) at one half is 0.3153.
    assert float(found.at(F(4))) == pytest.approx(1 - 0.31535, abs=1e-4)
    assert found.extremes(F(1), F(4)) == (F(1, 3), F(1))
    bouncing = TimeMap(
        (MapKey(F(0), F(1), CubicBezier(cubic_bezier=(0.3, -1.0, 0.7, 2.0))), MapKey(F(1), F(2), "linear"))
    )
    low, high = bouncing.extremes(F(0), F(1))
    assert low < 1
    assert high > 2


def test_stamps_travel_packed() -> None:
    pts = [-7, 0, 3, 90_000, 2**40]
    assert list(unpack_stamps(pack_stamps(pts))) == pts


def test_frames_on_a_grid() -> None:
    times = times_of(VIDEO)
    assert [times.index(F(x)) for x in ("-1", "0", "0.0399", "0.04", "9.99", "99")] == [0, 0, 0, 1, 249, 249]
    # Half a tick early counts already.
    assert times.index(F(1, 25) - F(1, 25_600)) == 1
    assert times.between(F(1, 20)) == (1, F(1, 4))
    assert times.between(F(1, 25) - F(1, 25_600)) == (1, F(0))
    assert times.between(F(20)) == (249, F(0))
    late = times_of(replace(VIDEO, first_pts=12_800))
    assert (late.index(F(1, 2)), late.index(F(1)), late.index(F("1.04"))) == (0, 0, 1)


def test_frames_on_a_grid_with_gaps_and_on_none() -> None:
    gaps = times_of(replace(VIDEO, frames=3, stamps=pack_stamps([0, 512, 512 * 4])))
    assert [gaps.index(F(x, 25)) for x in (0, 1, 3, 4)] == [0, 1, 1, 2]
    assert [gaps.stamp(index) for index in range(3)] == [0, 1, 4]
    assert gaps.between(F(2, 25)) == (1, F(1, 3))
    loose = times_of(replace(VIDEO, rate=None, frames=3, stamps=pack_stamps([0, 700, 1900])))
    assert [loose.index(F(x, 12_800)) for x in (0, 699, 700, 1900)] == [0, 0, 1, 2]
    assert loose.stamp(2) == 1900
    assert loose.between(F(1000, 12_800)) == (1, F(1, 4))


@pytest.mark.parametrize("video", [VIDEO, replace(VIDEO, rate=None, stamps=pack_stamps(range(0, 250 * 512, 512)))])
def test_another_rate_counts_the_frames(video: SourceVideo) -> None:
    entry = {"id": "m", "path": "a.mp4", "interpret": {"frameRate": "50"}}
    source = {"kind": "file", "media": "m"}
    found = timeline(
        track({"source": source, "start": 0, "duration": 1}), media=[entry], facts=replace(FACTS, video=(video,))
    )
    reading = found.video[0].items[0].file
    assert reading is not None
    assert (reading.tempo, reading.duration, reading.in_file(F(1))) == (F(2), F(5), F(2))
    times = frame_times(reading, video)
    assert [times.index(F(x)) for x in ("0", "0.02", "1")] == [0, 1, 50]


def test_many_instants_at_once_are_the_same_in_whole_numbers() -> None:
    gaps = replace(VIDEO, frames=3, stamps=pack_stamps([0, 512, 512 * 4]))
    loose = replace(VIDEO, rate=None, frames=3, first_pts=40, stamps=pack_stamps([40, 700, 1900]))
    for video in (VIDEO, gaps, loose, replace(VIDEO, first_pts=9_999, time_base=F(1, 90_000))):
        times = times_of(video)
        for start, step, period in (
            (F(1, 3), F(7, 500), None),
            (F(10), F(-13, 30), F(301, 30)),
            (F(0), F(1, 25), F(2)),
        ):
            one_by_one = [start + step * k if period is None else (start + step * k) % period for k in range(60)]
            assert times.indices(start, step, 60, period) == [times.index(instant) for instant in one_by_one]


DAMAGED = replace(VIDEO, damaged=((512 * 10, 512 * 20), (512 * 240, None)))


def test_what_stands_for_damaged_frames() -> None:
    spans = damaged_indices(times_of(DAMAGED), DAMAGED)
    assert spans == [(10, 20), (240, 250)]
    assert [last_good(spans, index) for index in (9, 10, 19, 20, 249)] == [9, 9, 9, 20, 239]
    assert last_good([(0, 5)], 3) == 5
    assert damaged_frames(item_of(DAMAGED, speed=2), RATE) == [(5, 10)]
    assert damaged_frames(item_of(VIDEO), RATE) == []


@pytest.mark.parametrize(("mode", "severity"), [("fail", "error"), ("freeze", "warning"), ("black", "warning")])
def test_damage_that_is_known_is_said(mode: str, severity: str) -> None:
    entry = clip(0, 1)
    entry["source"] = {**entry["source"], "onError": mode}
    found = timeline(track(entry), facts=replace(FACTS, video=(DAMAGED,)))
    (problem,) = range_problems(found)
    assert (problem.code, problem.severity, problem.pointer) == ("mediaDamaged", severity, "/tracks/0/clips/0/source")
    assert problem.context == {"path": "/a.mp4", "time": "2/5", "frames": [[10, 20]]}
    clean = timeline(track(entry), facts=FACTS)
    judged = first_damage(clean, replace(FACTS, video=(DAMAGED,)))
    assert judged == ((10, F(2, 5)) if mode == "fail" else None)


def test_the_source_range_of_every_way() -> None:
    def problems(**members: Any) -> list[tuple[str, str]]:
        return [(p.code, p.pointer) for p in range_problems(timeline(track(clip(0, 2, **members))))]

    too_long = [("invalidProject", "/tracks/0/clips/0/duration")]
    assert problems(sourceStart=8) == []
    assert problems(sourceStart=8, reverse=True) == []
    assert problems(sourceStart=8.1, reverse=True) == too_long
    assert problems(sourceStart=9, freeze=True) == []
    assert problems(timeMap=[{"time": 0, "source": 10}, {"time": 2, "source": 0}]) == []
    beyond = [{"time": 0, "source": 5}, {"time": 1, "source": 10.5}, {"time": 2, "source": 0}]
    assert problems(timeMap=beyond) == [("invalidProject", "/tracks/0/clips/0/timeMap")]
    later = [{"time": 0, "source": 5}, {"time": 4, "source": 13}]
    assert problems(timeMap=later) == [], "keys after the clip's end do not count"
    assert problems(sourceStart=9.5, source={"kind": "file", "path": "a.mp4", "loop": True}) == []


def test_handles_of_reversed_clips_end_where_the_source_begins() -> None:
    move = {"type": "fade", "from": "a", "to": "b", "duration": 0.8}
    clips = clip(0, 1, id="a", reverse=True), clip(1, 1, id="b", sourceStart=9, reverse=True)
    found = [(p.code, p.ids, p.context["frames"]) for p in range_problems(timeline(track(*clips, transitions=[move])))]
    assert found == [("shortHandle", ["a"], [[25, 35]]), ("shortHandle", ["b"], [[15, 25]])]


GRIDS = [
    (rate, tick)
    for rate in (F(24_000, 1001), F(25), F(30_000, 1001), F(60))
    for tick in (F(1, 1000), F(1, 90_000), F(1, 12_800), F(1001, 30_000), F(1, 60))
    if rate * tick <= 1
]


@pytest.mark.parametrize(("rate", "time_base"), GRIDS)
def test_the_last_tick_of_a_frame_means_no_other(rate: Fraction, time_base: Fraction) -> None:
    marks = [37 + floor(number / (rate * time_base) + F(1, 2)) for number in range(200)]
    on_grid = replace(VIDEO, rate=rate, time_base=time_base, first_pts=37, frames=200, stamps=None)
    gaps = [mark for number, mark in enumerate(marks) if number % 7 not in {2, 3}]
    gapped = replace(on_grid, frames=len(gaps), stamps=pack_stamps(gaps))
    unrated = replace(on_grid, rate=None, frames=len(gaps), stamps=pack_stamps(gaps))
    for video, shown in ((on_grid, marks), (gapped, gaps), (unrated, gaps)):
        times = times_of(video)
        found = [bisect_right(shown, last_tick(video, times.stamp(number))) - 1 for number in range(len(shown))]
        assert found == list(range(len(shown)))

"""What clients are told of a render while it runs: states of cells, fractions, rates."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.ffmpeg.progress import FfmpegProgress
from sidecar.services.render.cell_meter import CellMeter
from sidecar.services.render.forecast import Forecast, seconds_to_finish
from sidecar.services.render.progress import SHARE_OF_ENCODING, ProgressMeter


def whole(*, picture: bool = True) -> ProgressMeter:
    return ProgressMeter("j", CellMeter([(0, 100)]), 4.0, "libx264", 10.0, has_picture=picture)


def report(frame: int | None, *, time: float | None = None, size: int | None = None) -> FfmpegProgress:
    return FfmpegProgress(
        frame=frame,
        fps=None,
        out_time=None if time is None else Fraction(repr(time)),
        total_size=size,
        speed=None,
        bitrate=None,
        end=False,
    )


def test_fraction_follows_frames() -> None:
    shown = whole().encoding(report(50, time=2.0, size=1000), now=11.0)
    assert shown.fraction == SHARE_OF_ENCODING * 0.5
    assert (shown.frame, shown.frames_encoded, shown.stage, shown.state) == (50, 50, "picture", "running")
    assert (shown.bytes, shown.bytes_predicted, shown.bitrate, shown.elapsed) == (1000, 2000, 4000, 1.0)
    assert [(each.index, each.from_, each.to, each.fraction) for each in shown.current] == [(0, 0, 100, 0.5)]


def test_remaining_time_is_unknown_before_it_can_be_known() -> None:
    watched = whole()
    assert watched.encoding(report(10), now=10.2).eta is None
    assert watched.encoding(report(20), now=10.4).eta is None
    eta = watched.encoding(report(40), now=12.0).eta
    assert eta is not None
    assert 2.0 < eta < 5.0


def test_rate_is_of_the_last_two_seconds() -> None:
    watched = whole()
    for step in range(5):
        watched.encoding(report(step), now=10.0 + step)
    for step in range(1, 11):
        shown = watched.encoding(report(4 + 5 * step), now=14.0 + step / 2)
    assert shown.fps == pytest.approx(10.0)
    assert shown.speed == pytest.approx(0.4)


def test_sound_alone_follows_time() -> None:
    shown = whole(picture=False).encoding(report(None, time=1.0), now=11.0)
    assert shown.stage == "sound"
    assert shown.fraction == SHARE_OF_ENCODING * 0.25
    assert shown.fps is None


def test_stages_to_the_end() -> None:
    watched = whole()
    assert watched.enter("preparing", "analysing", 10.0).segments.total == 1
    watched.encoding(report(100), now=12.0)
    verifying = watched.enter("running", "verifying", 12.1)
    assert (verifying.frame, verifying.segments.encoded, verifying.current) == (100, 1, [])
    done = watched.ended("completed", 12.5)
    assert (done.fraction, done.state, done.eta) == (1.0, "completed", None)


def test_a_failed_job_keeps_its_fraction() -> None:
    watched = whole()
    watched.encoding(report(30), now=11.0)
    failed = watched.ended("failed", 11.5)
    assert failed.fraction == SHARE_OF_ENCODING * 0.3
    assert (failed.segments.failed, failed.eta) == (1, None)


@given(st.lists(st.tuples(st.none() | st.integers(-5, 500), st.none() | st.floats(-1, 20), st.none() | st.integers(0))))
def test_nothing_ever_falls(reports: list[tuple[int | None, float | None, int | None]]) -> None:
    watched = whole()
    last = watched.enter("preparing", "analysing", 10.0)
    for number, (frame, time, size) in enumerate(reports):
        shown = watched.encoding(report(frame, time=time, size=size), now=10.0 + number / 10)
        assert last.fraction <= shown.fraction <= SHARE_OF_ENCODING
        assert last.frame <= shown.frame <= 100
        assert last.bytes <= shown.bytes
        last = shown


def cells(count: int) -> tuple[CellMeter, ProgressMeter]:
    meter = CellMeter([(100 * at, 100 * at + 100) for at in range(count)])
    return meter, ProgressMeter("j", meter, 4.0 * count, "libx264", 0.0, has_picture=True)


def test_cells_that_are_there_count_at_once() -> None:
    meter, watched = cells(4)
    meter.settle(0, "cached", 1000)
    meter.settle(1, "copied", 3000)
    shown = watched.pictured(0.1)
    assert (shown.frames_cached, shown.frames_copied, shown.frames_encoded, shown.frame) == (100, 100, 0, 200)
    assert (shown.segments.cached, shown.segments.copied, shown.segments.total) == (1, 1, 4)
    assert (shown.bytes, shown.fraction) == (4000, 0.0)
    assert meter.changes() == {0: "cached", 1: "copied"}
    assert meter.changes() == {}


def test_nothing_to_encode_is_the_whole_of_encoding() -> None:
    meter, watched = cells(2)
    meter.settle(0, "cached", 1)
    meter.settle(1, "cached", 1)
    assert watched.pictured(0.1).fraction == SHARE_OF_ENCODING


def test_a_process_that_fails_takes_nothing_back() -> None:
    meter, watched = cells(2)
    run = meter.begin((0, 1), 0.0)
    meter.advance(run, [(10, 0, 0), (0, 0, 0)], 0.5)
    meter.advance(run, [(100, 60, 5000), (40, 0, 0)], 2.0)
    before = watched.pictured(2.0)
    assert [each.fraction for each in before.current] == pytest.approx([0.72, 0.12])
    meter.end(run, 2.0)
    after = watched.pictured(2.1)
    assert (after.fraction, after.frame, after.bytes) == (before.fraction, before.frame, before.bytes)
    assert (after.segments.running, after.current) == (0, [])
    assert meter.changes() == {0: "waiting", 1: "waiting"}
    again = meter.begin((0,), 2.1)
    meter.advance(again, [(30, 10, 800)], 2.5)
    assert watched.pictured(2.5).fraction == before.fraction


def test_a_pause_is_no_time() -> None:
    meter, watched = cells(2)
    run = meter.begin((0, 1), watched.clock(0.0))
    for now in (1.0, 2.0):
        meter.advance(run, [(int(20 * now), int(20 * now), 0), (0, 0, 0)], watched.clock(now))
    watched.pause(2.0)
    assert watched.pictured(50.0).elapsed == 2.0
    watched.resume(100.0)
    meter.advance(run, [(60, 60, 0), (0, 0, 0)], watched.clock(101.0))
    shown = watched.pictured(101.0)
    assert shown.elapsed == 3.0
    assert shown.fps == pytest.approx(20.0)


def test_the_sound_may_be_what_is_waited_for() -> None:
    meter, watched = cells(1)
    meter.settle(0, "cached", 1000)
    watched.mixed(0.0, 0.0)
    eta = watched.mixed(0.25, 5.0).eta
    assert eta == pytest.approx(15.0, abs=0.2)


def test_what_a_cell_took_at_another_time_counts_until_one_is_measured() -> None:
    forecast = Forecast([1.0, 1.0, 2.0])
    assert forecast.of(2) is None
    forecast.recall(0, 5.0)
    assert forecast.of(2) == 10.0
    forecast.learn(1, 1.0, 0.5)
    assert forecast.of(2) == 4.0
    forecast.recall(0, 5.0)
    assert forecast.of(0) == 2.0


def test_the_last_of_several_workers_decides() -> None:
    assert seconds_to_finish([], [3.0, 3.0, 3.0], 2) == 6.0
    assert seconds_to_finish([5.0], [1.0, 1.0], 2) == 5.0
    assert seconds_to_finish([1.0, 2.0, 3.0], [4.0], 2) == 6.0
    assert seconds_to_finish([], [], 2) == 0.0

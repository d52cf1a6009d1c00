"""The meter turns FFmpeg's reports into the progress that clients are told of."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sidecar.ffmpeg.progress import FfmpegProgress
from sidecar.services.render.progress import SHARE_OF_ENCODING, ProgressMeter


def meter(*, picture: bool = True) -> ProgressMeter:
    return ProgressMeter(job_id="j", frames=100, seconds=4.0, encoder="libx264", started=10.0, has_picture=picture)


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
    watched = meter()
    shown = watched.encoding(report(50, time=2.0, size=1000), now=11.0)
    assert shown.fraction == SHARE_OF_ENCODING * 0.5
    assert (shown.frame, shown.frames_encoded, shown.stage, shown.state) == (50, 50, "picture", "running")
    assert shown.bytes == 1000
    assert shown.bytes_predicted == 2000
    assert shown.bitrate == 4000
    assert shown.elapsed == 1.0


def test_remaining_time_is_unknown_before_it_can_be_known() -> None:
    watched = meter()
    assert watched.encoding(report(10), now=10.5).eta is None
    assert watched.encoding(report(20), now=10.9).eta is None
    eta = watched.encoding(report(40), now=12.0).eta
    assert eta is not None
    assert 2.0 < eta < 4.0


def test_rate_is_of_the_last_two_seconds() -> None:
    watched = meter()
    for step in range(5):
        watched.encoding(report(step), now=10.0 + step)
    for step in range(1, 11):
        shown = watched.encoding(report(4 + 5 * step), now=14.0 + step / 2)
    assert shown.fps is not None
    assert abs(shown.fps - 10.0) < 1e-6
    assert shown.speed is not None
    assert abs(shown.speed - 0.4) < 1e-6


def test_sound_alone_follows_time() -> None:
    watched = meter(picture=False)
    shown = watched.encoding(report(None, time=1.0), now=11.0)
    assert shown.stage == "sound"
    assert shown.fraction == SHARE_OF_ENCODING * 0.25
    assert shown.fps is None


def test_stages_to_the_end() -> None:
    watched = meter()
    assert watched.enter("preparing", "analysing", 0.0, 10.0).segments.total == 1
    watched.encoding(report(100), now=12.0)
    verifying = watched.enter("running", "verifying", SHARE_OF_ENCODING, 12.1)
    assert verifying.frame == 100
    assert verifying.segments.encoded == 1
    assert verifying.current == []
    done = watched.ended("completed", 12.5)
    assert (done.fraction, done.state, done.eta) == (1.0, "completed", None)


def test_a_failed_job_keeps_its_fraction() -> None:
    watched = meter()
    watched.encoding(report(30), now=11.0)
    failed = watched.ended("failed", 11.2)
    assert failed.fraction == SHARE_OF_ENCODING * 0.3
    assert failed.segments.failed == 1
    assert failed.eta is None


@given(st.lists(st.tuples(st.integers(0, 150), st.floats(0, 1)), min_size=1, max_size=40))
def test_fraction_never_falls(steps: list[tuple[int, float]]) -> None:
    watched, now, last = meter(), 10.0, 0.0
    for frame, pause in steps:
        now += pause
        shown = watched.encoding(report(frame), now=now)
        assert last <= shown.fraction <= SHARE_OF_ENCODING
        assert shown.frame <= shown.frames
        last = shown.fraction

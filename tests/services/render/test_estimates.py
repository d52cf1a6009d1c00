from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from protocol.project import AudioExport, Export, VideoExport
from sidecar.core.timeline import OutputSpan
from sidecar.ffmpeg.builder.staged import Cost
from sidecar.services.render.cells import Cell
from sidecar.services.render.estimates import (
    Estimate,
    Measured,
    Speeds,
    Work,
    estimate,
    frames_to_encode,
    measured,
    options_key,
    sound_bytes,
    work_of,
)

SPAN = OutputSpan(0, 250, 250, Fraction(25), Fraction(25), 640, 360)


def cell(index: int, key: str, frames: int = 100, *, still: bool = False) -> Cell:
    return Cell(index, index * 100, index * 100 + frames, key, 100, Cost(0, 0, 0), still=still)


CELLS = (cell(0, "black", 30, still=True), cell(1, "a"), cell(2, "b"), cell(3, "c"), cell(4, "black", 90, still=True))
COSTS = {"black": (500, 0.1), "a": (10_000, 2.0), "b": (14_000, 0.0)}


def test_each_key_is_encoded_once() -> None:
    assert frames_to_encode(CELLS, {"a"}) == 300
    assert frames_to_encode(CELLS[:2], {"a"}) == 30
    assert frames_to_encode(CELLS, COSTS) == 100
    assert frames_to_encode(CELLS, {"a", "b", "c", "black"}) == 0


def test_what_was_measured_leaves_out_what_costs_nothing_and_what_nobody_timed() -> None:
    assert measured(CELLS, COSTS) == Measured(frames=200, bytes=24_000, timed=100, seconds=2.0)
    assert measured(CELLS, {"black": (500, 0.1)}) == Measured()


def test_estimates_go_by_what_was_measured() -> None:
    work = work_of(CELLS, COSTS, 1_000)
    assert work == Work(frames=100, kept_bytes=24_000 + 500 * 30 // 100 + 500 * 90 // 100, sound_bytes=1_000)
    found = estimate(work, measured(CELLS, COSTS), 2)
    assert found.seconds == pytest.approx(1.0)
    assert found.bytes == work.kept_bytes + 1_000 + 12_000


def test_nothing_is_estimated_without_a_measure() -> None:
    assert estimate(Work(100, 0, 0), None, 2) == Estimate()
    assert estimate(Work(100, 0, 0), Measured(frames=10, bytes=100), 2) == Estimate(None, 1_000)
    assert estimate(Work(100, 0, None), Measured(10, 100, 10, 1.0), 2) == Estimate(5.0, None)
    assert estimate(Work(0, 700, 50), None, 2) == Estimate(0.0, 750)


def test_speeds_are_those_of_the_same_settings() -> None:
    export = Export(video=VideoExport(), audio=None)
    other = [
        options_key(Export(video=VideoExport(quality=40)), SPAN),
        options_key(export, replace(SPAN, width=320)),
        options_key(export, replace(SPAN, rate=Fraction(50))),
    ]
    assert options_key(Export(video=VideoExport(), chapters=False), SPAN) == options_key(export, SPAN)
    assert len({options_key(export, SPAN), *other}) == 4
    speeds = Speeds()
    speeds.learn("x", Measured(frames=1))
    assert (speeds.of("x"), speeds.of("y")) == (Measured(frames=1), None)


def test_the_bytes_of_sound_are_known_where_settings_say_them() -> None:
    video = VideoExport()
    assert sound_bytes(Export(video=video, audio=None), SPAN) == 0
    assert sound_bytes(Export(video=video, audio=AudioExport(bitrate=128_000)), SPAN) == 160_000
    pcm = AudioExport(codec="pcm_s16le", channels=2, sample_rate=48_000)
    assert sound_bytes(Export(container="mov", video=video, audio=pcm), SPAN) == 10 * 48_000 * 4
    assert sound_bytes(Export(container="mkv", video=video, audio=AudioExport(codec="flac")), SPAN) is None

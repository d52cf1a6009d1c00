"""The sound of a play: the render's own mix, wherever it comes from."""

from __future__ import annotations

import os
from fractions import Fraction
from math import floor, inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio
from numpy.typing import NDArray

from protocol.commands.shared import ProjectRef
from protocol.errors import SidecarError, Stalled
from sidecar.core.course import Course
from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import InputStream
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sound import build_sound, silence
from sidecar.ffmpeg.builder.sound.passing import Passing, passing_mix
from sidecar.ffmpeg.builder.sound.rows import raw_input
from sidecar.ffmpeg.builder.sound.shelf import RAW
from sidecar.services.access import ReadAccess
from sidecar.services.preview.play import sounds
from sidecar.services.preview.play.sounds import SoundDesk, pour
from sidecar.services.preview.stage import Stage
from tests.harness.commands import output_of
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.harness.rendering import RESOURCES
from tests.services.preview.play.theatre import Theatre, clip, project, theatre

Floats = NDArray[np.float32]


async def staged(house: Theatre, raw: dict[str, Any]) -> Stage:
    previews = await house.services.previews.wait()
    return await previews.stages.of_project(ProjectRef(inline=raw), ReadAccess())


def desk_of(house: Theatre) -> SoundDesk:
    services = house.services
    return SoundDesk(services.supervisor, services.tools.require, lambda: services.cache, services.folders.temp)


async def poured(house: Theatre, stage: Stage, span: tuple[int, int], *, laps: int = 1) -> Floats:
    """Return what is heard from a frame up to another, over and over where that is asked for."""
    desk = desk_of(house)
    course = Course(span[0], *span, stage.rate, stage.rate, Fraction(1), loops=laps > 1)
    line = stage.timeline
    whole = floor(laps * (span[1] - span[0]) * line.sample_rate / line.rate) * line.channels * 4
    data = bytearray()
    send, receive = trio.open_memory_channel[bytes | SidecarError](inf if laps == 1 else 4)
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pour, stage, course, desk, send)
            async for part in receive:
                assert isinstance(part, bytes), part
                data += part
                if laps > 1 and len(data) >= whole:
                    break
            nursery.cancel_scope.cancel()
    return np.frombuffer(bytes(data[:whole]), np.float32)


def expected(stage: Stage, span: tuple[int, int]) -> Floats:
    """Return what a render mixes, in one process."""
    mixed = build_sound(stage.timeline, span, RESOURCES)
    stream = silence(stage.timeline, span) if mixed is None else mixed.stream
    options = (("c:a", "pcm_f32le"), ("f", "f32le"))
    files = () if mixed is None else mixed.files
    command = Command((Output((stream,), options, "pipe:1"),), files, globals_=(("copyts", None),))
    return np.frombuffer(output_of(command, Path.cwd()), np.float32)


def same(one: Floats, other: Floats) -> bool:
    return one.shape == other.shape and bool(np.abs(one - other).max() < 1e-5)


@pytest.fixture
def tone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return make_clip(tmp_path / "tone.wav", seconds=30, picture=None, audio="stereo")


async def test_it_is_the_mix_of_a_render_whoever_makes_it(tone: Path, tmp_path: Path) -> None:
    plain = clip(tone, 0.5, 22, volume=0.5)
    many = [clip(tone, 8 + number / 25, 0.04, sourceStart=number / 10, volume=0.3) for number in range(90)]
    raw = project(
        {"kind": "audio", "clips": [plain]}, {"kind": "audio", "clips": many}, {"clips": [clip("#000000", 0, 25)]}
    )
    async with theatre(tmp_path / "home") as house:
        stage = await staged(house, raw)
        for span in ((0, 40), (110, 625), (150, 300)):
            assert same(await poured(house, stage, span), expected(stage, span)), span
        assert same(await poured(house, stage, (590, 620)), expected(stage, (590, 620)))
        assert not expected(stage, (590, 620)).any()
        begun = np.concatenate([expected(stage, (0, 10))] * 3)
        assert same(await poured(house, stage, (0, 10), laps=3), begun)


async def test_laps_do_not_drift_and_a_short_one_is_mixed_once(
    tone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = project({"kind": "audio", "clips": [clip(tone, 0, 2)]}, rate="30000/1001")
    mixed: list[tuple[int, int]] = []

    def counted(line: Timeline, window: tuple[int, int], resources: Resources) -> Passing:
        mixed.append(window)
        return passing_mix(line, window, resources)

    monkeypatch.setattr(sounds, "passing_mix", counted)
    span = (3, 10)
    async with theatre(tmp_path / "home") as house:
        stage = await staged(house, raw)
        # Seven frames are 11,211.2 samples.
        heard = (await poured(house, stage, span, laps=101)).reshape(-1, 2)
        one = expected(stage, span).reshape(-1, 2)
    assert len(one) == 11_211
    for lap in (0, 1, 50, 99):
        begin = floor(lap * Fraction("11211.2"))
        assert same(heard[begin + 1 :][: len(one) - 2], one[1:-1]) or same(heard[begin:][: len(one) - 2], one[1:-1]), (
            lap
        )
    assert mixed.count(span) <= 2


async def test_a_mix_that_hangs_is_given_up(tone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "STALL", 0.2)
    # Nobody ever writes it.
    os.mkfifo(tmp_path / "nothing.f32")
    stream = InputStream(raw_input(f"file:{tmp_path / 'nothing.f32'}", 48_000, 2), "audio", 0)
    hanging = Command((Output((stream,), RAW, "pipe:1"),))
    async with theatre(tmp_path / "home") as house:
        stage = await staged(house, project({"kind": "audio", "clips": [clip(tone, 0, 30)]}))
        monkeypatch.setattr(sounds, "passing_mix", lambda *_: Passing(hanging))
        course = Course(0, 0, 700, stage.rate, stage.rate, Fraction(1), loops=False)
        send, receive = trio.open_memory_channel[bytes | SidecarError](inf)
        with trio.fail_after(PATIENCE):
            await pour(stage, course, desk_of(house), send)
            (said,) = [part async for part in receive]
        assert isinstance(said, Stalled)
        assert not [child for child in house.services.supervisor.children() if child.role == "play"]


async def test_what_was_mixed_before_is_taken_from_the_cache(
    tone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [clip(tone, number / 25, 0.04, sourceStart=number / 10, volume=0.3) for number in range(30)]
    raw = project(*({"kind": "audio", "clips": many} for _ in range(3)))
    async with theatre(tmp_path / "home") as house:
        stage = await staged(house, raw)
        # More than one process can bear: it is mixed as for a render, and kept.
        assert same(await poured(house, stage, (10, 30)), expected(stage, (10, 30)))
        monkeypatch.setattr(sounds, "passing_mix", None)
        monkeypatch.setattr(sounds, "open_mix", None)
        assert same(await poured(house, stage, (5, 29)), expected(stage, (5, 29)))


async def test_effects_that_remember_everything_are_heard(tone: Path, tmp_path: Path) -> None:
    effect = {"type": "compressor", "parameters": {"threshold": -30, "ratio": 8}}
    raw = project({"kind": "audio", "clips": [clip(tone, 0, 14)], "effects": [effect]}, effects=[effect])
    async with theatre(tmp_path / "home") as house:
        stage = await staged(house, raw)
        heard, wanted = await poured(house, stage, (290, 340)), expected(stage, (290, 340))
        assert heard.shape == wanted.shape
        assert np.abs(heard - wanted).max() < 1e-3
        assert wanted.any()


async def test_past_the_end_is_silence(tone: Path, tmp_path: Path) -> None:
    async with theatre(tmp_path / "home") as house:
        for track in ({"kind": "audio", "clips": [clip(tone, 0, 1)]}, {"clips": [clip("#000000", 0, 1)]}):
            stage = await staged(house, project(track))
            heard, mixed = await poured(house, stage, (10, 40)), expected(stage, (10, 25))
            assert mixed.any() == ("kind" in track)
            assert same(heard[: len(mixed)], mixed)
            assert len(heard) == 2 * len(mixed)
            assert not heard[len(mixed) :].any()

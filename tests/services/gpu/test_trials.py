"""Trials of encoders and decoders: what works is proved by its frames, what does not says why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from protocol.commands.gpu import BenchmarkParams, EncoderTest
from protocol.errors import FfmpegCrashed, FfmpegFailed, RenderFailed
from sidecar.ffmpeg.builder.hardware_trials import FRAMES
from sidecar.ffmpeg.codecs import HARDWARE
from sidecar.services.gpu.trials import FRAME_BYTES, REASON_LENGTH, check_frames, reason_of
from tests.harness.fake_ffmpeg import calls, fake_ffmpeg
from tests.harness.patience import PATIENCE
from tests.services.render.studio import studio


@asynccontextmanager
async def gpu(home: Path, **settings: Any) -> AsyncIterator[Any]:
    async with studio(home, **settings) as opened:
        yield opened.services.gpu
        assert not list(opened.services.folders.temp.glob("*-*")), "trials leave nothing"


def frames(*levels: int) -> bytes:
    return b"".join(bytes([level]) * FRAME_BYTES for level in levels)


SHOWN = frames(*range(10, 10 + 9 * FRAMES, 9))


def test_frames_that_are_close_to_their_own_pass() -> None:
    check_frames(frames(*range(12, 12 + 9 * FRAMES, 9)), SHOWN)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (SHOWN[FRAME_BYTES:], f"{FRAMES - 1} frames came back"),
        (b"", "0 frames came back"),
        (frames(*range(100, 100 + 9 * FRAMES, 9)), "frame 0 is off by 90.0 levels"),
        (frames(10, 25, *range(28, 28 + 9 * (FRAMES - 2), 9)), "frame 1 is frame 2 of what went in"),
    ],
)
def test_frames_that_are_others_fail(made: bytes, why: str) -> None:
    with pytest.raises(RenderFailed, match=why):
        check_frames(made, SHOWN)


def test_reasons_are_one_short_line() -> None:
    library = "implib-gen: libva.so.2: failed to load library 'libva.so.2' via dlopen"
    assert reason_of(FfmpegCrashed(signal=6, stderr=[library, "Assertion"])) == "FFmpeg ends without libva.so.2"
    assert reason_of(FfmpegCrashed(signal=11, stderr=[])) == "FFmpeg was killed by signal 11"
    long = reason_of(FfmpegFailed(exit_code=1, detail="no\n  device " + "x" * 999, stderr=[]))
    assert long.startswith("no device xxx")
    assert len(long) == REASON_LENGTH


async def test_without_hardware_every_candidate_says_why_not(tmp_path: Path) -> None:
    async with gpu(tmp_path) as service:
        found = await service.encoders()
        assert {(test.codec, test.family) for test in found.encoders} == {
            (codec, family) for family, codecs in HARDWARE.items() for codec in codecs
        }
        for test in [*found.encoders, *found.decoders]:
            assert test.outcome in {"works", "failed", "absent"}
            assert (test.reason is None) == (test.outcome == "works")
            assert (test.error is None) == (test.outcome != "failed")
            assert (test.seconds is None) == (test.outcome == "absent")
        working = {(test.codec, test.family) for test in found.encoders if test.outcome == "works"}
        assert all(family is None or (codec, family) in working for codec, family in found.automatic.items())


async def test_an_encoder_that_works_is_tried_once_for_an_ffmpeg_and_a_driver(tmp_path: Path) -> None:
    fake = fake_ffmpeg(tmp_path)
    async with gpu(tmp_path, ffmpegPath=str(fake)) as service:
        proofs = service.proofs
        machine = await proofs.machine()
        tests: list[EncoderTest] = []

        async def ask() -> None:
            tests.append(await proofs.encoder(machine, "h264", "nvenc"))

        async with trio.open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(ask)
        assert [(test.encoder, test.outcome, test.reason) for test in tests] == [("h264_nvenc", "works", None)] * 4
        assert len(calls(fake)) == 1
        await proofs.encoder((machine[0], "another driver"), "h264", "nvenc")
        assert len(calls(fake)) == 2
        service.gave_out()
        await ask()
        assert len(calls(fake)) == 3


async def test_an_encoder_whose_frames_are_wrong_does_not_work(tmp_path: Path) -> None:
    drops = ("libx264", "-preset", "ultrafast", "-frames:v", "7")
    async with gpu(tmp_path, ffmpegPath=str(fake_ffmpeg(tmp_path, place=drops))) as service:
        test = await service.proofs.encoder(await service.proofs.machine(), "h264", "nvenc")
    assert (test.outcome, test.error) == ("failed", "renderFailed")
    assert "7 frames came back" in test.reason


async def test_a_driver_that_hangs_is_ended_at_the_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidecar.services.gpu.trials.DEADLINE", 0.6)
    async with gpu(tmp_path, ffmpegPath=str(fake_ffmpeg(tmp_path, trial="hangs"))) as service:
        with trio.fail_after(PATIENCE):
            test = await service.proofs.encoder(await service.proofs.machine(), "h264", "nvenc")
    assert test.outcome == "failed"
    assert test.error in {"timeout", "stalled"}


async def test_cancelled_trials_leave_nothing(tmp_path: Path) -> None:
    fake = fake_ffmpeg(tmp_path, trial="hangs")
    async with gpu(tmp_path, ffmpegPath=str(fake)) as service:
        with trio.move_on_after(0.5) as scope:
            await service.encoders()
        assert scope.cancelled_caught
        assert not service.proofs.supervisor.children()


async def test_encoders_are_measured_against_software(tmp_path: Path) -> None:
    told: list[Any] = []

    async def tell(value: Any) -> None:
        await trio.lowlevel.checkpoint()
        told.append(value)

    params = BenchmarkParams(codecs=["h264", "h264"], width=128, height=128, frames=10)
    async with gpu(tmp_path, ffmpegPath=str(fake_ffmpeg(tmp_path))) as service:
        measured = await service.benchmark(params, tell)
    assert (measured.width, measured.height, measured.frames) == (128, 128, 10)
    software, hardware = measured.results
    assert (software.encoder, software.family, software.relative) == ("libx264", None, 1.0)
    assert (hardware.encoder, hardware.family, hardware.reason) == ("h264_nvenc", "nvenc", None)
    assert hardware.relative == pytest.approx(hardware.frames_per_second / software.frames_per_second)
    assert [type(value).__name__ for value in told] == ["Begin", "Report", "Report", "Report", "End"]
    assert [value.done for value in told[1:-1]] == [0.0, 10.0, 20.0]


@pytest.mark.parametrize(
    ("decodes", "outcome", "why"),
    [("null", "works", None), ("negate", "failed", "its frame is another one than that of the software decoder")],
)
async def test_decoding_works_when_its_frame_is_that_of_software(
    decodes: str, outcome: str, why: str | None, tmp_path: Path
) -> None:
    async with gpu(tmp_path, ffmpegPath=str(fake_ffmpeg(tmp_path, decodes=decodes))) as service:
        test = await service.proofs.decoder(await service.proofs.machine(), "h264", "cuda")
    assert (test.outcome, test.reason) == (outcome, why)

"""Renders with an encoder in hardware: played by a program in FFmpeg's place, for there is none here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from protocol.commands.render import Job
from protocol.errors import EncoderUnavailable
from sidecar.services.render.fallback import GAVE_OUT
from sidecar.services.render.job import RenderJob
from tests.harness.fake_ffmpeg import SAID, calls, fake_ffmpeg
from tests.harness.media import make_clip
from tests.services.render.studio import file, project, studio

FRAMES = 100


def film(folder: Path, hardware: str, **video: Any) -> dict[str, Any]:
    clip = folder / "clip.mp4"
    if not clip.exists():
        make_clip(clip, seconds=FRAMES / 25)
    settings = {"hardware": hardware, "preset": "fastest", "copy": "off", **video}
    return project(file(clip, 0, 4), width=192, height=96, export={"audio": None, "video": settings})


def pictures(path: Path) -> list[Any]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").astype(np.int16) for frame in container.decode(video=0)]


def work_of(job: Job) -> list[int]:
    assert job.result is not None
    assert job.result.fallback is not None
    return job.result.fallback.segments


async def test_a_job_is_encoded_by_the_family_that_was_named(tmp_path: Path) -> None:
    fake = fake_ffmpeg(tmp_path)
    async with studio(tmp_path, ffmpegPath=str(fake)) as opened:
        job = await opened.finish(film(tmp_path, "nvenc"), tmp_path / "hard.mp4")
        assert job.result is not None, job.error
        assert (job.result.encoder.video, job.result.fallback, job.result.frames) == ("h264_nvenc", None, FRAMES)
        assert job.plan.segments == 1
        soft = await opened.finish(film(tmp_path, "off"), tmp_path / "soft.mp4")
        assert soft.result is not None, soft.error
    assert [each.split()[0] for each in calls(fake)] == ["trial", "job"]
    for hard, plain in zip(pictures(tmp_path / "hard.mp4"), pictures(tmp_path / "soft.mp4"), strict=True):
        assert np.abs(hard - plain).mean() < 4


async def test_an_encoder_that_dies_in_the_job_is_replaced_and_the_job_says_so(tmp_path: Path) -> None:
    fake = fake_ffmpeg(tmp_path, dies_at=40)
    async with studio(tmp_path, ffmpegPath=str(fake)) as opened:
        told: list[tuple[str, Any]] = []
        publish = opened.services.events.publish

        def heard(topic: Any, payload: Any, **members: Any) -> None:
            told.append((topic, payload))
            publish(topic, payload, **members)

        opened.services.events.publish = heard  # type: ignore[method-assign] # nothing is dropped on the way
        job = await opened.finish(film(tmp_path, "nvenc"), tmp_path / "film.mp4")
        assert job.result is not None, job.error
        fallback = job.result.fallback
        assert fallback is not None
        assert (fallback.wanted, fallback.used) == ("h264_nvenc", "libx264")
        assert SAID.strip() in fallback.reason
        kept = opened.render._queue.get(job.job_id)
        assert kept is not None
        assert RenderJob.of(kept.row()).fallback == fallback
        assert work_of(job) == list(range(job.plan.segments))
        assert job.result.encoder.video == "libx264"
        assert (job.state, job.attempts, job.result.verified.frames) == ("completed", 2, True)
        states = [payload.job for topic, payload in told if topic == "render.state"]
        assert any(each.progress is not None and each.progress.fallback == fallback for each in states[:-1])
        progress = [payload for topic, payload in told if topic == "render.progress"]
        assert progress[-1].fallback == fallback
        shares = [each.fraction for each in progress]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
        following = await opened.finish(film(tmp_path, "off", codec="mpeg4"), tmp_path / "next.mp4")
        assert following.state == "completed"
        assert not list(tmp_path.glob("*.part*"))
        await opened.plan(film(tmp_path, "nvenc"))
        assert [each.split()[0] for each in calls(fake)] == ["trial", "job", "trial"]
    home = tmp_path / "other"
    home.mkdir()
    async with studio(home) as plain:
        other = await plain.finish(film(tmp_path, "off"), tmp_path / "plain.mp4")
        assert other.state == "completed"
    assert (tmp_path / "film.mp4").read_bytes() == (tmp_path / "plain.mp4").read_bytes()


async def test_auto_takes_what_works_and_software_where_nothing_does(tmp_path: Path) -> None:
    async with studio(tmp_path, ffmpegPath=str(fake_ffmpeg(tmp_path))) as opened:
        plan = await opened.plan(film(tmp_path, "auto"))
        assert plan.plan.encoder.video == "h264_nvenc"
        careful = await opened.plan(film(tmp_path, "auto", bFrames=2, preset="slowest", quality=0))
        assert careful.plan.encoder.video == "h264_nvenc"
        tried = calls(tmp_path / "ffmpeg")
        assert [("-preset p7" in each, "-bf 2" in each, "-cq 21" in each) for each in tried] == [
            (False, False, True),
            (True, True, True),
        ]
        lossless = await opened.plan(film(tmp_path, "auto", rateControl="lossless"))
        assert lossless.plan.encoder.video == "libx264"
    home = tmp_path / "none"
    home.mkdir()
    async with studio(home) as without:
        job = await without.finish(film(tmp_path, "auto"), tmp_path / "auto.mp4")
        assert job.result is not None, job.error
        assert (job.result.encoder.video, job.result.fallback) == ("libx264", None)
        assert (await without.plan(film(tmp_path, "auto"))).key == (await without.plan(film(tmp_path, "off"))).key


async def test_a_family_that_does_not_work_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with studio(tmp_path) as opened:
        for hardware, encoder in (("nvenc", "h264_nvenc"), ("v4l2", "h264_v4l2m2m"), ("videotoolbox", None)):
            settings = {"rateControl": "bitrate", "bitrate": 1_000_000}
            with pytest.raises(EncoderUnavailable) as refused:
                await opened.plan(film(tmp_path, hardware, **settings))
            assert encoder in {None, refused.value.encoder}
            assert refused.value.detail
            assert refused.value.nearest == "libx264"
        with pytest.raises(EncoderUnavailable, match="ffv1"):
            await opened.plan(film(tmp_path, "nvenc", codec="ffv1"))


async def test_a_software_encoder_that_dies_is_a_typed_error_and_the_queue_goes_on(tmp_path: Path) -> None:
    fake = fake_ffmpeg(tmp_path, encoder="libx264", dies_at=40, place=())
    async with studio(tmp_path, ffmpegPath=str(fake)) as opened:
        job = await opened.finish(film(tmp_path, "off"), tmp_path / "film.mp4")
        assert (job.state, job.result) == ("failed", None)
        assert job.error is not None
        assert job.error.data.kind == "ffmpegFailed"
        assert SAID.strip() in job.error.message
        assert not list(tmp_path.glob("film*"))
        following = await opened.finish(film(tmp_path, "off", codec="mpeg4"), tmp_path / "next.mp4")
        assert following.state == "completed"


def test_errors_that_software_would_meet_too_are_no_reason_to_fall_back() -> None:
    kinds = {each.kind for each in GAVE_OUT}
    assert kinds.isdisjoint({"diskFull", "sourceChanged", "outputUnwritable", "mediaUnreadable", "limitExceeded"})

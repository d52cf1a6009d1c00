"""Sources whose pictures cannot be decoded: the job fails by name and time, or goes on as it was told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from sidecar.ffmpeg.failures import doubted
from sidecar.services.media.damage import with_damage
from sidecar.services.media.reader import probe_file
from tests.harness.media import decode_luma, make_clip, read_number
from tests.harness.paths import HAVE_MEDIA, MEDIA
from tests.services.render.studio import project, studio

FIRST, AFTER = 30, 50
"""Frames of the damaged second: it is broken at the first, and the second is a keyframe again."""


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds at 25 frames, keyframes every second, the packet of frame 30 overwritten."""
    path = make_clip(tmp_path_factory.mktemp("damaged") / "film.mp4", seconds=3, gop=25, b_frames=0)
    with av.open(str(path)) as container:
        packet = next(p for n, p in enumerate(container.demux(video=0)) if n == FIRST)
        place, size = packet.pos or 0, packet.size
    content = bytearray(path.read_bytes())
    content[place + 5 : place + size] = b"\xa5" * (size - 5)
    path.write_bytes(content)
    return path


def film(path: Path, start: float = 0, **members: Any) -> dict[str, Any]:
    source = {"kind": "file", "path": str(path), **members}
    clip = {"source": source, "sourceStart": start, "start": 0, "duration": 3 - start}
    return project(clip, width=192, height=96, export={"audio": None, "container": "mkv", "video": {"codec": "ffv1"}})


def test_the_damage_is_found(damaged: Path) -> None:
    facts = probe_file(damaged, "full").facts
    assert facts is not None
    assert facts.video[0].damaged is None
    found = with_damage(damaged, facts).video[0]
    assert found.damaged == ((FIRST * 512, AFTER * 512),)
    assert found.time_base == 1 / (25 * 512) or float(found.time_base) == pytest.approx(1 / 12800)


def test_a_file_that_ends_early_is_damaged_there(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mp4", seconds=2, gop=25, b_frames=0, options=("-movflags", "+faststart"))
    with av.open(str(whole)) as container:
        place = next(p for n, p in enumerate(container.demux(video=0)) if n == 40).pos or 0
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:place])
    facts = probe_file(cut, "full").facts
    assert facts is not None
    (begins, ends), *more = with_damage(cut, facts).video[0].damaged or ((0, 0),)
    assert (39 * 512 < begins <= 40 * 512, ends, more) == (True, None, [])


async def test_a_job_that_shows_damage_fails(damaged: Path, tmp_path: Path) -> None:
    async with studio(tmp_path / "data") as desk:
        job = await desk.finish(film(damaged), tmp_path / "out.mkv")
        assert job.state == "failed"
        assert job.error is not None
        assert job.error.data.kind == "mediaUnreadable"
        assert str(damaged) in job.error.message
        assert "1.2 s" in job.error.message
        assert not (tmp_path / "out.mkv").exists()


async def test_a_job_that_shows_what_a_file_has_lost_fails(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mp4", seconds=2, gop=25, b_frames=0, options=("-movflags", "+faststart"))
    with av.open(str(whole)) as container:
        place = next(p for n, p in enumerate(container.demux(video=0)) if n == 40).pos or 0
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: place + 20])
    raw = film(cut)
    async with studio(tmp_path / "data") as desk:
        raw["tracks"][0]["clips"][0]["duration"] = 2
        lost = await desk.finish(raw, tmp_path / "lost.mkv")
        raw["tracks"][0]["clips"][0]["duration"] = 1.5
        good = await desk.finish(raw, tmp_path / "good.mkv")
    assert lost.error is not None
    assert lost.error.data.kind == "mediaUnreadable"
    assert "1.6 s" in lost.error.message
    assert good.state == "completed"


def test_complaints_name_their_input() -> None:
    said = [
        "[vist#3:0/h264 @ 0x55] [dec:h264 @ 0x56] [error] Error submitting packet to decoder: Invalid data found",
        "[vist#12:0/h264 @ 0x55] [dec:h264 @ 0x56] [warning] corrupt decoded frame",
        "[in#0/mov,mp4,m4a,3gp,3g2,mj2 @ 0x55] [error] stream 0, offset 0xecf: partial file",
        "[h264 @ 0x55] [error] mmco: unref short failure",
        "[vist#4:0/h264 @ 0x55] [warning] Something else",
    ]
    assert doubted(said) == {0, 3, 12}


async def test_a_job_that_shows_only_what_is_good_does_not(damaged: Path, tmp_path: Path) -> None:
    async with studio(tmp_path / "data") as desk:
        job = await desk.finish(film(damaged, start=2), tmp_path / "out.mkv")
        assert job.state == "completed"
        assert job.result is not None
        assert job.result.warnings == []


@pytest.mark.parametrize("mode", ["freeze", "black"])
async def test_a_job_goes_on_and_says_so(damaged: Path, tmp_path: Path, mode: str) -> None:
    async with studio(tmp_path / "data") as desk:
        job = await desk.finish(film(damaged, onError=mode), tmp_path / "out.mkv")
        assert job.result is not None, job.error
        (warning,) = [each for each in job.result.warnings if each.code == "mediaDamaged"]
        assert warning.context["frames"] == [[FIRST, AFTER]]
        assert warning.context["path"] == str(damaged)
    for number, (_, luma) in enumerate(decode_luma(tmp_path / "out.mkv")):
        if number not in range(FIRST, AFTER):
            assert read_number(luma) == number
        elif mode == "freeze":
            assert read_number(luma) == FIRST - 1
        else:
            assert luma.max() <= 1, number


if HAVE_MEDIA:

    @pytest.mark.parametrize("mode", ["fail", "freeze", "black"])
    async def test_the_real_corrupted_file(tmp_path: Path, mode: str) -> None:
        """It breaks after 28 frames and more: frame 29 is the first that is not whole."""
        raw = film(MEDIA / "corrupted-after-28-frames.mp4", onError=mode)
        raw["tracks"][0]["clips"][0]["duration"] = 4
        raw |= {"frameRate": "10"}
        async with studio(tmp_path / "data") as desk:
            job = await desk.finish(raw, tmp_path / "out.mkv")
        if mode == "fail":
            assert job.error is not None
            assert job.error.data.kind == "mediaUnreadable"
            return
        assert job.result is not None, job.error
        assert [each.context["frames"] for each in job.result.warnings] == [[[29, 40]]]
        frames = [luma.astype(int) for _, luma in decode_luma(tmp_path / "out.mkv")]
        assert len(frames) == 40
        for frame in frames[29:]:
            wanted = frames[28] if mode == "freeze" else np.zeros_like(frame)
            assert np.abs(frame - wanted).max() <= 1

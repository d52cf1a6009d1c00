"""Jobs whose files are partly copied, from the plan to the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sidecar.core.packets import CopySpan
from sidecar.services.media.messages import Copied
from sidecar.services.media.service import MediaService
from tests.harness.flashes import blips
from tests.harness.media import read_numbers
from tests.services.render.copying import copied, ffmpeg_hashes, frame_hashes, shot, source
from tests.services.render.studio import studio


def _film(one: Path, **members: Any) -> dict[str, Any]:
    """Frames 7 to 56, then 25 to 74; of them 12 to 54 and 36 to 72 are copied."""
    return copied(shot(one, 0, 2, 0.28), shot(one, 2, 2, 1), **members)


def _copied(frames: list[str], own: list[str]) -> bool:
    """Whether the copied frames of the film are those of its source."""
    return frames[5:48] == own[12:55] and frames[61:98] == own[36:73]


async def test_a_job_copies_what_its_plan_says(tmp_path: Path) -> None:
    one, target = source(tmp_path / "one.mp4"), tmp_path / "out.mp4"
    async with studio(tmp_path / "home") as room:
        plan = await room.plan(_film(one))
        assert [(each.from_, each.to) for each in plan.segments if each.state == "copied"] == [(5, 48), (61, 98)]
        assert (plan.plan.copied, plan.plan.frames_to_encode) == (2, 20)
        job = await room.finish(_film(one), target)
        assert job.state == "completed", job.error
        assert job.result is not None
        assert (job.result.reused.copied, job.result.reused.encoded) == (2, 3)
        assert job.result.warnings == []
        again = await room.finish(_film(one), tmp_path / "again.mp4")
        assert again.result is not None
        assert (again.result.reused.copied, again.result.reused.cached) == (2, 3)
    assert read_numbers(target) == [*range(7, 57), *range(25, 75)]
    assert _copied(frame_hashes(target), frame_hashes(one))
    assert len(ffmpeg_hashes(target)) == 100
    assert target.read_bytes() == (tmp_path / "again.mp4").read_bytes()


async def test_sound_stays_with_copied_pictures(tmp_path: Path) -> None:
    one = source(tmp_path / "one.mp4", seconds=8, audio="stereo", sound="beep")
    raw = copied(shot(one, 0, 3, 0.28), shot(one, 3, 3, 4.6), shot(one, 6, 1, 2.4))
    raw["export"] |= {"audio": {}}
    async with studio(tmp_path / "home") as room:
        job = await room.finish(raw, tmp_path / "out.mp4")
        assert job.result is not None, job.error
        assert job.result.reused.copied == 3
    assert read_numbers(tmp_path / "out.mp4") == [*range(7, 82), *range(115, 190), *range(60, 85)]
    expected = [0.72, 1.72, 2.72, 3.4, 4.4, 5.4, 6.6]
    assert blips(tmp_path / "out.mp4", lasting=0.04) == pytest.approx(expected, abs=0.01)


async def test_what_proves_wrong_in_the_file_is_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, target = source(tmp_path / "one.mp4"), tmp_path / "out.mp4"
    looked: list[CopySpan] = []

    async def wrong(_self: MediaService, _output: Path, copies: Sequence[Copied]) -> tuple[int, str]:
        looked.extend(copy.span for copy in copies)
        return 0, "its frames are others than the source's"

    async with studio(tmp_path / "home") as room:
        monkeypatch.setattr(MediaService, "check_copies", wrong)
        job = await room.finish(_film(one), target)
        assert job.state == "completed", job.error
        assert job.result is not None
        assert job.result.reused.copied == 0
        assert [warning.code for warning in job.result.warnings] == ["notCopied", "notCopied"]
    assert looked
    assert read_numbers(target) == [*range(7, 57), *range(25, 75)]
    assert not _copied(frame_hashes(target), frame_hashes(one))


async def test_copying_can_be_switched_off(tmp_path: Path) -> None:
    one = source(tmp_path / "one.mp4")
    async with studio(tmp_path / "home") as room:
        plan = await room.plan(_film(one), video={"copy": "off"})
        assert (plan.plan.copied, plan.plan.frames_to_encode) == (0, 100)
        assert [(each.pointer, each.rule) for each in plan.not_copied] == [("/export", "off")]


async def test_a_plan_says_why_clips_are_not_copied(tmp_path: Path) -> None:
    one = source(tmp_path / "one.mp4")
    raw = copied(shot(one, 0, 1, 0.28), shot(one, 1, 1, 1, id="grey", color={"saturation": 0.0}))
    async with studio(tmp_path / "home") as room:
        plan = await room.plan(raw)
        assert plan.plan.copied == 1
        (why,) = plan.not_copied
        assert (why.pointer, why.clip, why.rule) == ("/tracks/0/clips/1", "grey", "color")
        assert why.reason == "its colours are changed"


async def test_packets_are_listed_once_and_again_when_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = source(tmp_path / "one.mp4")
    async with studio(tmp_path / "home") as room:
        media = room.services.media
        first = await media.packets(one, 0)
        assert await media.packets(one, 0) is first
        source(one, seconds=2)
        second = await media.packets(one, 0)
        assert (first.count, second.count) == (100, 50)


async def test_packets_are_listed_once_for_all_processes(tmp_path: Path) -> None:
    one = source(tmp_path / "one.mp4")
    async with studio(tmp_path / "home") as room:
        first = await room.services.media.packets(one, 0)
    async with studio(tmp_path / "home") as room:
        pool = room.services.media.work_pool
        assert await room.services.media.packets(one, 0) == first
        assert pool.idle == 0

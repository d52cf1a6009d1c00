"""However the work is shared out among processes, the file is the same, and whoever dies takes all with it."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import psutil
import pytest
import trio

from protocol.errors import InvalidProject, ResourceLimit
from protocol.project.check import check
from sidecar.core.timeline import resolve
from sidecar.ffmpeg.builder.picture import Composed, compose_window
from sidecar.ffmpeg.builder.staged import share_out
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.harness.rendering import RESOURCES
from tests.harness.spawned import gone
from tests.services.render.studio import LONG, color, file, project, studio

FEW = 40


def busy(clip: Path, **members: Any) -> dict[str, Any]:
    """Cuts, fades, a cross-fade, a title, speed, a cue and sound."""
    clips = [
        {**file(clip, 0, 1, sourceStart=0.2), "id": "a"},
        {**file(clip, 1, 1, speed=1.5, fadeOut=0.2), "id": "b"},
        color(2, 0.5),
        file(clip, 2.5, 0.5, transform={"x": 0.3, "scaleX": 0.5, "scaleY": 0.5}),
    ]
    titles = [
        {"source": {"kind": "title", "text": "Words"}, "start": 0.5, "duration": 2, "fadeIn": 0.2, "opacity": 0.7}
    ]
    raw = project(*clips, export={}, width=192, height=108, **members)
    raw["tracks"][0]["transitions"] = [{"type": "fade", "from": "a", "to": "b", "duration": 0.4}]
    raw["tracks"] += [
        {"kind": "video", "clips": titles},
        {"kind": "subtitle", "cues": [{"start": 0.9, "end": 2.6, "text": "A cue"}]},
    ]
    return raw


@pytest.mark.parametrize(
    "export",
    [
        {},
        {"frameRate": "30000/1001"},
        {"width": 160, "height": 160},
        {"video": {"codec": "ffv1", "pixelFormat": "yuv444p10le"}, "container": "mkv"},
        {"range": [0.7, 2.7], "video": {"codec": "vp9"}, "container": "webm"},
    ],
)
async def test_bytes_do_not_depend_on_how_work_is_shared_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, export: dict[str, Any]
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=3, rate="30", b_frames=3, audio="stereo")
    suffix = export.get("container", "mp4")
    async with studio(tmp_path) as desk:
        for name, limit in (("one", 100_000), ("many", FEW)):
            monkeypatch.setattr("sidecar.ffmpeg.builder.staged.MAX_FILTERS", limit)
            job = await desk.finish(busy(clip), tmp_path / f"{name}.{suffix}", export=export)
            assert job.error is None
    assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"many.{suffix}").read_bytes()


async def test_many_windows_are_really_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=3, rate="30", audio="stereo")
    monkeypatch.setattr("sidecar.ffmpeg.builder.staged.MAX_FILTERS", FEW)
    async with studio(tmp_path) as desk:
        seen: set[int] = set()
        started = await desk.start(busy(clip), tmp_path / "film.mp4")
        while desk.render.job(started.job_id).state not in ("completed", "failed"):
            seen.update(child.pid for child in desk.services.supervisor.children(tag=started.job_id))
            await trio.sleep(0.002)
        assert desk.render.job(started.job_id).state == "completed"
    # Four where one window is the whole.
    assert len(seen) > 8


@pytest.mark.parametrize(("width", "height", "shared"), [(192, 108, False), (8192, 4320, True)])
def test_large_pictures_are_shared_out_sooner(width: int, height: int, *, shared: bool) -> None:
    raw = project(*(color(start, 1) | {"fadeIn": 0.2} for start in range(4)), width=width, height=height)
    found = check(raw).project
    assert found is not None
    windows = share_out(resolve(found, {}), found.export, RESOURCES).windows
    assert (len(windows) > 1) == shared
    assert [end for _, end in windows[:-1]] == [start for start, _ in windows[1:]]


def test_sharing_out_looks_at_each_piece_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[tuple[int, int]] = []

    def counted(*given: Any, window: tuple[int, int], **named: Any) -> Composed:
        looked.append(window)
        return compose_window(*given, window=window, **named)

    monkeypatch.setattr("sidecar.ffmpeg.builder.staged.compose_window", counted)
    found = check(project(*(color(start, 1) for start in range(300)))).project
    assert found is not None
    assert len(share_out(resolve(found, {}), found.export, RESOURCES).windows) > 1
    assert len(looked) <= 2 * 300


async def test_an_instant_that_no_process_can_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidecar.ffmpeg.builder.staged.MAX_FILTERS", 1)
    monkeypatch.setattr("sidecar.ffmpeg.builder.staged.MOST_FILTERS", 1)
    monkeypatch.setattr("sidecar.services.render.cells.MOST_FILTERS", 1)
    async with studio(tmp_path) as desk:
        with pytest.raises(ResourceLimit):
            await desk.plan(busy(make_clip(tmp_path / "clip.mp4", seconds=3, rate="30", audio="stereo")))


async def halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, victim: int) -> tuple[str, str]:
    """Kill the composer (0) or the encoder (1) of a long render; return the state and error kind of the job."""
    monkeypatch.setattr("sidecar.ffmpeg.builder.staged.MAX_FILTERS", 0)
    async with studio(tmp_path) as desk:
        job = await desk.start(LONG, tmp_path / "film.mp4")
        await desk.running(job.job_id)
        children = desk.services.supervisor.children(tag=job.job_id)
        family = [psutil.Process(child.pid) for child in children]
        assert len(family) == 2
        composing = ["rawvideo" in each.cmdline()[-5:] for each in family]
        family[composing.index(victim == 0)].send_signal(signal.SIGKILL)
        with trio.fail_after(PATIENCE):
            ended = await desk.render.wait(job.job_id)
        assert await gone(family, within=0)
    assert list(tmp_path.glob("film*")) == []
    return ended.state, ended.error.data.kind if ended.error else ""


async def test_a_composer_that_dies_fails_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await halves(tmp_path, monkeypatch, 0) == ("failed", "ffmpegCrashed")


async def test_an_encoder_that_dies_fails_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await halves(tmp_path, monkeypatch, 1) == ("failed", "ffmpegCrashed")


async def test_sound_alone_is_not_shared_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidecar.ffmpeg.builder.staged.MAX_FILTERS", 0)
    clip = make_clip(tmp_path / "clip.mp4", seconds=3, rate="30", audio="stereo")
    async with studio(tmp_path) as desk:
        export = {"container": "wav", "video": None}
        assert (await desk.finish(busy(clip), tmp_path / "film.wav", export=export)).state == "completed"
        with pytest.raises(InvalidProject):
            await desk.plan(busy(clip), container="wav", video=None, audio=None)


async def test_effects_that_would_keep_a_process_busy_for_ever_are_refused(tmp_path: Path) -> None:
    kinds = [kind for kind in RESOURCES.catalogue.effects.values() if kind.medium == "video"]
    every = [
        {"type": kind.name, "parameters": dict(kind.shown)} for kind in kinds if kind.name not in {"stabilize", "lut"}
    ]
    raw = project(color(0, 0.4) | {"effects": every})
    adjusting = {"source": {"kind": "adjustment"}, "start": 0, "duration": 0.4, "effects": every}
    raw["tracks"][0]["effects"] = every
    raw["tracks"].append({"kind": "video", "clips": [adjusting]})
    async with studio(tmp_path) as desk:
        assert (await desk.finish(raw, tmp_path / "film.mp4")).state == "completed"
        raw["effects"] = every
        with pytest.raises(ResourceLimit) as refused:
            await desk.plan(raw)
    assert refused.value.value > refused.value.limit

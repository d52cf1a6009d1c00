"""Renders where the cache has no room, or no folder: the work goes on without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from protocol.commands.render import Job
from tests.harness.media import make_clip, read_numbers
from tests.services.render.studio import Studio, file, project, studio


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("media") / "clip.mp4", seconds=6, audio="stereo")


def film(clip: Path, **export: Any) -> dict[str, Any]:
    return project(file(clip, 0, 6), width=192, height=96, export=export)


async def made(desk: Studio, raw: dict[str, Any], target: Path) -> Job:
    ended = await desk.finish(raw, target)
    assert ended.error is None
    assert ended.result is not None
    return ended


def cache_is_full(patch: pytest.MonkeyPatch, cache: Path) -> None:
    """Let the disk of the cache have next to nothing free, and all others plenty."""

    def free(folder: Path) -> int:
        return 2**20 if folder.is_relative_to(cache) else 2**40

    patch.setattr("sidecar.services.render.space.free_space", free)
    patch.setattr("sidecar.services.cache.room.free_bytes_of", lambda _: 2**20)


@pytest.mark.parametrize("export", [{}, {"video": None, "container": "wav"}], ids=["film", "sound"])
async def test_a_cache_on_a_full_disk_is_done_without(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, export: dict[str, Any]
) -> None:
    suffix = export.get("container", "mp4")
    async with studio(tmp_path / "roomy") as desk:
        await made(desk, film(clip, **export), tmp_path / f"roomy.{suffix}")
    cache_is_full(monkeypatch, tmp_path / "home" / "cache")
    async with studio(tmp_path / "home", tempDir=str(tmp_path / "temp")) as desk:
        for name in ("one", "two"):
            ended = await made(desk, film(clip, **export), tmp_path / f"{name}.{suffix}")
            assert ended.result is not None
            assert ended.result.reused.cached == 0
            assert (tmp_path / f"{name}.{suffix}").read_bytes() == (tmp_path / f"roomy.{suffix}").read_bytes()
        assert list(desk.services.cache.scratch.iterdir()) == []
        assert list(desk.services.folders.temp.iterdir()) == []
        assert (await desk.services.cache.stats()).held.entries == 0


async def test_where_no_disk_has_room_the_job_fails(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_is_full(monkeypatch, tmp_path)
    async with studio(tmp_path / "home") as desk:
        ended = await desk.finish(film(clip), tmp_path / "film.mp4")
    assert ended.error is not None
    assert ended.error.data.kind == "diskFull"


async def test_what_has_to_stay_free_keeps_the_cache_empty_and_renders_going(tmp_path: Path, clip: Path) -> None:
    async with studio(tmp_path, minFreeDiskBytes=2**53 - 1) as desk:
        await made(desk, film(clip), tmp_path / "film.mp4")
        assert (await desk.services.cache.stats()).held.entries == 0
    assert read_numbers(tmp_path / "film.mp4") == list(range(150))


async def test_a_cache_folder_that_cannot_be_had_is_done_without(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "cache").mkdir()
    await trio.Path(tmp_path / "cache" / "live").write_text("a file stands in its way")
    async with studio(tmp_path, tempDir=str(tmp_path / "temp")) as desk:
        await made(desk, film(clip), tmp_path / "one.mp4")
        again = await made(desk, film(clip), tmp_path / "two.mp4")
        assert again.result is not None
        assert again.result.reused.encoded == 0
        said = (desk.services.folders.log / "sidecar.jsonl").read_text()
        assert "the cache cannot be used" in said
    assert list((tmp_path / "temp").iterdir()) == []

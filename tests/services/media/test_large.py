"""A file of 20 GB, its index at the end: probed from its tables, in no more memory than a small one."""

from __future__ import annotations

from pathlib import Path

import psutil
import trio

from sidecar.ffmpeg.supervisor import open_supervisor
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.store import open_cache_store
from sidecar.services.media.service import MediaService, open_media_service
from sidecar.services.settings import SettingsStore
from tests.harness.media import make_clip, run_ffmpeg
from tests.harness.patience import PATIENCE
from tests.harness.sparse import stretch

SIZE = 20 * 10**9
MINUTES = 30
GROWTH = 50 * 2**20


def films(folder: Path) -> tuple[Path, Path]:
    """Make a short file, and a long one (a minute again and again) as large as a film from a camera."""
    # Samples of sound as they are: a minute of them ends with its pictures.
    minute = make_clip(
        folder / "minute.mov",
        seconds=60,
        size=(64, 48),
        gop=50,
        b_frames=2,
        audio="mono",
        sample_rate=8_000,
        audio_codec="pcm_s16le",
    )
    whole = folder / "whole.mov"
    run_ffmpeg(["-stream_loop", str(MINUTES - 1), "-i", str(minute), "-c", "copy", str(whole)])
    return minute, stretch(whole, folder / "film.mov", SIZE)


def held(pids: set[int]) -> int:
    return sum(psutil.Process(pid).memory_info().rss for pid in pids)


async def test_a_film_of_20_gb_is_probed_from_its_tables(tmp_path: Path) -> None:
    minute, film = films(tmp_path)
    assert film.stat().st_size > SIZE * 0.99
    assert film.stat().st_blocks * 512 < SIZE / 100
    settings = SettingsStore(tmp_path / "settings.json", arguments={"workers": 1}, environ={})
    memory = MemoryTier(1 << 20)
    with (
        trio.fail_after(PATIENCE),
        open_cache_store(tmp_path / "cache", instance_id="t", limits=lambda: CacheLimits(1 << 30)) as store,
    ):
        async with (
            open_supervisor() as supervisor,
            open_media_service(supervisor, tmp_path, settings, cache=lambda: store, memory=lambda: memory) as media,
        ):
            await media.probe(minute)
            await media.facts(minute)
            pids = {psutil.Process().pid, *(child.pid for child in supervisor.children())}
            before = held(pids)
            await check(media, film)
            assert pids == {psutil.Process().pid, *(child.pid for child in supervisor.children())}
            assert held(pids) - before < GROWTH


async def check(media: MediaService, film: Path) -> None:
    info = await media.probe(film)
    assert (info.duration_from, info.duration, info.bytes) == ("index", f"{MINUTES * 60}/1", film.stat().st_size)
    assert (info.video[0].frames, info.video[0].frame_rate) == (MINUTES * 60 * 25, "25")
    keyed = await media.probe(film, index="keyframes")
    assert keyed.keyframes is not None
    assert (keyed.keyframes[1], keyed.keyframes[-1]) == ("2/1", f"{MINUTES * 60 - 2}/1")
    assert (await media.probe(film, refresh=True)).video == info.video

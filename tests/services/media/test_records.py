"""What is remembered of probes: by a second service over the same cache, of files that cannot be read, and how long."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest
import trio

from protocol.errors import DecoderCrashed, MediaUnreadable
from sidecar.ffmpeg.supervisor import open_supervisor
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.store import CacheStore, open_cache_store
from sidecar.services.media.records import Records
from sidecar.services.media.service import MediaService
from sidecar.services.media.workers import PROBING, WorkerPool, open_workers
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.services.media.reading import reading

CRASHING = (sys.executable, "-c", "import os\nos.read(0, 4)\nos.kill(os.getpid(), 11)")
NONE = (sys.executable, "-c", "raise AssertionError('nothing is to be read')")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("media") / "a.mp4", seconds=1, audio="stereo", gop=10)


async def test_a_second_service_does_not_probe_again(tmp_path: Path, clip: Path) -> None:
    async with reading(tmp_path) as there:
        plain = await there.media.probe(clip, timeout=PATIENCE)
        facts = await there.media.facts(clip)
        assert not plain.cached
    async with reading(tmp_path, NONE) as there:
        again = await there.media.probe(clip, timeout=PATIENCE)
        assert again.cached
        assert (again.video, again.audio, again.path) == (plain.video, plain.audio, str(clip))
        assert await there.media.facts(clip) == facts
        keyed = await there.media.probe(clip, timeout=PATIENCE, index="keyframes")
        assert keyed.keyframes == ["0/1", "2/5", "4/5"]
        assert (await there.store.stats()).kinds["metadata"].counts.hits.total == 2


async def test_what_was_read_deeper_serves_what_is_shallower(tmp_path: Path, clip: Path) -> None:
    async with reading(tmp_path) as there:
        await there.media.facts(clip)
    async with reading(tmp_path, NONE) as there:
        info = await there.media.probe(clip, timeout=PATIENCE)
        assert (info.cached, info.keyframes) == (True, None)


async def test_another_content_or_suffix_is_another_file(tmp_path: Path, clip: Path) -> None:
    target = tmp_path / "b.mp4"
    target.write_bytes(clip.read_bytes())
    async with reading(tmp_path) as there:
        first = await there.media.probe(target, timeout=PATIENCE)
    facts = target.stat()
    data = bytearray(clip.read_bytes())
    data[-1] ^= 1
    target.write_bytes(data)
    os.utime(target, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    async with reading(tmp_path) as there:
        second = await there.media.probe(target, timeout=PATIENCE)
        assert not second.cached
        assert second.fingerprint != first.fingerprint
        renamed = target.rename(tmp_path / "b.mov")
        assert not (await there.media.probe(renamed, timeout=PATIENCE)).cached


async def test_a_file_that_cannot_be_read_is_not_read_again(tmp_path: Path) -> None:
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"\1\2" * 5_000)
    async with reading(tmp_path) as there:
        with pytest.raises(MediaUnreadable) as first:
            await there.media.probe(junk, timeout=PATIENCE, shown="mine")
    async with reading(tmp_path, NONE) as there:
        for _ in range(2):
            with pytest.raises(MediaUnreadable) as again:
                await there.media.probe(junk, timeout=PATIENCE, shown="yours")
            assert (again.value.path, again.value.detail) == ("yours", first.value.detail)
            assert "mine" not in again.value.message
        with pytest.raises(MediaUnreadable):
            await there.media.facts(junk)
    make_clip(junk, seconds=0.2)
    async with reading(tmp_path) as there:
        assert (await there.media.probe(junk, timeout=PATIENCE)).video


async def test_a_crash_is_remembered_for_a_while_only(tmp_path: Path, clip: Path) -> None:
    async with reading(tmp_path, CRASHING) as there:
        with pytest.raises(DecoderCrashed):
            await there.media.probe(clip, timeout=PATIENCE)
    async with reading(tmp_path) as there:
        assert (await there.media.probe(clip, timeout=PATIENCE)).video
    (tmp_path / "other").mkdir()
    async with reading(tmp_path / "other", CRASHING) as there:
        with pytest.raises(DecoderCrashed):
            await there.media.probe(clip, timeout=PATIENCE)
        for _ in range(2):
            with pytest.raises(DecoderCrashed):
                await there.media.probe(clip, timeout=PATIENCE)


async def test_records_that_are_damaged_cost_a_probe(tmp_path: Path, clip: Path) -> None:
    async with reading(tmp_path) as there:
        await there.media.probe(clip, timeout=PATIENCE)
    for path in (tmp_path / "cache" / "objects" / "metadata").rglob("*"):
        if path.is_file() and path.suffix != ".head":
            path.write_bytes(b"x" * path.stat().st_size)
    async with reading(tmp_path) as there:
        assert not (await there.media.probe(clip, timeout=PATIENCE)).cached


async def test_without_a_cache_folder_files_are_probed_all_the_same(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "cache").write_bytes(b"")

    def store() -> CacheStore:
        return open_cache_store(tmp_path / "cache", instance_id="t", limits=lambda: CacheLimits(1 << 30))

    memory = MemoryTier(1 << 20)
    records = Records(store, lambda: memory)
    with trio.fail_after(PATIENCE):
        async with (
            open_supervisor() as supervisor,
            open_workers(WorkerPool(supervisor, tmp_path, lambda: 1, argv=PROBING)) as pool,
        ):
            media = MediaService(pool, pool, records)
            assert (await media.probe(clip, timeout=PATIENCE)).video
            assert (await media.probe(clip, timeout=PATIENCE)).cached
            await records.flush()


async def test_a_full_disk_keeps_no_half_record(tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    async with reading(tmp_path) as there:
        await there.media.probe(clip, timeout=PATIENCE)
        monkeypatch.setattr(Path, "write_bytes", half)
        await there.media._records.flush()
        assert list(there.store.scratch.iterdir()) == []
        monkeypatch.undo()
    async with reading(tmp_path) as there:
        assert not (await there.media.probe(clip, timeout=PATIENCE)).cached

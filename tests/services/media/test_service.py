"""The service: one worker process a probe, what it remembers, and what becomes of crashes, hangs and cancelling."""

# Files are small, and children end when they like: nothing else runs meanwhile, and every wait has a deadline.
# ruff: noqa: ASYNC110

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import trio
import trio.testing

from protocol.errors import (
    DecoderCrashed,
    MediaEncrypted,
    MediaNotFound,
    MediaUnreadable,
    MediaUnsupported,
    SidecarError,
    Timeout,
)
from sidecar.ffmpeg.supervisor import Supervisor, open_supervisor
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.store import CacheStore, open_cache_store
from sidecar.services.media.damage import with_damage
from sidecar.services.media.messages import Answer
from sidecar.services.media.reader import probe_file
from sidecar.services.media.records import Records
from sidecar.services.media.service import MediaService, open_media_service, worker_count
from sidecar.services.media.workers import WORKER, WorkerPool, open_workers
from sidecar.services.settings import SettingsStore
from tests.harness.media import make_clip, run_ffmpeg
from tests.harness.patience import PATIENCE

SECONDS = PATIENCE


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("media") / "a.mp4", seconds=2, audio="stereo", gop=10, b_frames=2)


def store_in(folder: Path) -> CacheStore:
    return open_cache_store(folder / "cache", instance_id="test", limits=lambda: CacheLimits(1 << 30))


@asynccontextmanager
async def opened(
    folder: Path,
    *,
    limit: int = 1,
    argv: tuple[str, ...] = WORKER,
    work: tuple[str, ...] = WORKER,
    idle: float = 30,
) -> AsyncIterator[tuple[MediaService, WorkerPool, Supervisor]]:
    with trio.fail_after(SECONDS):
        async with open_supervisor() as supervisor:
            pool = WorkerPool(supervisor, folder, lambda: limit, argv=argv, idle_seconds=idle)
            work_pool = WorkerPool(supervisor, folder, lambda: 1, argv=work, role="work")
            memory = MemoryTier(1 << 20)
            with store_in(folder) as store:
                async with open_workers(pool), open_workers(work_pool):
                    yield MediaService(pool, work_pool, Records(lambda: store, lambda: memory)), pool, supervisor
            assert supervisor.children() == ()


def acting(action: str) -> tuple[str, ...]:
    """Return the command of a worker that reads a request and then does something bad."""
    return (sys.executable, "-c", f"import os, sys, time\nos.read(0, 4)\n{action}")


async def test_a_file_is_probed_once(tmp_path: Path, clip: Path) -> None:
    async with opened(tmp_path) as (media, pool, supervisor):
        first = await media.probe(clip, timeout=PATIENCE)
        assert (first.cached, first.path, first.video[0].frames) == (False, str(clip), 50)
        assert first.keyframes is None
        again = await media.probe(clip, timeout=PATIENCE)
        assert again.cached
        facts = await media.facts(clip)
        assert facts.path == str(clip)
        assert facts.video[0].keyframes is not None
        assert len(facts.video[0].keyframes) == 5
        keyed = await media.probe(clip, index="keyframes", shown="as the client wrote it", timeout=PATIENCE)
        assert (keyed.cached, keyed.path) == (True, "as the client wrote it")
        assert keyed.keyframes == ["0/1", "2/5", "4/5", "6/5", "8/5"]
        assert not (await media.probe(clip, refresh=True, timeout=PATIENCE)).cached
        assert (await media.probe(clip, index="full", refresh=True, timeout=PATIENCE)).keyframes == keyed.keyframes
        assert pool.idle == 1
        assert len(supervisor.children()) == 1


async def test_a_changed_file_is_probed_again(tmp_path: Path, clip: Path) -> None:
    target = tmp_path / "b.mp4"
    target.write_bytes(clip.read_bytes())
    async with opened(tmp_path) as (media, _, _):
        assert media.known_facts(target) is None
        before = await media.facts(target)
        assert media.known_facts(target) == before
        assert await media.fingerprint(str(target)) == before.fingerprint
        make_clip(target, seconds=1, size=(96, 48))
        assert media.known_facts(target) is None
        after = await media.facts(target)
        assert after.fingerprint != before.fingerprint
        assert after.video[0].width == 96
        target.unlink()
        assert media.known_facts(target) is None
        with pytest.raises(MediaNotFound):
            await media.facts(target)


async def test_those_who_ask_together_share_one_probe(tmp_path: Path, clip: Path) -> None:
    async with opened(tmp_path, limit=3) as (media, _, supervisor):
        cached: list[bool] = []

        async def ask() -> None:
            cached.append((await media.probe(clip, timeout=PATIENCE)).cached)

        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(ask)
        assert sorted(cached) == [False, True, True, True, True]
        assert len(supervisor.children()) == 1


async def test_a_probe_does_not_wait_for_who_decodes_the_file(tmp_path: Path, clip: Path) -> None:
    async with (
        opened(tmp_path, work=acting("time.sleep(600)")) as (media, _, supervisor),
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(partial(media.facts, clip, decoded=True))
        while not any(child.role == "work" for child in supervisor.children()):
            await trio.sleep(0.01)
        assert not (await media.probe(clip, timeout=PATIENCE)).cached
        assert (await media.facts(clip)).video[0].keyframes is not None
        # Nor does one whose answer is known.
        assert (await media.probe(clip, timeout=PATIENCE)).cached
        assert (await media.probe(clip, index="full", timeout=PATIENCE)).cached
        nursery.cancel_scope.cancel()


class Answering:
    """In the place of a pool: answers with what a worker would, in the order in which the test lets it."""

    def __init__(self, clip: Path) -> None:
        probed = probe_file(clip, "full")
        assert probed.facts is not None
        plain = probe_file(clip)
        self.answers: dict[str, Answer] = {
            "none": Answer(info=plain.info),
            "full": Answer(info=probed.info, facts=probed.facts),
            "decoded": Answer(info=probed.info, facts=with_damage(clip, probed.facts)),
        }
        self.may = {name: trio.Event() for name in self.answers}
        self.asked: list[str] = []

    async def ask(self, _path: Path, index: str, _content: str, **_members: object) -> Answer:
        self.asked.append(index)
        await self.may[index].wait()
        return self.answers[index]


async def test_what_was_read_deeper_meanwhile_is_not_forgotten(tmp_path: Path, clip: Path) -> None:
    memory, workers = MemoryTier(1 << 20), Answering(clip)
    with store_in(tmp_path) as store, trio.fail_after(SECONDS):
        pool = cast("Any", workers)
        media = MediaService(pool, pool, Records(lambda: store, lambda: memory))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(media.probe, clip)
            nursery.start_soon(media.facts, clip)
            nursery.start_soon(partial(media.facts, clip, decoded=True))
            while len(workers.asked) < 3:
                await trio.sleep(0.01)
            for name in ("decoded", "full", "none"):
                workers.may[name].set()
                await trio.testing.wait_all_tasks_blocked()
        assert sorted(workers.asked) == ["decoded", "full", "none"]
        assert (await media.facts(clip, decoded=True)).video[0].damaged == ()
        assert (await media.probe(clip, index="full")).cached
        assert len(workers.asked) == 3


async def test_at_most_so_many_workers(tmp_path: Path, clip: Path) -> None:
    copies = []
    for number in range(5):
        copies.append(tmp_path / f"{number}.mp4")
        copies[-1].write_bytes(clip.read_bytes())
    async with opened(tmp_path, limit=2) as (media, pool, supervisor):
        async with trio.open_nursery() as nursery:
            for copy in copies:
                nursery.start_soon(media.facts, copy)
        assert pool.idle == 2
        assert len(supervisor.children()) == 2


async def test_an_idle_worker_ends(tmp_path: Path, clip: Path) -> None:
    async with opened(tmp_path, idle=0.2) as (media, pool, supervisor):
        await media.probe(clip, timeout=PATIENCE)
        while supervisor.children():
            await trio.sleep(0.02)
        assert pool.idle == 0
        assert (await media.probe(clip, refresh=True, timeout=PATIENCE)).video[0].frames == 50


async def test_a_crash_is_an_error_and_the_service_goes_on(tmp_path: Path, clip: Path) -> None:
    async with opened(tmp_path, argv=acting("os.kill(os.getpid(), 11)")) as (media, pool, _):
        with pytest.raises(DecoderCrashed) as caught:
            await media.probe(clip, timeout=PATIENCE)
        assert (caught.value.path, caught.value.signal) == (str(clip), signal.SIGSEGV)
        assert pool.idle == 0
        with pytest.raises(DecoderCrashed):
            await media.facts(clip)
    async with opened(tmp_path, argv=acting("sys.exit(3)")) as (media, _, _):
        with pytest.raises(DecoderCrashed) as caught:
            await media.probe(clip, timeout=PATIENCE)
        assert caught.value.signal is None


@pytest.mark.parametrize(
    "action",
    [
        "os.write(1, b'\\xff\\xff\\xff\\xff'); time.sleep(60)",
        "os.write(1, b'\\0\\0\\0\\2ab'); time.sleep(60)",
        "os.write(1, b'\\0\\0\\0\\2a')",
    ],
)
async def test_a_worker_that_answers_nonsense_has_crashed(tmp_path: Path, clip: Path, action: str) -> None:
    async with opened(tmp_path, argv=acting(action)) as (media, _, _):
        with pytest.raises(DecoderCrashed):
            await media.probe(clip, timeout=PATIENCE)


async def test_a_worker_that_died_while_idle_is_replaced(tmp_path: Path, clip: Path) -> None:
    async with opened(tmp_path) as (media, _, supervisor):
        await media.probe(clip, timeout=PATIENCE)
        child = supervisor.children()[0]
        os.kill(child.pid, signal.SIGKILL)
        assert (await media.probe(clip, refresh=True, timeout=PATIENCE)).video[0].frames == 50
        os.kill(supervisor.children()[0].pid, signal.SIGKILL)
        while supervisor.children():
            await trio.sleep(0.01)
        assert (await media.probe(clip, refresh=True, timeout=PATIENCE)).video[0].frames == 50


async def test_a_hang_is_a_timeout(tmp_path: Path, clip: Path) -> None:
    async with opened(tmp_path) as (media, pool, supervisor):
        await media.probe(clip, timeout=PATIENCE)
        supervisor.children()[0].stop()
        with pytest.raises(Timeout) as caught:
            await media.probe(clip, refresh=True, timeout=0.2)
        assert (caught.value.operation, caught.value.seconds) == ("media.probe", 0.2)
        assert pool.idle == 0
        assert not (await media.probe(clip, refresh=True, timeout=PATIENCE)).cached


async def test_cancelling_ends_the_worker(tmp_path: Path, clip: Path) -> None:
    async with opened(tmp_path, argv=acting("time.sleep(60)")) as (media, pool, supervisor):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(media.probe, clip)
            while not supervisor.children():
                await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
        assert pool.idle == 0
        assert supervisor.children() == ()


async def test_typed_errors_cross_the_pipes(tmp_path: Path, clip: Path) -> None:
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"\x01\x02" * 5000)
    playlist = tmp_path / "list.m3u8"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n")
    locked = tmp_path / "locked.mp4"
    key = "00112233445566778899aabbccddeeff"
    scheme = ["-encryption_scheme", "cenc-aes-ctr", "-encryption_key", key, "-encryption_kid", key]
    run_ffmpeg(["-i", str(clip), "-c", "copy", *scheme, str(locked)])
    expected: list[tuple[Path, type[SidecarError]]] = [
        (junk, MediaUnreadable),
        (playlist, MediaUnsupported),
        (locked, MediaEncrypted),
        (tmp_path, MediaNotFound),
        (tmp_path / "nothing.mp4", MediaNotFound),
    ]
    async with opened(tmp_path) as (media, _, _):
        for path, kind in expected:
            with pytest.raises(kind) as caught:
                await media.probe(path, shown="shown", timeout=PATIENCE)
            assert getattr(caught.value, "path", None) in ("shown", str(path))


async def test_a_name_that_is_not_unicode(tmp_path: Path, clip: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\xfe 100%.mp4"
    Path(os.fsdecode(raw)).write_bytes(clip.read_bytes())
    url = f"file://{tmp_path}/%ff%fe%20100%25.mp4"
    async with opened(tmp_path) as (media, _, _):
        info = await media.probe(url, timeout=PATIENCE)
        assert (info.path, info.video[0].frames) == (url, 50)
        facts = await media.facts(url)
        assert os.fsencode(facts.path) == raw
        broken = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xfe.mp4"))
        broken.write_bytes(b"no media")
        with pytest.raises(MediaUnreadable):
            await media.probe(broken, shown="x", timeout=PATIENCE)


async def test_opened_from_settings(tmp_path: Path, clip: Path) -> None:
    settings = SettingsStore(tmp_path / "settings.json", arguments={"workers": 1}, environ={})
    with trio.fail_after(SECONDS):
        memory = MemoryTier(1 << 20)
        with store_in(tmp_path) as store:
            async with (
                open_supervisor() as supervisor,
                open_media_service(supervisor, tmp_path, settings, cache=lambda: store, memory=lambda: memory) as media,
            ):
                assert (await media.probe(clip, timeout=PATIENCE)).video[0].codec == "h264"
    assert worker_count(3) == 3
    assert 1 <= worker_count(0) <= 4

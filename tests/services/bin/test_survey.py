"""Probing many files together: what is known is told first, a file that kills its worker is blamed alone."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from protocol.commands.media import MediaInfo
from protocol.errors import DecoderCrashed, MediaNotFound, MediaUnreadable, Timeout
from sidecar.ffmpeg.supervisor import open_supervisor
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.store import open_cache_store
from sidecar.services.media import MediaService
from sidecar.services.media.records import Records
from sidecar.services.media.survey import Found, ask_together
from sidecar.services.media.workers import PROBING, WorkerPool, open_workers
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE

PICKY = """
import os, sys, time
from sidecar.services.media.messages import Answer, Item, Survey, encode, failure_of, pack, unpack
from protocol.errors import MediaEncrypted
while size := int.from_bytes(os.read(0, 4), "big"):
    for name, content in unpack(os.read(0, size), Survey).files:
        if b"deadly" in name:
            os.kill(os.getpid(), 11)
        if b"endless" in name:
            time.sleep(600)
        os.write(1, encode(Item(pack(failure_of(MediaEncrypted(path=""))))))
    os.write(1, encode(Answer()))
"""


@asynccontextmanager
async def opened(folder: Path, argv: tuple[str, ...] = PROBING) -> AsyncIterator[tuple[MediaService, WorkerPool]]:
    memory = MemoryTier(1 << 20)
    with (
        trio.fail_after(PATIENCE),
        open_cache_store(folder / "cache", instance_id="t", limits=lambda: CacheLimits(1 << 30)) as store,
    ):
        records = Records(lambda: store, lambda: memory)
        async with (
            open_supervisor() as supervisor,
            open_workers(WorkerPool(supervisor, folder, lambda: 1, argv=argv)) as pool,
        ):
            yield MediaService(pool, pool, records), pool


async def test_each_is_told_and_what_is_known_first(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", seconds=0.2)
    other = make_clip(tmp_path / "b.wav", picture=None, audio="mono", seconds=0.2)
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"junk" * 500)
    told: dict[Path, Found] = {}
    order: list[Path] = []

    def tell(path: Path, found: Found) -> None:
        order.append(path)
        told[path] = found

    async with opened(tmp_path) as (media, _):
        alone = await media.probe(other, timeout=PATIENCE)
        paths = [clip, tmp_path / "gone.mp4", junk, other]
        await media.survey(paths, tell)
        assert order == [tmp_path / "gone.mp4", other, clip, junk]
        assert isinstance(told[tmp_path / "gone.mp4"], MediaNotFound)
        assert isinstance(told[junk], MediaUnreadable)
        info, again = told[clip], told[other]
        assert isinstance(info, MediaInfo)
        assert isinstance(again, MediaInfo)
        assert (again.audio, again.cached) == (alone.audio, True)
        known = await media.probe(clip, timeout=PATIENCE)
        assert (known.cached, known.video, known.fingerprint) == (True, info.video, info.fingerprint)
        order.clear()
        await media.survey(paths, tell)
        assert order == [tmp_path / "gone.mp4", clip, junk, other]


async def test_the_file_that_is_to_blame_is_blamed_alone(tmp_path: Path) -> None:
    names = ("a", "deadly", "b", "c", "endless", "d", "deadly-2")
    files = [(tmp_path / name, "1-1-x") for name in names]
    taken: list[str] = []
    blamed: list[tuple[str, str]] = []
    async with opened(tmp_path, (sys.executable, "-c", PICKY)) as (_, pool):
        await ask_together(
            pool,
            files,
            # Long enough for a worker to start on a busy machine.
            15,
            lambda path, _content, _answer: taken.append(path.name),
            lambda path, _content, error: blamed.append((path.name, error.kind)),
        )
    assert taken == ["a", "b", "c", "d"]
    assert blamed == [
        ("deadly", DecoderCrashed.kind),
        ("endless", Timeout.kind),
        ("deadly-2", DecoderCrashed.kind),
    ]


async def test_a_crash_is_of_its_file_and_names_it(tmp_path: Path) -> None:
    paths = [tmp_path / "a.mp4", tmp_path / "deadly.mp4", tmp_path / "b.mp4"]
    for path in paths:
        path.write_bytes(os.fsencode(path))
    told: dict[str, Found] = {}
    async with opened(tmp_path, (sys.executable, "-c", PICKY)) as (media, _):
        await media.survey(paths, lambda path, found: told.update({path.name: found}))
    crash = told["deadly.mp4"]
    assert isinstance(crash, DecoderCrashed)
    assert (crash.path, crash.signal) == (str(paths[1]), 11)
    assert {type(told[name]).__name__ for name in ("a.mp4", "b.mp4")} == {"MediaEncrypted"}

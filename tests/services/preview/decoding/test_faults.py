"""Writing feeds of files that cannot be read, that crash or hang a decoder, or that are nonsense."""

# ruff: noqa: ASYNC110 - children end when they like, and every wait has a deadline

from __future__ import annotations

import os
import random
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from protocol.errors import DecoderCrashed, MediaNotFound, MediaUnreadable, MediaUnsupported
from sidecar.services.preview.decoding import crew
from sidecar.services.preview.decoding.fifo import widen
from tests.harness.media import make_clip
from tests.services.preview.decoding.feeding import Reader, Reference, feed_of, table

POISON = """
import os, signal, threading
from pathlib import Path
from sidecar.services.preview.decoding import head, worker
going = head.Head.go
def die():
    os.kill(os.getpid(), signal.SIGSEGV)
    threading.Event().wait()  # another thread may be the one that gets the signal
def go(self, *args):
    name = os.fsdecode(self._origin.path)
    if "once" in name and not Path(name + ".met").exists():
        Path(name + ".met").touch()
        die()
    if "poison" in name or ("later" in name and args[0] > 2_000):
        die()
    if "hang" in name:
        Path(name + ".met").touch()
        threading.Event().wait()
    return going(self, *args)
head.Head.go = go
worker.main()
"""
PICTURE = 192 * 96 * 3 // 2

POISONED = (sys.executable, "-c", POISON)
NARROW = (
    sys.executable,
    "-c",
    """
import re
from pathlib import Path
from sidecar.services.media import confine
from sidecar.services.preview.decoding import worker
taken = 1024 * int(re.search(r"VmSize:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
confine.MEMORY_BYTES = taken + (64 << 20)
worker.main()
""",
)


@pytest.fixture(autouse=True)
def _short_lingering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers here wait for an end, so each failure takes as long as it is kept from them."""
    monkeypatch.setattr(crew, "LINGER_SECONDS", 0.1)


async def test_a_reader_sees_no_end_where_there_is_none(
    tmp_path: Path, clip: Path, found: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take the frames so far for all, and compose others without them."""
    monkeypatch.setattr(crew, "LINGER_SECONDS", 600)
    later = tmp_path / "later.mp4"
    later.write_bytes(clip.read_bytes())
    async with table(tmp_path, argv=POISONED) as open_table:
        fifo = open_table.fifo()
        descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        widen(descriptor, 4 * PICTURE)
        with pytest.raises(DecoderCrashed):
            await open_table.decoders.write(feed_of(later, found.times), fifo)
        assert len(os.read(descriptor, 1 << 20)) == 4 * PICTURE
        with pytest.raises(BlockingIOError):
            os.read(descriptor, 1)
    assert os.read(descriptor, 1) == b""
    os.close(descriptor)


async def test_what_cannot_be_written(tmp_path: Path, clip: Path) -> None:
    nothing = tmp_path / "nothing.mp4"
    nothing.write_bytes(b"nothing at all")
    feed = feed_of(clip, [0])
    async with table(tmp_path) as open_table:
        with pytest.raises(MediaNotFound):
            await open_table.frames(replace(feed, path=str(tmp_path / "missing.mp4")))
        with pytest.raises(MediaUnreadable):
            await open_table.frames(replace(feed, path=str(nothing)))
        for other in (replace(feed, pixel_format="yuv444p"), replace(feed, width=190), replace(feed, stream=7)):
            with pytest.raises(MediaUnsupported) as caught:
                await open_table.frames(other)
            assert caught.value.path == feed.path
        assert len(open_table.supervisor.children()) == 1


async def test_a_crash_is_forgiven_once(tmp_path: Path, clip: Path, found: Reference) -> None:
    once = tmp_path / "once.mp4"
    once.write_bytes(clip.read_bytes())
    async with table(tmp_path, argv=POISONED) as open_table:
        feed = feed_of(once, found.times[:3])
        assert await open_table.frames(feed) == list(found.digests[:3])
        assert await open_table.frames(feed) == list(found.digests[:3])
        while len(open_table.supervisor.children()) > 1:
            await trio.sleep(0.01)


async def test_a_file_that_kills_its_decoder_harms_no_other(tmp_path: Path, clip: Path, found: Reference) -> None:
    poison = tmp_path / "poison.mp4"
    poison.write_bytes(clip.read_bytes())
    async with table(tmp_path, workers=lambda: 1, argv=POISONED) as open_table:
        for _ in range(2):
            done: list[bool] = []
            fifos = [open_table.fifo() for _ in range(4)]

            async def good(fifo: Path, done: list[bool]) -> None:
                await open_table.decoders.write(feed_of(clip, found.times[:5]), fifo)
                done.append(True)

            async def bad(fifo: Path, done: list[bool]) -> None:
                with pytest.raises(DecoderCrashed) as caught:
                    await open_table.decoders.write(feed_of(poison, found.times[:5]), fifo)
                assert (caught.value.path, caught.value.signal) == (str(poison), signal.SIGSEGV)
                done.append(False)

            async with trio.open_nursery() as nursery:
                for number, fifo in enumerate(fifos):
                    nursery.start_soon(bad if number % 2 else good, fifo, done)
                while done.count(False) < 2:
                    await trio.sleep(0.01)
                readers = [Reader(fifo) for fifo in fifos[::2]]
                for reader in readers:
                    nursery.start_soon(reader.read)
                while done.count(True) < 2:
                    await trio.sleep(0.01)
                for reader in readers:
                    reader.ended = True
            assert sorted(done) == [False, False, True, True]


async def test_a_crash_after_the_first_byte_is_told(tmp_path: Path, clip: Path, found: Reference) -> None:
    """What the reader has got nobody knows: whoever composes has to begin anew."""
    later = tmp_path / "later.mp4"
    later.write_bytes(clip.read_bytes())
    async with table(tmp_path, argv=POISONED) as open_table:
        for _ in range(2):
            with pytest.raises(DecoderCrashed):
                await open_table.frames(feed_of(later, found.times[:20]))
            assert await open_table.frames(feed_of(later, found.times[:2])) == list(found.digests[:2])
            assert await open_table.frames(feed_of(clip, found.times[:2])) == list(found.digests[:2])


async def test_a_worker_that_hangs_is_killed_once_its_order_is_left(
    tmp_path: Path, clip: Path, found: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "HANG_SECONDS", 0.2)
    hang = tmp_path / "hang.mp4"
    hang.write_bytes(clip.read_bytes())
    async with table(tmp_path, argv=POISONED) as open_table:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(open_table.decoders.write, feed_of(hang, found.times[:5]), open_table.fifo())
            while not hang.with_name("hang.mp4.met").exists():
                await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
        while open_table.supervisor.children():
            await trio.sleep(0.01)
        assert await open_table.frames(feed_of(clip, found.times[:1])) == [found.digests[0]]


async def test_files_with_nonsense_in_them_end_in_frames_or_in_errors(tmp_path: Path, clip: Path) -> None:
    draw, feed, outcomes = random.Random(5), feed_of(clip, range(0, 51_200, 2_560)), set[str]()
    whole = clip.read_bytes()
    async with table(tmp_path) as open_table:
        for number in range(24):
            data = bytearray(whole)
            for _ in range(draw.choice([3, 30, 300])):
                data[draw.randrange(len(data))] = draw.randrange(256)
            path = tmp_path / f"{number}.mp4"
            path.write_bytes(data[: draw.randrange(len(data))] if number % 4 == 0 else data)
            try:
                await open_table.frames(replace(feed, path=str(path)))
            except (MediaUnreadable, MediaUnsupported) as error:
                outcomes.add(error.kind)
            else:
                outcomes.add("frames")
    assert {"frames", "mediaUnreadable"} <= outcomes


async def test_memory_is_bounded(tmp_path: Path, clip: Path, found: Reference) -> None:
    large = make_clip(tmp_path / "large.mp4", picture="testsrc2", size=(4096, 2304), rate="5", gop=5, b_frames=2)
    async with table(tmp_path, argv=NARROW) as open_table:
        with pytest.raises(MediaUnreadable, match="memory"):
            await open_table.frames(feed_of(large, [0, 10_000]))
        assert await open_table.frames(feed_of(clip, found.times[:3])) == list(found.digests[:3])
        assert len(open_table.supervisor.children()) == 1

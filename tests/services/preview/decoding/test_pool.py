"""Writing feeds: readers that leave or never come, cancelling, bounds."""

# ruff: noqa: ASYNC110 - children end when they like, and every wait has a deadline

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import trio

from protocol.errors import MediaUnsupported
from sidecar.ffmpeg.builder.picture.feeds import Feed, Reduction
from sidecar.services.preview.decoding import crew
from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE
from tests.services.preview.decoding.feeding import Reference, Table, feed_of, reference, table

HALVED = Reduction(
    (
        ("setparams", (("range", "limited"), ("colorspace", "bt709"))),
        ("scale", (("w", "96"), ("h", "48"), ("out_range", "full"), ("flags", "area+accurate_rnd+bitexact"))),
        ("format", (("pix_fmts", "gbrp"),)),
    ),
    "gbrp",
    96,
    48,
)


async def until_idle(open_table: Table) -> None:
    while open_table.decoders.stats.writing:
        await trio.sleep(0.01)


async def test_frames_come_in_the_order_of_ticks(tmp_path: Path, clip: Path, found: Reference) -> None:
    places = [3, 3, 4, 90, 10, 9, 8, 99, 0]
    async with table(tmp_path) as open_table:
        feed = feed_of(clip, [found.times[place] for place in places])
        assert await open_table.frames(feed) == [found.digests[place] for place in places]
        stats = open_table.decoders.stats
        assert (stats.workers, stats.writing, stats.written) == (1, 0, len(places))
        assert await open_table.frames(feed) == [found.digests[place] for place in places]
        assert open_table.decoders.stats.decoded == stats.decoded


async def test_ffmpeg_reads_feeds_side_by_side(tmp_path: Path, clip: Path, found: Reference) -> None:
    """It opens inputs one after the other, and reads as it needs: feeds must never wait for each other."""
    async with table(tmp_path) as open_table:
        feeds = [feed_of(clip, found.times[begin : begin + 20]) for begin in range(0, 80, 5)]
        fifos = [open_table.fifo() for _ in feeds]
        inputs = [
            part
            for fifo in fifos
            for part in ("-f", "rawvideo", "-video_size", "192x96", "-pixel_format", "yuv420p", "-i", str(fifo))
        ]
        stack = "".join(f"[{number}:v]" for number in range(len(feeds))) + f"vstack=inputs={len(feeds)}"
        argv = [ffmpeg(), "-loglevel", "error", *inputs, "-filter_complex", stack, "-f", "rawvideo", "-"]
        async with trio.open_nursery() as nursery:
            for feed, fifo in zip(feeds, fifos, strict=True):
                nursery.start_soon(open_table.decoders.write, feed, fifo)
            done = await trio.run_process(argv, capture_stdout=True, stdin=subprocess.DEVNULL)
        assert len(done.stdout) == 20 * len(feeds) * 192 * 96 * 3 // 2


async def test_a_reader_that_leaves_ends_the_writing(tmp_path: Path, clip: Path, found: Reference) -> None:
    async with table(tmp_path) as open_table:
        fifo = open_table.fifo()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(open_table.decoders.write, feed_of(clip, found.times * 20), fifo)
            descriptor = await trio.to_thread.run_sync(os.open, fifo, os.O_RDONLY, abandon_on_cancel=True)
            await trio.to_thread.run_sync(os.read, descriptor, 1_000)
            os.close(descriptor)
        assert open_table.decoders.stats.writing == 0


async def test_a_fifo_that_goes_before_it_is_read(tmp_path: Path, clip: Path, found: Reference) -> None:
    async with table(tmp_path) as open_table:
        fifo = open_table.fifo()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(open_table.decoders.write, feed_of(clip, found.times[:3]), fifo)
            fifo.unlink()


async def test_cancelling_where_no_reader_ever_comes(tmp_path: Path, clip: Path, found: Reference) -> None:
    async with table(tmp_path) as open_table:
        for _ in range(3):
            async with trio.open_nursery() as nursery:
                for _ in range(10):
                    nursery.start_soon(open_table.decoders.write, feed_of(clip, found.times), open_table.fifo())
                while open_table.decoders.stats.writing < 10:
                    await trio.sleep(0.01)
                nursery.cancel_scope.cancel()
            await until_idle(open_table)
        (child,) = open_table.supervisor.children()
        while psutil.Process(child.pid).num_threads() > 8:
            await trio.sleep(0.01)


async def test_cancelling_while_the_reader_rests(tmp_path: Path, clip: Path, found: Reference) -> None:
    async with table(tmp_path) as open_table:
        fifo = open_table.fifo()
        descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(open_table.decoders.write, feed_of(clip, found.times * 50), fifo)
            while True:
                try:
                    if os.read(descriptor, 1):
                        break
                except BlockingIOError:
                    pass
                await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
        await until_idle(open_table)
        os.close(descriptor)
        assert await open_table.frames(feed_of(clip, found.times[:1])) == [found.digests[0]]


async def test_workers_are_bounded_and_sources_stay_with_theirs(tmp_path: Path, clip: Path, found: Reference) -> None:
    paths = [tmp_path / f"{number}.mp4" for number in range(9)]
    for path in paths:
        path.write_bytes(clip.read_bytes())
    async with table(tmp_path) as open_table:
        for path in paths:
            assert await open_table.frames(feed_of(path, found.times[:2])) == list(found.digests[:2])
        before = open_table.decoders.stats
        assert before.workers == 2
        for path in paths:
            assert await open_table.frames(feed_of(path, found.times[:2])) == list(found.digests[:2])
        assert open_table.decoders.stats.decoded == before.decoded


async def test_idle_workers_end_and_what_was_done_stays_counted(tmp_path: Path, clip: Path, found: Reference) -> None:
    async with table(tmp_path, idle_seconds=0.2) as open_table:
        open_table.decoders.warm()
        open_table.decoders.warm()
        while not open_table.decoders.stats.workers:
            await trio.sleep(0.001)
        assert len(open_table.supervisor.children()) == 1
        await open_table.frames(feed_of(clip, found.times[:4]))
        while open_table.supervisor.children():
            await trio.sleep(0.01)
        stats = open_table.decoders.stats
        assert (stats.workers, stats.written, stats.held_bytes, stats.decoders) == (0, 4, 0, 0)
        assert await open_table.frames(feed_of(clip, found.times[:1])) == [found.digests[0]]
        assert open_table.decoders.stats.written == 5


async def test_a_forgotten_file_is_decoded_anew(tmp_path: Path, clip: Path, found: Reference) -> None:
    async with table(tmp_path) as open_table:
        feed = feed_of(clip, found.times[40:60])
        small = replace(feed, reduction=HALVED)
        before = open_table.decoders.stats
        for again in (False, True):
            open_table.decoders.forget(clip)
            for each in (feed, small, feed, small):
                await open_table.frames(each)
            after = open_table.decoders.stats
            assert after.decoded - before.decoded >= 20, again
            # What was made smaller is held beside what it was made of.
            assert after.hits - before.hits == 3 * 20, again
            before = after


async def test_frames_are_made_smaller_as_ffmpeg_does(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each failure takes as long as its end is kept from readers.
    monkeypatch.setattr(crew, "LINGER_SECONDS", 0.1)
    told = [f"{name}=" + ":".join(f"{key}={value}" for key, value in given) for name, given in HALVED.steps]
    wanted = reference(clip, filters=",".join(told))
    feed = feed_of(clip, wanted.times[10:13], reduction=HALVED)
    async with table(tmp_path) as open_table:
        assert await open_table.frames(feed) == list(wanted.digests[10:13])
        with pytest.raises(MediaUnsupported):
            await open_table.frames(replace(feed, width=feed.width + 2))
        for step in (("scale", (("w", "0/0"), ("h", "("))), ("scale", (("unknown", "1"),)), ("unknown", ())):
            with pytest.raises(MediaUnsupported, match="made smaller"):
                await open_table.frames(replace(feed, reduction=replace(HALVED, steps=(step,))))


async def test_what_is_held_is_shared_out(tmp_path: Path, clip: Path, found: Reference) -> None:
    limit = 10 * 192 * 96 * 3
    async with table(tmp_path, held_bytes=limit) as open_table:
        for _ in range(2):
            assert await open_table.frames(feed_of(clip, found.times)) == list(found.digests)
            assert 0 < open_table.decoders.stats.held_bytes <= limit


async def scrub(open_table: Table, clips: Sequence[Path], found: Reference, draw: random.Random) -> None:
    """Ask for frames and leave some of them at any time."""
    async with trio.open_nursery() as nursery:
        for _ in range(draw.randrange(1, 4)):
            at, length = draw.randrange(len(found.times)), draw.choice([1, 1, 3, 40])
            feed = feed_of(draw.choice(clips), found.times[at : at + length])
            nursery.start_soon(open_table.frames if draw.random() < 0.6 else unread(open_table), feed)
        if draw.random() < 0.7:
            await trio.sleep(draw.random() / 50)
            nursery.cancel_scope.cancel()
        else:
            while open_table.decoders.stats.writing:
                await trio.sleep(0.001)


def unread(open_table: Table) -> Callable[[Feed], Awaitable[None]]:
    """Write to where nobody reads, for a moment."""

    async def write(feed: Feed) -> None:
        with trio.move_on_after(0.02):
            await open_table.decoders.write(feed, open_table.fifo())

    return write


@pytest.mark.parametrize("rounds", [40, pytest.param(2_000, marks=pytest.mark.soak)])
async def test_a_restless_hand_leaves_nothing_behind(tmp_path: Path, clip: Path, found: Reference, rounds: int) -> None:
    draw = random.Random(rounds)
    clips = [clip, tmp_path / "b.mp4", tmp_path / "c.mp4"]
    for path in clips[1:]:
        path.write_bytes(clip.read_bytes())
    async with table(tmp_path, patience=PATIENCE + rounds, held_bytes=1 << 20) as open_table:
        open_table.decoders.warm()
        seen = []
        for number in range(rounds):
            await scrub(open_table, clips, found, draw)
            await until_idle(open_table)
            (child,) = open_table.supervisor.children()
            process = psutil.Process(child.pid)
            if number >= rounds // 2:
                seen.append((process.num_fds(), process.memory_info().rss))
        # A decoder is three threads, a file and what it holds of it; there are as many as feeds were at work at a time.
        assert max(fds for fds, _ in seen) <= 16
        assert max(rss for _, rss in seen) - seen[0][1] < 64 << 20
        assert process.num_threads() <= 1 + 3 * open_table.decoders.stats.decoders
        assert await open_table.frames(feed_of(clip, found.times[7:9])) == list(found.digests[7:9])


async def test_leaving_ends_everything(tmp_path: Path, clip: Path, found: Reference) -> None:
    with trio.fail_after(PATIENCE):
        async with table(tmp_path) as open_table:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(open_table.decoders.write, feed_of(clip, found.times), open_table.fifo())
                while not open_table.decoders.stats.writing:
                    await trio.sleep(0.01)
                nursery.cancel_scope.cancel()
            supervisor = open_table.supervisor
        assert supervisor.children() == ()

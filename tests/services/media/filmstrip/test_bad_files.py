"""Strips of damaged and of very large files."""

from __future__ import annotations

import random
from pathlib import Path

import av
import psutil
import pytest

from protocol.errors import DecoderCrashed, MediaEncrypted, MediaUnreadable, MediaUnsupported
from sidecar.services.media.filmstrip import reel
from tests.harness.media import make_clip, run_ffmpeg
from tests.harness.paths import HAVE_MEDIA, MEDIA
from tests.harness.sparse import stretch
from tests.services.media.filmstrip.pictures import numbers, strip
from tests.services.media.serving import serving

SIZE = 20 * 10**9
GROWTH = 50 * 2**20


def spoilt(path: Path, frame: int) -> Path:
    """Overwrite the packet that holds a frame."""
    with av.open(str(path)) as container:
        places = sorted(
            (packet.pts, packet.pos, packet.size)
            for packet in container.demux(video=0)
            if packet.pts is not None and packet.pos is not None
        )
    _, position, size = places[frame]
    data = bytearray(path.read_bytes())
    data[position + 5 : position + size] = bytes((17 * place) % 251 for place in range(size - 5))
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("b_frames", "bad", "first"), [(0, 36, 36), (2, 37, 35)])
async def test_what_cannot_be_decoded_is_left_out(tmp_path: Path, b_frames: int, bad: int, first: int) -> None:
    path = spoilt(make_clip(tmp_path / "a.mp4", seconds=3, gop=25, b_frames=b_frames), bad)
    async with serving(tmp_path) as client:
        shown = await numbers(client, path, times=[frame / 25 for frame in range(75)], accuracy="exact")
        # What refers to the bad one is bad too, up to the next keyframe; of what comes before it in the file nothing is.
        assert shown == [None if first <= frame < 50 else frame for frame in range(75)]
        found = await strip(client, path, times=[bad / 25, 0], accuracy="exact", sheet=True)
        assert [(frame.image is None, frame.x, frame.y) for frame in found.frames] == [
            (True, None, None),
            (False, 192, 0),
        ]


async def test_a_bad_keyframe(tmp_path: Path) -> None:
    path = spoilt(make_clip(tmp_path / "a.mp4", seconds=3, gop=25), 25)
    async with serving(tmp_path) as client:
        found = await strip(client, path, times=[0.5, 1.5, 2.5], sheet=True)
        assert [frame.image is not None for frame in found.frames] == [True, False, True]
        assert [frame.x is not None for frame in found.frames] == [True, False, True]
        assert found.sheet is not None


async def test_a_file_that_ends_early(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=3, gop=25, options=("-movflags", "+faststart"))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    async with serving(tmp_path) as client:
        shown = await numbers(client, path, times=[0, 1, 2.9], accuracy="exact")
        assert shown[:2] == [0, 25]
        assert shown[2] is None
        assert len((await strip(client, path, count=20)).frames) == 20


if HAVE_MEDIA:

    async def test_a_film_that_breaks_off(tmp_path: Path) -> None:
        path = MEDIA / "corrupted-after-28-frames.mp4"
        async with serving(tmp_path) as client:
            found = await strip(client, path, times=[frame / 25 for frame in range(45)], accuracy="exact")
        images = [frame.image is not None for frame in found.frames]
        assert images[:20] == [True] * 20


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
async def test_mutated_files_are_answered(tmp_path: Path, suffix: str) -> None:
    whole = make_clip(tmp_path / f"whole{suffix}", seconds=1, gop=5, size=(96, 48), codec="libx264").read_bytes()
    draw = random.Random(suffix)
    async with serving(tmp_path) as client:
        for number in range(10):
            data = bytearray(whole)
            for _ in range(draw.choice([1, 20, 400])):
                data[draw.randrange(len(data))] = draw.randrange(256)
            path = tmp_path / f"{number}{suffix}"
            path.write_bytes(data)
            for accuracy in ("keyframe", "exact"):
                try:
                    found = await strip(client, path, times=[0, 0.5, 0.9], accuracy=accuracy)
                except (MediaUnreadable, MediaUnsupported, DecoderCrashed, MediaEncrypted):
                    continue
                assert len(found.frames) == 3


async def test_keyframes_are_found_where_seeking_misses_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_clip(tmp_path / "a.ts", seconds=6, gop=60)
    monkeypatch.setattr(reel, "LEAD", 0)
    with reel.Reel(path, 0, threads=1) as opened:
        start, second = opened.stream.start_time, 90_000
        assert start is not None
        found = [opened.newest_key(start + int(at * second)).pts - start for at in (5.9, 0.1, 2.3, 2.5, 4.9, 4.7)]
    assert found == [round(at * second) for at in (4.8, 0, 0, 2.4, 4.8, 2.4)]


async def test_a_film_of_20_gb(tmp_path: Path) -> None:
    minute = make_clip(tmp_path / "minute.mp4", seconds=60, gop=50)
    whole = tmp_path / "whole.mp4"
    run_ffmpeg(["-stream_loop", "29", "-i", str(minute), "-c", "copy", str(whole)])
    film = stretch(whole, tmp_path / "film.mp4", SIZE)
    times = [1799.99, 900, 901.5]
    async with serving(tmp_path, workers=1) as client:
        await strip(client, minute, count=20)
        await strip(client, minute, count=2, accuracy="exact")
        before = held(client.services.supervisor.children())
        assert await numbers(client, film, times=times, accuracy="exact") == [1499, 0, 37]
        found = await strip(client, film, count=20)
        assert all(frame.image is not None for frame in found.frames)
        assert held(client.services.supervisor.children()) - before < GROWTH


def held(children: object) -> int:
    pids = [psutil.Process().pid, *(child.pid for child in children)]  # type: ignore[attr-defined]
    return sum(psutil.Process(pid).memory_info().rss for pid in pids)

"""What strips keep, what they tell on the way, and what they refuse."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from protocol.errors import InvalidParams, LimitExceeded, MediaNotFound, MediaUnsupported, SourceChanged
from sidecar.services.media.filmstrip.shelf import KIND
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.services.media.filmstrip.pictures import numbers, pictures, strip
from tests.services.media.serving import Client, serving


async def stored(client: Client, count: int) -> None:
    """Wait until so many pictures lie on disk."""
    with trio.fail_after(PATIENCE):
        while (await client.services.cache.stats()).kinds[KIND].held.entries < count:  # noqa: ASYNC110 - the disk tells nobody
            await trio.sleep(0.01)


async def test_pictures_are_shared_by_strips_and_kept_over_a_restart(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=3, gop=25)
    async with serving(tmp_path) as client:
        first = await strip(client, path, times=[0.1, 0.2, 1.5], sheet=True)
        assert first.cached == 0
        again = await strip(client, path, times=[0.3, 1.1, 2.5], sheet=True)
        assert again.cached == 2
        assert again.frames[0].image == first.frames[0].image
        exact = await strip(client, path, times=[1, 1.04], accuracy="exact")
        assert [frame.image == first.frames[2].image for frame in exact.frames] == [True, False]
        assert exact.cached == 1
        assert (await strip(client, path, times=[0.1], format="webp")).cached == 0
        assert (await strip(client, path, times=[0.1], height=80)).cached == 0
        assert first.sheet is not None
        await stored(client, 8)
    async with serving(tmp_path) as client:
        later = await strip(client, path, times=[0.1, 0.2, 1.5], sheet=True)
        assert (later.cached, later.sheet is not None) == (3, True)
        assert [picture is not None for picture in await pictures(client, later)] == [True] * 3
        assert all(child.role == "probe" for child in client.services.supervisor.children())


async def test_another_content_under_the_same_name_and_time(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=1)
    async with serving(tmp_path) as client:
        assert await numbers(client, path, times=[0.2], accuracy="exact") == [5]
        before = path.stat()
        other = make_clip(tmp_path / "b.mp4", seconds=1, filters="trim=start_frame=7,setpts=PTS-STARTPTS")
        path.write_bytes(other.read_bytes())
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert await numbers(client, path, times=[0.2], accuracy="exact") == [12]


async def test_pictures_are_told_as_they_come_the_cheapest_first(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=4, gop=50)
    async with serving(tmp_path) as client:
        found = await strip(client, path, times=[1.9, 2.08, 0.4], accuracy="exact", progress=True)
        told = client.items()
        assert [client.told[0]["kind"], client.told[-1]["kind"]] == ["begin", "end"]
        assert [item["time"] for item in told] == ["52/25", "2/5", "19/10"]
        assert sorted(item["time"] for item in told) == sorted(frame.time for frame in found.frames)
        client.told.clear()
        await strip(client, path, times=[1.9, 1.88], accuracy="exact", progress=True)
        assert [item["time"] for item in client.items()] == ["19/10", "47/25"]


async def test_two_at_a_time_make_nothing_twice(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=2, gop=10)
    made = []
    async with serving(tmp_path) as client, trio.open_nursery() as nursery:

        async def one() -> None:
            made.append(await strip(client, path, count=5))

        nursery.start_soon(one)
        nursery.start_soon(one)
    assert sorted(found.cached for found in made) == [0, 5]


async def test_cancelling_ends_the_decoding(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=30, size=(640, 360), picture="testsrc2", gop=1000)
    async with serving(tmp_path, workers=1) as client:
        with trio.CancelScope() as scope:

            def end(value: dict[str, Any]) -> None:
                if value["kind"] == "items":
                    scope.cancel()

            client.told = _Calls(end)
            await strip(client, path, count=200, accuracy="exact", progress=True)
        assert scope.cancelled_caught
        client.told = []
        assert len((await strip(client, path, count=1)).frames) == 1


async def test_nothing_is_kept_of_a_file_that_changed_meanwhile(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=2, gop=5)
    other = make_clip(tmp_path / "b.mp4", seconds=1)
    os.link(path, tmp_path / "kept.mp4")
    async with serving(tmp_path) as client:

        def change(value: dict[str, Any]) -> None:
            if value["kind"] == "items" and other.exists():
                other.replace(path)

        client.told = _Calls(change)
        with pytest.raises(SourceChanged):
            await strip(client, path, count=10, progress=True)
        client.told = []
        (tmp_path / "kept.mp4").replace(path)
        assert (await strip(client, path, count=10)).cached == 0
        await stored(client, 10)
        assert (await strip(client, path, count=10)).cached == 10


class _Calls(list[dict[str, Any]]):
    """A list that calls on being added to."""

    def __init__(self, call: Any) -> None:
        super().__init__()
        self._call = call

    def append(self, value: dict[str, Any]) -> None:
        super().append(value)
        self._call(value)


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, InvalidParams),
        ({"count": 2, "interval": 1}, InvalidParams),
        ({"interval": 0}, InvalidParams),
        ({"interval": "-1/2"}, InvalidParams),
        ({"interval": "one"}, InvalidParams),
        ({"interval": "1/100000"}, LimitExceeded),
        ({"times": [0], "range": {"from": 0, "to": 1}}, InvalidParams),
        ({"times": [1e300]}, InvalidParams),
        ({"count": 1, "range": {"from": 1, "to": 1}}, InvalidParams),
        ({"count": 1001}, msgspec.ValidationError),
        ({"count": 1000, "width": 4096, "height": None, "sheet": True}, LimitExceeded),
        ({"count": 1, "width": 4096, "height": 4096, "videoStream": 3}, MediaUnsupported),
        ({"count": 1, "background": "red"}, msgspec.ValidationError),
        ({"count": 1, "path": "missing.mp4"}, MediaNotFound),
    ],
)
async def test_what_is_refused(tmp_path: Path, params: dict[str, Any], error: type[Exception]) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=1)
    async with serving(tmp_path) as client:
        with pytest.raises(error):
            await client.ask("media.filmstrip", **{"path": str(path), **params})


async def test_a_sound_has_no_pictures(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.wav", seconds=0.2, audio="mono")
    async with serving(tmp_path) as client:
        with pytest.raises(MediaUnsupported):
            await strip(client, path, count=1)


async def test_large_pictures_are_not_all_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_clip(
        tmp_path / "a.mkv", seconds=2, size=(640, 480), picture="testsrc2", codec="mpeg4", gop=1, filters="noise=c0s=90"
    )
    monkeypatch.setattr("sidecar.services.media.filmstrip.shelf.WAITING_BYTES", 1 << 20)
    async with serving(tmp_path, cacheMemoryBytes=8 << 20) as client:
        await strip(client, path, count=1, format="png", height=480)
        tracemalloc.start()
        found = await strip(client, path, count=32, format="png", height=480)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        sizes = [frame.image.bytes for frame in found.frames if frame.image is not None]
        assert len(sizes) == 32
        assert most < sum(sizes) * 2 / 3

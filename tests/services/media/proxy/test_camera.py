"""Small files that cameras write: found by their names, adopted when they hold the same frames."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from protocol.commands.proxy import MediaProxy
from sidecar.services.access import ReadAccess
from sidecar.services.media.proxy.camera import camera_files
from tests.harness.media import make_clip
from tests.services.media.proxy.test_proxy import SIZE, made
from tests.services.media.serving import serving

NAMES = [
    ("GX010034.MP4", "GL010034.LRV"),
    ("GH020034.MP4", "GL020034.lrv"),
    ("GOPR0034.MP4", "GOPR0034.LRV"),
    ("DJI_0034.MP4", "DJI_0034.LRF"),
    ("CLIP/C0001.MP4", "SUB/C0001S03.MP4"),
    ("A001.MOV", "A001_Proxy.mov"),
    ("A001.MOV", "Proxy/A001.mp4"),
    ("A001.MOV", "proxies/A001_proxy.MP4"),
]


@pytest.mark.parametrize(("large", "small"), NAMES)
def test_where_small_files_lie(tmp_path: Path, large: str, small: str) -> None:
    for name in (large, small, "other.LRV", "CLIP/C0002S03.MP4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert camera_files(tmp_path / large) == [tmp_path / small]


def test_a_file_is_not_its_own_small_one(tmp_path: Path) -> None:
    for name in ("A001_Proxy.mov", "A001.lrv"):
        (tmp_path / name).touch()
    assert camera_files(tmp_path / "A001.lrv") == [tmp_path / "A001_Proxy.mov"]
    assert camera_files(tmp_path / "nothing" / "A001.mp4") == []


async def test_a_small_file_with_the_same_frames_is_adopted(tmp_path: Path) -> None:
    large = make_clip(tmp_path / "GX010001.MP4.mp4", seconds=2, size=SIZE, audio="stereo").rename(
        tmp_path / "GX010001.MP4"
    )
    small = make_clip(tmp_path / "a.mp4", seconds=2, size=(192, 96), audio="stereo").rename(tmp_path / "GL010001.LRV")
    async with serving(tmp_path) as client, trio.open_nursery() as nursery:
        # As whoever serves bytes waits for the first of them.
        nursery.start_soon(client.services.loopback.wanted.wait)
        found = await made(client, large)
        assert (found.state, found.origin, found.path, found.cached) == ("ready", "camera", str(small), True)
        assert (found.width, found.height, found.frames) == (192, 96, 50)
        assert found.resource is not None
        assert await client.fetch(found.resource) == small.read_bytes()
        assert (await made(client, large, adopt=False)).origin == "made"


@pytest.mark.parametrize(
    "other",
    [{"seconds": 1}, {"rate": "50"}, {"size": (192, 144)}, {"size": SIZE}, {"seconds": 2.2}],
    ids=["shorter", "faster", "another shape", "as large", "longer"],
)
async def test_a_small_file_with_other_frames_is_not(tmp_path: Path, other: dict[str, object]) -> None:
    large = make_clip(tmp_path / "DJI_0001.mp4", seconds=2, size=SIZE)
    members: dict[str, object] = {"seconds": 2, "size": (192, 96), **other}
    make_clip(tmp_path / "a.mp4", **members).rename(tmp_path / "DJI_0001.LRF")  # type: ignore[arg-type]
    async with serving(tmp_path) as client:
        assert (await made(client, large)).origin == "made"


async def test_what_is_no_film_or_may_not_be_read_is_not_adopted(tmp_path: Path) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    large = make_clip(folder / "A001.mp4", seconds=1, size=SIZE)
    small = make_clip(tmp_path / "small.mp4", seconds=1, size=(192, 96))
    link = folder / "A001_Proxy.mp4"
    link.symlink_to(small)
    (folder / "A001_Proxy.mov").write_bytes(b"no film")
    async with serving(tmp_path) as client:
        inside = ReadAccess((folder,))
        request = MediaProxy(path=str(large), height=96)
        found = await client.services.proxies.proxy(request, large, shown=str(large), read=inside)
        assert found.origin == "made"
        found = await client.services.proxies.proxy(request, large, shown=str(large), read=ReadAccess())
        assert (found.origin, found.path) == ("camera", str(link))

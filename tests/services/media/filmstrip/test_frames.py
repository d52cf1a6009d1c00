"""Which frames strips show: those that a render would, or the keyframes before them."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from protocol.time import format_exact
from tests.harness.media import make_clip, read_number
from tests.services.media.filmstrip.pictures import numbers, on_screen, pictures, strip
from tests.services.media.serving import serving

CLIPS: dict[str, dict[str, Any]] = {
    "a.mp4": {"rate": "30000/1001", "gop": 20, "b_frames": 3, "audio": "stereo"},
    "hevc.mp4": {"codec": "libx265", "gop": 12},
    "a.webm": {"rate": "30", "gop": 25},
    "a.mkv": {"rate": "24000/1001", "gop": 30, "b_frames": 2},
    "vfr.mkv": {"variable": True, "gop": 10, "b_frames": 2},
    "vfr.mp4": {"variable": True, "gop": 12},
    "a.ts": {"rate": "25", "gop": 12, "audio": "stereo"},
    "a.avi": {"rate": "25", "gop": 15, "b_frames": 2},
    "late.mp4": {"rate": "50", "gop": 25, "start": 1.5},
    "interlaced.mp4": {"rate": "25", "gop": 10, "interlaced": True},
}


def clip(folder: Path, name: str) -> Path:
    return make_clip(folder / name, seconds=3, **CLIPS[name])


def instants(seed: str, count: int = 14) -> list[Fraction]:
    """Frame edges, where rounding shows, and times between."""
    draw = random.Random(seed)
    edges = [Fraction(draw.randrange(1, 140), 50) for _ in range(count // 2)]
    return [*edges, *(Fraction(draw.randrange(3_100), 1_000) for _ in range(count - len(edges)))]


@pytest.mark.parametrize("name", CLIPS)
async def test_exact_pictures_are_the_frames_on_screen(tmp_path: Path, name: str) -> None:
    path, times = clip(tmp_path, name), instants(name)
    async with serving(tmp_path) as client:
        shown = await numbers(client, path, times=[format_exact(time) for time in times], accuracy="exact")
    assert shown == on_screen(path, times)


@pytest.mark.parametrize("name", [name for name in CLIPS if name != "interlaced.mp4"])
async def test_other_pictures_are_the_keyframes_before(tmp_path: Path, name: str) -> None:
    path, times = clip(tmp_path, name), instants(name)
    async with serving(tmp_path) as client:
        info = await client.ask("media.probe", path=str(path), index="keyframes")
        wanted = {
            time: max(
                (Fraction(key) for key in info.keyframes if Fraction(key) <= time + Fraction(1, 2000)), default=None
            )
            for time in times
        }
        assert len(set(wanted.values())) > 2
        found = await strip(client, path, times=[format_exact(time) for time in times], format="png", width=192)
        shown = [read_number(picture[..., 1]) for picture in await pictures(client, found) if picture is not None]
    first = min(map(Fraction, info.keyframes))
    keys = [first if wanted[time] is None else wanted[time] for time in times]
    assert [Fraction(frame.source_time) for frame in found.frames] == keys
    assert shown == on_screen(path, [Fraction(frame.source_time) for frame in found.frames])
    for frame, time in zip(found.frames, times, strict=True):
        same = on_screen(path, [time]) == on_screen(path, [Fraction(frame.source_time)])
        assert not frame.exact or same


async def test_the_time_of_a_picture_is_the_files_own(tmp_path: Path) -> None:
    path = clip(tmp_path, "late.mp4")
    async with serving(tmp_path) as client:
        found = await strip(client, path, times=[0, 0.99, "2/1"], accuracy="exact")
    assert [(frame.time, frame.source_time, frame.exact) for frame in found.frames] == [
        ("0/1", "0/1", True),
        ("99/100", "49/50", True),
        ("2/1", "2/1", True),
    ]


async def test_an_instant_on_a_keyframe_is_exact(tmp_path: Path) -> None:
    path = clip(tmp_path, "a.mp4")
    async with serving(tmp_path) as client:
        found = await strip(client, path, times=["1001/1500", "1002/1500", "1055/1500"])
    assert [frame.source_time for frame in found.frames] == ["1001/1500"] * 3
    assert [frame.exact for frame in found.frames] == [True, True, False]


async def test_instants_are_spread_or_come_at_an_interval(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=2, gop=1)
    async with serving(tmp_path) as client:
        assert await numbers(client, path, count=5) == [5, 15, 25, 35, 45]
        assert await numbers(client, path, count=2, range={"from": 1, "to": "3/2"}) == [28, 34]
        assert await numbers(client, path, interval=0.5) == [0, 12, 25, 37]
        assert await numbers(client, path, interval="1/5", range={"from": 0.4, "to": 1}) == [10, 15, 20]
        assert await numbers(client, path, times=[1, -1, 0.2, 99]) == [25, 0, 5, 49]


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif"])
async def test_pictures_and_animations(tmp_path: Path, name: str) -> None:
    path = make_clip(tmp_path / name, seconds=1, rate="10")
    async with serving(tmp_path) as client:
        for accuracy in ("keyframe", "exact"):
            shown = await numbers(client, path, times=[0, 0.55], accuracy=accuracy)
            moving = name == "a.gif" and accuracy == "exact"
            assert shown == ([0, 5] if moving else [0, 0])


async def test_the_stream_that_was_asked_for(tmp_path: Path) -> None:
    one = make_clip(tmp_path / "one.mp4", seconds=1, gop=5)
    two = make_clip(tmp_path / "two.mp4", seconds=1, picture="#00FF00")
    path = tmp_path / "both.mkv"
    with av.open(str(path), "w") as both, av.open(str(one)) as first, av.open(str(two)) as second:
        streams = [both.add_stream_from_template(source.streams.video[0]) for source in (first, second)]
        for source, stream in zip((first, second), streams, strict=True):
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    both.mux(packet)
    async with serving(tmp_path) as client:
        found = await strip(client, path, times=[0.5], videoStream=1, format="png")
        (picture,) = await pictures(client, found)
        assert picture is not None
        assert abs(picture.mean((0, 1)) - (0, 255, 0)).max() < 8
        assert await numbers(client, path, times=[0.5], accuracy="exact") == [12]

"""Proxies: every frame of the file at its own time, small, upright, quick to decode; kept, adopted, left alone."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import trio

from protocol.commands.proxy import Proxy
from protocol.errors import MediaUnreadable
from sidecar.ffmpeg.builder.proxy import GROUP
from sidecar.services.access import ReadAccess
from sidecar.services.media.reader import probe_file
from tests.harness.media import decode_luma, decode_rgb, decode_sound, make_clip, read_number
from tests.services.cache.shelf import objects
from tests.services.media.filmstrip.pictures import Picture
from tests.services.media.filmstrip.test_bad_files import spoilt
from tests.services.media.serving import Client, serving

HEIGHT = 96
SIZE = (384, 192)

CLIPS: dict[str, dict[str, Any]] = {
    "ntsc.mp4": {"rate": "30000/1001", "b_frames": 3, "audio": "stereo"},
    "a.webm": {"rate": "30"},
    "vfr.mkv": {"variable": True, "b_frames": 2},
    "late.mp4": {"rate": "50", "start": 1.5, "audio": "mono"},
    "a.ts": {"rate": "25", "audio": "stereo"},
    "a.avi": {"rate": "25", "b_frames": 2, "audio": "stereo"},
    "deep.mkv": {"codec": "libx265", "pixel_format": "yuv420p10le", "rate": "24000/1001"},
}


async def made(client: Client, path: Path, **params: Any) -> Proxy:
    found: Proxy = await client.ask("media.proxy", path=str(path), **{"height": HEIGHT, **params})
    return found


async def written(client: Client, found: Proxy, target: Path) -> Path:
    assert found.resource is not None
    target.write_bytes(await client.fetch(found.resource))
    return target


def frames(path: Path) -> Iterator[tuple[Fraction, Picture]]:
    """Every frame with its time from the start of the file."""
    facts = probe_file(path, "full").facts
    assert facts is not None
    for time, luma in decode_luma(path):
        yield time - facts.start, luma


@pytest.mark.parametrize("name", CLIPS)
async def test_every_frame_has_one_at_its_time(tmp_path: Path, name: str) -> None:
    source = make_clip(tmp_path / name, seconds=3, size=SIZE, **CLIPS[name])
    async with serving(tmp_path) as client:
        found = await made(client, source)
        proxy = await written(client, found, tmp_path / "proxy.mp4")
    assert (found.state, found.origin, found.cached, found.height, found.width) == ("ready", "made", False, HEIGHT, 192)
    theirs, ours = list(frames(source)), list(frames(proxy))
    assert [read_number(luma) for _, luma in ours] == [read_number(luma) for _, luma in theirs]
    assert [time for time, _ in ours] == [time for time, _ in theirs]
    assert found.frames == len(ours)
    assert rate_of(proxy) == rate_of(source)
    quick_to_decode(proxy)
    if CLIPS[name].get("audio"):
        heard(source, proxy)


def rate_of(path: Path) -> Fraction | None:
    facts = probe_file(path, "full").facts
    assert facts is not None
    return facts.video[0].rate


def quick_to_decode(proxy: Path) -> None:
    with av.open(str(proxy)) as container:
        video = container.streams.video[0]
        packets = [packet for packet in container.demux(video) if packet.size]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert not video.codec_context.has_b_frames
        tick = video.time_base
    assert tick is not None
    assert all(packet.pts == packet.dts for packet in packets)
    keys = [packet.pts * tick for packet in packets if packet.is_keyframe and packet.pts is not None]
    edges = [*keys, Fraction(packets[-1].pts or 0) * tick]
    # A keyframe is the first frame after half a second.
    assert max(after - before for before, after in pairwise(edges)) <= GROUP + Fraction(1, 8)
    # The index stands before the data, so that a page can seek while it loads.
    data = proxy.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def heard(source: Path, proxy: Path) -> None:
    """The sound begins and lasts as the source's, from the start of the file."""
    spans = []
    for path in (source, proxy):
        facts = probe_file(path, "full").facts
        assert facts is not None
        (sound,) = facts.audio
        spans.append((sound.start, sound.channels))
        rate, samples = decode_sound(path)
        loud = np.flatnonzero(np.abs(samples[0]) > 0.05)
        spans.append((loud[0] / rate + float(sound.start), loud[-1] / rate + float(sound.start)))
    assert spans[0][1] == spans[2][1]
    # AVI says nothing of the priming of MP3.
    slack = 0.05 if source.suffix == ".avi" else 0.012
    assert abs(spans[1][0] - spans[3][0]) < slack
    assert abs(spans[1][1] - spans[3][1]) < max(slack, 0.03)


@pytest.mark.parametrize(("rotation", "mirrored"), [(90, False), (180, True), (270, False)])
async def test_a_turned_file_becomes_upright(tmp_path: Path, rotation: int, *, mirrored: bool) -> None:
    path = make_clip(tmp_path / "a.mov", seconds=1, picture="testsrc2", size=SIZE, rotation=rotation, mirrored=mirrored)
    async with serving(tmp_path) as client:
        proxy = await written(client, await made(client, path), tmp_path / "proxy.mp4")
    video = probe_file(proxy).info.video[0]
    assert (video.rotation, video.mirrored, video.pixel_aspect) == (0, False, "1/1")
    assert (video.width, video.height) == ((48, 96) if rotation in (90, 270) else (192, 96))
    stored = decode_rgb(path)[0]
    upright = np.rot90(stored[:, ::-1] if mirrored else stored, k=-rotation // 90)
    step = upright.shape[0] // 96
    small = upright.reshape(96, step, -1, step, 3).mean((1, 3))
    assert np.abs(small - decode_rgb(proxy)[0]).mean() < 12


@pytest.mark.parametrize(
    "tags", [("tv", "bt2020nc", "bt2020", "smpte2084"), ("pc", "smpte170m", "smpte170m", "smpte170m")]
)
async def test_colours_are_those_of_the_engine(tmp_path: Path, tags: tuple[str, str, str, str]) -> None:
    from tests.services.media.filmstrip.pictures import engine_pictures

    path = make_clip(
        tmp_path / "a.mkv",
        seconds=0.4,
        picture="smptehdbars",
        size=SIZE,
        codec="libx265",
        pixel_format="yuv420p10le",
        color=tags,
    )
    async with serving(tmp_path) as client:
        proxy = await written(client, await made(client, path), tmp_path / "proxy.mp4")
    (engine,) = engine_pictures(path, tmp_path, [0.2], (192, 96))
    color = probe_file(proxy).info.video[0].color
    assert (color.range, color.matrix, color.primaries, color.transfer) == ("limited", "bt709", "bt709", "bt709")
    off = np.abs(decode_rgb(proxy)[5].astype(int) - engine)
    assert np.median(off) <= 3
    assert off.mean() < 5


async def test_a_proxy_is_made_once_and_kept(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=1, size=SIZE)
    found: list[Proxy] = []
    async with serving(tmp_path) as client:
        missing = await made(client, path, make=False)
        assert (missing.state, missing.resource) == ("missing", None)

        async def ask() -> None:
            found.append(await made(client, path, progress=True))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            nursery.start_soon(ask)
        assert sorted(each.cached for each in found) == [False, True]
        kinds = [told["kind"] for told in client.told]
        assert (kinds[0], kinds[-1]) == ("begin", "end")
        assert client.told[0]["total"] == 25
        other = await made(client, path, height=100)
        assert (other.cached, other.height) == (False, 100)
    async with serving(tmp_path) as client:
        again = await made(client, path, make=False)
        assert (again.state, again.cached, again.frames) == ("ready", True, 25)
        await written(client, again, tmp_path / "proxy.mp4")
        # Who only looks has nothing made, not even in the place of one that is damaged.
        for each in objects(tmp_path / "cacheDir"):
            each.write_bytes(each.read_bytes()[:-1])
        client.told.clear()
        assert (await made(client, path, make=False, progress=True)).state == "missing"
        assert client.told == []


async def test_files_that_need_none(tmp_path: Path) -> None:
    small = make_clip(tmp_path / "a.mp4", seconds=0.2, size=(160, 124))
    picture = make_clip(tmp_path / "a.png", size=SIZE)
    clear = make_clip(
        tmp_path / "a.mov", seconds=0.2, size=SIZE, picture="#FF000080", codec="prores_ks", pixel_format="yuva444p10le"
    )
    async with serving(tmp_path) as client:
        for path, reason in ((small, "small"), (picture, "still"), (clear, "alpha")):
            found = await made(client, path)
            assert (found.state, found.reason, found.resource) == ("notNeeded", reason, None)


async def test_a_cancelled_proxy_leaves_nothing(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=20, size=(1280, 720), picture="testsrc2")
    async with serving(tmp_path) as client:
        with trio.CancelScope() as scope:

            class Told(list[dict[str, Any]]):
                def append(self, value: dict[str, Any]) -> None:
                    super().append(value)
                    if value["kind"] == "report":
                        scope.cancel()

            client.told = Told()
            await made(client, path, height=360, progress=True)
        assert scope.cancelled_caught
        assert all(child.role != "proxy" for child in client.services.supervisor.children())
        assert list(client.services.cache.scratch.iterdir()) == []
        assert (await made(client, path, height=360, make=False)).state == "missing"


async def test_who_leaves_while_a_stand_in_is_read_pins_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_clip(tmp_path / "a.mp4", seconds=0.4, size=SIZE)
    async with serving(tmp_path, proxyHeight=HEIGHT) as client:
        await made(client, path)
        facts, begun = await client.services.media.facts(path), trio.Event()

        async def endless(_path: Path) -> None:
            begun.set()
            await trio.sleep_forever()

        monkeypatch.setattr(client.services.media, "facts", endless)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.services.proxies.stand_in, facts, ReadAccess())
            await begun.wait()
            nursery.cancel_scope.cancel()
        assert (await client.ask("cache.stats")).kinds["proxies"].pinned == 0


async def test_a_damaged_file_gives_no_proxy(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "a.mp4", seconds=2, size=SIZE, gop=10, options=("-movflags", "+faststart"))
    whole.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    async with serving(tmp_path) as client:
        with pytest.raises(MediaUnreadable):
            await made(client, whole)
        bad = spoilt(make_clip(tmp_path / "b.mp4", seconds=1, size=SIZE), 12)
        with pytest.raises(MediaUnreadable):
            await made(client, bad)
        assert list(client.services.cache.scratch.iterdir()) == []

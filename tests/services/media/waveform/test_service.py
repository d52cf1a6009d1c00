"""media.waveform over real services: what is answered, kept, shared, cancelled and refused."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio

from protocol.commands.waveform import Waveform
from protocol.errors import InvalidParams, MediaNotFound, MediaUnreadable, SidecarError
from tests.harness.media import decode_sound, make_clip, run_ffmpeg
from tests.services.media.serving import serving
from tests.services.media.waveform.reference import drawn, mixed, pixels, shorts, write_wav

RATE = 8_000
COUNT = 100_003


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("sound") / "a.wav", "s16", drawn("s16", 2, COUNT, 1), RATE)


def data_of(raw: bytes, kind: str = "<i2") -> list[int]:
    values: list[int] = np.frombuffer(raw[24:], kind).tolist()
    return values


async def test_the_whole_of_a_file(tmp_path: Path, sound: Path) -> None:
    async with serving(tmp_path) as client:
        found: Waveform = await client.ask("media.waveform", path=str(sound), inline=True)
        assert (found.sample_rate, found.samples_per_pixel, found.channels, found.bits) == (RATE, 256, 1, 16)
        assert (found.length, found.start, Fraction(found.duration)) == (391, "0/1", Fraction(COUNT, RATE))
        assert found.levels == [64 << n for n in range(12)]
        assert not found.cached
        expected = pixels(mixed(shorts("s16", drawn("s16", 2, COUNT, 1)))[0], 256)
        assert found.data is not None
        assert found.data[0].min == expected.low
        assert found.data[0].max == expected.high
        assert np.abs(np.array(found.data[0].rms) - expected.rms).max() <= 0.51
        pairs = [value for pair in zip(expected.low, expected.high, strict=True) for value in pair]
        assert data_of(await client.fetch(found.dat)) == pairs
        assert data_of(await client.fetch(found.rms)) == found.data[0].rms
        again: Waveform = await client.ask("media.waveform", path=str(sound), inline=True)
        assert again.cached
        assert (again.data, again.dat, again.json, again.rms) == (found.data, found.dat, found.json, found.rms)
        other: Waveform = await client.ask("media.waveform", path=str(sound), samplesPerPixel=64, bits=8)
        assert other.cached
        assert other.data is None
        assert len(data_of(await client.fetch(other.dat), "i1")) == 2 * other.length
    async with serving(tmp_path) as client:
        kept: Waveform = await client.ask("media.waveform", path=str(sound), inline=True)
        assert kept.cached
        assert kept.data == found.data
        assert client.workers() == 0


async def test_ranges_lie_on_one_grid(tmp_path: Path, sound: Path) -> None:
    async with serving(tmp_path) as client:
        whole: Waveform = await client.ask("media.waveform", path=str(sound), channels="each", inline=True)
        assert whole.data is not None
        span = {"from": "5/2", "to": 4.1}
        part: Waveform = await client.ask("media.waveform", path=str(sound), channels="each", inline=True, range=span)
        first, end = int(2.5 * RATE // 256), -int(-4.1 * RATE // 256)
        assert part.data is not None
        assert [each.max for each in part.data] == [each.max[first:end] for each in whole.data]
        assert (part.length, Fraction(part.start)) == (end - first, Fraction(first * 256, RATE))
        assert Fraction(part.duration) == Fraction((end - first) * 256, RATE)
        beyond: Waveform = await client.ask(
            "media.waveform", path=str(sound), inline=True, range={"from": 99, "to": 100}
        )
        assert (beyond.length, beyond.duration) == (0, "0/1")
        assert beyond.data is not None
        assert beyond.data[0].min == []
        tail: Waveform = await client.ask("media.waveform", path=str(sound), range={"from": 12, "to": 99})
        assert Fraction(tail.start) + Fraction(tail.duration) == Fraction(COUNT, RATE)


async def test_what_comes_while_computing_is_what_the_result_holds(tmp_path: Path, sound: Path) -> None:
    async with serving(tmp_path) as client:
        params: dict[str, Any] = {"path": str(sound), "channels": "each", "inline": True, "samplesPerPixel": 128}
        found: Waveform = await client.ask("media.waveform", progress=True, **params)
        assert found.data is not None
        for channel, data in enumerate(found.data):
            parts = [item for item in client.items() if item["channel"] == channel]
            assert [value for part in parts for value in part["min"]] == data.min
            assert [value for part in parts for value in part["max"]] == data.max
            assert [part["from"] for part in parts] == list(np.cumsum([0, *(len(p["min"]) for p in parts)])[:-1])
        kinds = [told["kind"] for told in client.told]
        assert (kinds[0], kinds[-1]) == ("begin", "end")
        reports = [told for told in client.told if told["kind"] == "report"]
        assert reports[-1]["done"] == pytest.approx(COUNT / RATE)
        assert reports[-1]["total"] == pytest.approx(COUNT / RATE)


async def test_those_who_ask_together_share_one_decoding(tmp_path: Path, sound: Path) -> None:
    async with serving(tmp_path) as client:
        found: list[Waveform] = []

        async def ask(size: int) -> None:
            found.append(await client.ask("media.waveform", path=str(sound), samplesPerPixel=size))

        async with trio.open_nursery() as nursery:
            for number in range(4):
                nursery.start_soon(ask, 64 << number)
        assert sorted(each.cached for each in found) == [False, True, True, True]


async def test_cancelling_ends_the_worker_and_leaves_nothing(tmp_path: Path) -> None:
    long = tmp_path / "long.flac"
    run_ffmpeg(["-f", "lavfi", "-i", "anoisesrc=r=48000:d=400:a=0.5", "-ac", "2", "-compression_level", "0", str(long)])
    async with serving(tmp_path) as client:
        heard = trio.Event()
        client.told = _Ringing(heard)
        async with trio.open_nursery() as nursery:

            async def ask() -> None:
                await client.ask("media.waveform", progress=True, path=str(long))

            nursery.start_soon(ask)
            await heard.wait()
            assert client.workers() == 1
            nursery.cancel_scope.cancel()
        assert client.workers() == 0
        scratch = client.services.cache.scratch
        assert [each.name for each in scratch.iterdir() if each.is_file()] == []
        found: Waveform = await client.ask("media.waveform", path=str(long), samplesPerPixel=65_536)
        assert not found.cached


class _Ringing(list[dict[str, Any]]):
    """Tells when the first peaks have come."""

    def __init__(self, heard: trio.Event) -> None:
        super().__init__()
        self._heard = heard

    def append(self, value: dict[str, Any]) -> None:
        super().append(value)
        if value["kind"] == "items":
            self._heard.set()


async def test_sound_that_begins_late_and_pauses(tmp_path: Path) -> None:
    """A second of picture alone, a second of tone, a second of nothing, a second of tone."""
    path = tmp_path / "a.mkv"
    tone = "sine=f=500:r=8000:d=3,aselect='not(between(t,1,1.999))'"
    picture = ["-f", "lavfi", "-i", "color=black:s=64x48:r=25:d=4", "-itsoffset", "1", "-f", "lavfi", "-i", tone]
    run_ffmpeg([*picture, "-c:v", "libx264", "-c:a", "pcm_s16le", str(path)])
    async with serving(tmp_path) as client:
        found: Waveform = await client.ask("media.waveform", path=str(path), samplesPerPixel=64, inline=True)
        assert found.data is not None
        assert Fraction(found.start) == pytest.approx(1, abs=0.01)
        times = float(Fraction(found.start)) + np.arange(found.length) * 64 / RATE
        loud = np.array(found.data[0].max) > 1000
        assert loud[(times > 1.02) & (times < 1.95)].all()
        assert not loud[(times > 2.05) & (times < 2.95)].any()
        assert loud[(times > 3.05) & (times < 3.95)].all()


async def test_compressed_sound_is_where_a_decoder_has_it(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", seconds=2, audio="stereo", sound="beep")
    rate, samples = decode_sound(clip)
    async with serving(tmp_path) as client:
        found: Waveform = await client.ask(
            "media.waveform", path=str(clip), channels="each", samplesPerPixel=64, inline=True
        )
        assert found.data is not None
        assert Fraction(found.duration) == Fraction(samples.shape[1], rate)
        scaled = np.trunc(np.clip(samples * np.float32(32_767), -32_768, 32_767))
        for channel, data in enumerate(found.data):
            peaks = [scaled[channel, first : first + 64].max() for first in range(0, samples.shape[1], 64)]
            assert data.max == peaks


async def test_what_is_refused(tmp_path: Path, sound: Path) -> None:
    silent = make_clip(tmp_path / "silent.mp4", seconds=0.2)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF\x10\0\0\0WAVEfmt ")

    async def refused(kind: type[SidecarError], **params: Any) -> None:
        with pytest.raises(kind):
            await client.ask("media.waveform", **params)

    async with serving(tmp_path) as client:
        await refused(InvalidParams, path=str(silent))
        await refused(InvalidParams, path=str(sound), audioStream=1)
        await refused(InvalidParams, path=str(sound), range={"from": 2, "to": 1})
        await refused(InvalidParams, path=str(sound), range={"from": "x", "to": 1})
        await refused(MediaUnreadable, path=str(broken))
        await refused(MediaNotFound, path=str(tmp_path / "none.wav"))


async def test_sound_that_cannot_be_decoded_is_not_decoded_at_every_request(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.m4a", seconds=1, audio="mono", picture=None)
    data = path.read_bytes()
    media = data.index(b"mdat") + 4
    size = int.from_bytes(data[media - 8 : media - 4], "big") - 8
    path.write_bytes(data[:media] + b"\xff" * size + data[media + size :])
    async with serving(tmp_path) as client:
        for _ in range(3):
            with pytest.raises(MediaUnreadable):
                await client.ask("media.waveform", path=str(path))
        found = await client.ask("cache.stats", kinds=["waveforms"])
        assert found.kinds["waveforms"].negative == 1


async def test_a_file_with_other_content_has_another_waveform(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", "s16", drawn("s16", 1, 5_000, 1), RATE)
    stamp = path.stat()
    async with serving(tmp_path) as client:
        before: Waveform = await client.ask("media.waveform", path=str(path), inline=True)
        write_wav(path, "s16", drawn("s16", 1, 5_000, 2), RATE)
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        after: Waveform = await client.ask("media.waveform", path=str(path), inline=True)
        assert not after.cached
        assert after.data != before.data
        assert after.dat.url != before.dat.url


async def test_a_cache_that_keeps_nothing_costs_time_only(tmp_path: Path, sound: Path) -> None:
    async with serving(tmp_path, minFreeDiskBytes=(1 << 53) - 1) as client:
        found: Waveform = await client.ask("media.waveform", path=str(sound), inline=True)
        assert found.data is not None
        assert len(data_of(await client.fetch(found.dat))) == 2 * found.length
        again: Waveform = await client.ask("media.waveform", path=str(sound), inline=True)
        assert not again.cached
        assert again.data == found.data


@pytest.mark.parametrize(("before", "after"), [("stereo", "mono"), ("mono", "stereo"), ("5.1", "stereo")])
async def test_sound_that_changes_its_channels_in_the_middle(tmp_path: Path, before: str, after: str) -> None:
    for layout in (before, after):
        tone = f"sine=f=500:r=48000:d=1,volume=4,aformat=channel_layouts={layout}"
        run_ffmpeg(["-f", "lavfi", "-i", tone, "-c:a", "aac", str(tmp_path / f"{layout}.aac")])
    path = tmp_path / "both.aac"
    path.write_bytes(b"".join((tmp_path / f"{layout}.aac").read_bytes() for layout in (before, after)))
    async with serving(tmp_path) as client:
        found: Waveform = await client.ask("media.waveform", path=str(path), samplesPerPixel=4096, inline=True)
        assert found.data is not None
        assert float(Fraction(found.duration)) == pytest.approx(2, abs=0.1)
        assert min(found.data[0].max[2:-2]) > 1000

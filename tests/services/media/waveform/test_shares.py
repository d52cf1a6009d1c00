"""Long streams that are shared out: what comes of it is what one reading gives, to the byte."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trio

from protocol.commands.waveform import Waveform
from sidecar.services.media.messages import Item, unpack
from sidecar.services.media.waveform import shares
from sidecar.services.media.waveform.messages import MakePeaks, PeaksMade, PeaksPart, Share, Watch
from sidecar.services.media.waveform.reading import make_peaks
from sidecar.services.media.waveform.service import WaveformService
from sidecar.services.media.waveform.shares import shares_of
from sidecar.services.media.waveform.together import Together
from tests.harness.media import run_ffmpeg
from tests.services.media.serving import Client, serving
from tests.services.media.waveform.reference import drawn, write_wav

TONE = "0.3*sin(2*PI*220*t)*sin(t)|0.2*sin(2*PI*1330*t)*cos(t/3)"
SECONDS = 12
RATE = 44_100


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make shares of seconds, which begin where no frame does."""
    monkeypatch.setattr(shares, "SMALLEST_SHARE", 1 << 16)
    monkeypatch.setattr(shares, "COARSEST", 6400)
    monkeypatch.setattr(shares, "COMPARED", 20_000)


def sounding(path: Path, *options: str, source: str = f"aevalsrc={TONE}:s={RATE}:d={SECONDS}") -> Path:
    run_ffmpeg(["-f", "lavfi", "-i", source, *options, str(path)])
    return path


FILES: dict[str, tuple[str, ...]] = {
    "a.wav": (),
    "a.mov": ("-c:a", "pcm_s24le"),
    "a.flac": ("-compression_level", "0"),
    "alac.m4a": ("-c:a", "alac"),
    "a.m4a": ("-c:a", "aac", "-aac_pns", "0"),
}


def made(path: Path, target: Path, share: Share | None, **more: Any) -> tuple[PeaksMade, list[PeaksPart]]:
    parts: list[PeaksPart] = []

    def send(item: Item) -> None:
        parts.append(unpack(item.body, PeaksPart))

    task = MakePeaks(
        os.fsencode(path), 0, more.get("mix", False), Fraction(0), os.fsencode(target), more.get("watch"), share
    )
    return make_peaks(task, path, target, send), parts


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", FILES)
def test_shares_are_what_one_reading_gives(tmp_path: Path, name: str) -> None:
    path = sounding(tmp_path / name, *FILES[name])
    whole, together = tmp_path / "whole", tmp_path / "together"
    found = shares_of(path, 0)
    assert len(found) == 8
    for mix in (True, False):
        expected, _ = made(path, whole, None, mix=mix)
        together.write_bytes(b"")
        values: list[tuple[int, bytes]] = []
        samples = 0
        # In no order: each is written where it belongs.
        for share in reversed(found):
            part, told = made(path, together, share, mix=mix, watch=Watch(128, 16, None))
            assert (part.exact, part.sample_rate, part.channels) == (True, RATE, expected.channels)
            assert part.start == expected.start
            samples += part.samples
            values[:0] = [(each.first, each.values) for each in told if each.values]
        assert samples == expected.samples
        assert together.read_bytes() == whole.read_bytes()
        _, told = made(path, whole, None, mix=mix, watch=Watch(128, 16, None))
        assert b"".join(data for _, data in values) == b"".join(each.values for each in told)
        lengths = [len(data) // (4 * expected.channels) for _, data in values]
        assert [first for first, _ in values] == [0, *np.cumsum(lengths)[:-1].tolist()]


def without_seconds(path: Path) -> Path:
    """Leave a pause in the middle."""
    return sounding(path, "-af", "aselect='not(between(t,4,6))'", "-c:a", "aac")


def with_damage(path: Path) -> Path:
    sounding(path, "-c:a", "aac")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4000] = b"\xff" * 4000
    path.write_bytes(data)
    return path


def with_its_end_missing(path: Path) -> Path:
    sounding(path, "-c:a", "aac", "-movflags", "+faststart")
    os.truncate(path, path.stat().st_size * 6 // 10)
    return path


def whole(path: Path) -> Path:
    return sounding(path, "-c:a", "aac")


@pytest.mark.parametrize(
    ("make", "exact"), [(whole, True), (without_seconds, False), (with_damage, False), (with_its_end_missing, False)]
)
def test_what_is_not_whole_is_not_shared(tmp_path: Path, make: Callable[[Path], Path], *, exact: bool) -> None:
    path, target = make(tmp_path / "a.m4a"), tmp_path / "peaks"
    target.write_bytes(b"")
    before, across = (Share(0, 2, RATE * first, RATE * end) for first, end in ((1, 3), (3, 9)))
    assert made(path, target, before)[0].exact
    assert made(path, target, across)[0].exact is exact


@pytest.mark.usefixtures("small")
def test_what_follows_from_all_that_was_before_is_not_shared(tmp_path: Path) -> None:
    noise = "anoisesrc=d=12:r=44100:a=0.5:c=white:s=1"
    assert shares_of(sounding(tmp_path / "quiet.m4a", "-c:a", "aac", "-b:a", "24k", source=noise), 0) == []


@pytest.mark.usefixtures("small")
def test_what_cannot_be_cut_is_not_shared(tmp_path: Path) -> None:
    assert shares_of(sounding(tmp_path / "a.wav", "-c:a", "pcm_s64le"), 0) == []


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["a.mp3", "a.mkv", "a.aac", "a.ogg"])
def test_what_has_no_exact_places_is_not_shared(tmp_path: Path, name: str) -> None:
    assert shares_of(sounding(tmp_path / name), 0) == []


def test_what_is_short_is_not_shared(tmp_path: Path) -> None:
    assert shares_of(sounding(tmp_path / "a.wav"), 0) == []


LONG, MARKS = (1 << 26) + 999, (0, (1 << 25) - 1, 1 << 25, (1 << 26) + 998)
"""Samples of a sound that two workers share, and places of its peaks: at its ends and on both sides of the border."""


def long_sound(path: Path) -> Path:
    """Write hours of sound that take no room: 8 bits, silent at their lowest value."""
    head = bytearray(write_wav(path, "u8", drawn("u8", 1, 2, 1), 8_000).read_bytes()[:44])
    head[40:44] = LONG.to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(head)
        for place, mark in enumerate(MARKS):
            file.seek(44 + mark)
            file.write(bytes([100 + place]))
    return path


def expected(level: int) -> list[int]:
    highest = [-32_768] * -(-LONG // level)
    for place, mark in enumerate(MARKS):
        highest[mark // level] = (100 + place - 128) << 8
    return highest


async def test_a_long_sound_is_decoded_by_two_at_once(tmp_path: Path) -> None:
    path = long_sound(tmp_path / "long.wav")
    async with serving(tmp_path, workers=2) as client:
        found: Waveform = await client.ask(
            "media.waveform", progress=True, path=str(path), samplesPerPixel=1 << 20, inline=True
        )
        assert client.workers() == 2
        assert found.data is not None
        assert found.data[0].max == expected(1 << 20)
        assert Fraction(found.duration) == Fraction(LONG, 8_000)
        told = {item["from"] + place: high for item in client.items() for place, high in enumerate(item["max"])}
        assert [told[pixel] for pixel in sorted(told)] == found.data[0].max
        reports = [value["done"] for value in client.told if value["kind"] == "report"]
        assert reports == sorted(reports)
        assert reports[-1] == pytest.approx(LONG / 8_000)
        fine: Waveform = await client.ask("media.waveform", path=str(path), samplesPerPixel=65_536, inline=True)
        assert fine.cached
        assert fine.data is not None
        assert fine.data[0].max == expected(65_536)


async def test_what_is_read_in_one_go_after_all_goes_on_from_what_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def shares_for(*_: object) -> list[Share]:
        return [Share(0, 1, 0, None)]

    async def make(self: Together, *_: object) -> None:
        self.hear(PeaksPart(100.0, 0, 1, b""))

    monkeypatch.setattr(WaveformService, "_shares", shares_for)
    monkeypatch.setattr(Together, "make", make)
    # Longer than what is folded at a time, so that something is told at the beginning.
    path = write_wav(tmp_path / "a.wav", "u8", np.full((150 * 8_000, 1), 128, "u1"), 8_000)
    async with serving(tmp_path) as client:
        await client.ask("media.waveform", progress=True, path=str(path))
    reports = [value["done"] for value in client.told if value["kind"] == "report"]
    assert reports[0] == 100
    assert len(reports) > 2
    assert reports == sorted(reports)
    assert reports[-1] == 150


async def test_cancelling_ends_all_who_share(tmp_path: Path) -> None:
    path = long_sound(tmp_path / "long.wav")
    async with serving(tmp_path, workers=2) as client:
        with trio.CancelScope() as scope:
            client.told = _Watching(client, scope)
            await client.ask("media.waveform", progress=True, path=str(path))
        assert scope.cancelled_caught
        assert client.workers() == 0
        assert [each.name for each in client.services.cache.scratch.iterdir() if each.is_file()] == []


class _Watching(list[dict[str, Any]]):
    """Cancels with the first peaks that come while two are at work."""

    def __init__(self, client: Client, scope: trio.CancelScope) -> None:
        super().__init__()
        self._client = client
        self._scope = scope

    def append(self, value: dict[str, Any]) -> None:
        super().append(value)
        if value["kind"] == "items" and self._client.workers() == 2:
            self._scope.cancel()


async def test_a_long_sound_that_ends_too_early_is_read_in_one_go(tmp_path: Path) -> None:
    long, path = long_sound(tmp_path / "long.wav"), tmp_path / "long.mov"
    run_ffmpeg(["-i", str(long), "-c:a", "copy", "-movflags", "+faststart", str(path)])
    os.truncate(path, path.stat().st_size // 3)
    async with serving(tmp_path, workers=2) as client:
        found: Waveform = await client.ask("media.waveform", path=str(path), samplesPerPixel=1 << 20, inline=True)
        assert found.data is not None
        assert found.data[0].max[0] == (100 - 128) << 8
        assert 15 < found.length < 25

"""Peaks against audiowaveform's definition, sample for sample."""

from __future__ import annotations

import json
import os
import struct
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.services.media.messages import Item, unpack
from sidecar.services.media.waveform.cutting import cut_waveform
from sidecar.services.media.waveform.files import HEADER
from sidecar.services.media.waveform.grid import levels_ready
from sidecar.services.media.waveform.messages import CutWaveform, MakePeaks, PeaksMade, PeaksPart, Watch
from sidecar.services.media.waveform.reading import make_peaks
from tests.harness.media import run_ffmpeg
from tests.services.media.waveform.reference import (
    FORMS,
    Expected,
    Shorts,
    drawn,
    mixed,
    narrowed,
    pixels,
    shorts,
    write_wav,
)

RATE = 44_100


def made(path: Path, folder: Path, *, mix: bool, watch: Watch | None = None) -> tuple[PeaksMade, list[PeaksPart]]:
    parts: list[PeaksPart] = []

    def send(item: Item) -> None:
        parts.append(unpack(item.body, PeaksPart))

    target = folder / "peaks"
    task = MakePeaks(os.fsencode(path), 0, mix, Fraction(0), os.fsencode(target), watch)
    return make_peaks(task, path, target, send), parts


def cut(
    folder: Path, peaks: PeaksMade, size: int, bits: int = 16, window: tuple[int, int] = (0, 1 << 40)
) -> dict[str, Any]:
    """Write the files of a level; returns what they hold."""
    names = {form: folder / form for form in ("dat", "json", "rms")}
    task = CutWaveform(
        b"",
        peaks.channels,
        peaks.sample_rate,
        peaks.samples,
        size,
        bits,
        *window,
        *(os.fsencode(name) for name in names.values()),
    )
    cut_waveform(task, folder / "peaks")
    kind = "<i2" if bits == 16 else "i1"
    dat, rms = names["dat"].read_bytes(), names["rms"].read_bytes()
    assert dat[:24] == rms[:24]
    head = HEADER.unpack(dat[:24])
    return {
        "head": head,
        "pairs": np.frombuffer(dat[24:], kind).reshape(-1, peaks.channels, 2),
        "rms": np.frombuffer(rms[24:], kind).reshape(-1, peaks.channels),
        "json": json.loads(names["json"].read_text()),
    }


def check(found: dict[str, Any], expected: list[Expected], size: int, bits: int, rate: int = RATE) -> None:
    """Compare the files with what the definition gives."""
    length, channels = len(expected[0].low), len(expected)
    assert found["head"] == (2, int(bits == 8), rate, size, length, channels)
    text = found["json"]
    assert {name: value for name, value in text.items() if name != "data"} == {
        "version": 2,
        "channels": channels,
        "sample_rate": rate,
        "samples_per_pixel": size,
        "bits": bits,
        "length": length,
    }
    assert text["data"] == found["pairs"].ravel().tolist()
    for number, each in enumerate(expected):
        assert found["pairs"][:, number, 0].tolist() == narrowed(each.low, bits)
        assert found["pairs"][:, number, 1].tolist() == narrowed(each.high, bits)
        step = 1.0 if bits == 8 else 0.51
        assert np.abs(found["rms"][:, number] - np.array(each.rms) / (256 if bits == 8 else 1)).max() <= step


def of(samples: Shorts, size: int) -> list[Expected]:
    return [pixels(channel, size) for channel in samples]


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize("form", FORMS)
def test_wav_of_every_form(tmp_path: Path, form: str, channels: int) -> None:
    samples = drawn(form, channels, 70_003, channels)
    path = write_wav(tmp_path / "a.wav", form, samples, RATE)
    read = shorts(form, samples)
    for mix in (True, False):
        peaks, _ = made(path, tmp_path, mix=mix)
        assert (peaks.sample_rate, peaks.samples, peaks.start) == (RATE, 70_003, Fraction(0))
        expected = mixed(read) if mix else read
        for size, bits in ((64, 16), (256, 8), (1024, 16), (131_072, 16)):
            check(cut(tmp_path, peaks, size, bits), of(expected, size), size, bits)


@pytest.mark.parametrize(("form", "written"), [("s16", "s16"), ("s24", "s32")])
def test_flac(tmp_path: Path, form: str, written: str) -> None:
    samples = drawn(form, 2, 50_021, 7)
    wav = write_wav(tmp_path / "a.wav", form, samples, RATE)
    path = tmp_path / "a.flac"
    run_ffmpeg(["-i", str(wav), "-c:a", "flac", "-sample_fmt", written, str(path)])
    for mix in (True, False):
        peaks, _ = made(path, tmp_path, mix=mix)
        read = shorts(form, samples)
        check(cut(tmp_path, peaks, 256), of(mixed(read) if mix else read, 256), 256, 16)


@pytest.mark.parametrize("channels", [1, 2])
def test_nothing_at_all(tmp_path: Path, channels: int) -> None:
    path = write_wav(tmp_path / "a.wav", "s16", drawn("s16", channels, 0, 1), RATE)
    peaks, parts = made(path, tmp_path, mix=False, watch=Watch(64, 16, None))
    assert (peaks.channels, peaks.samples, [part.channels for part in parts]) == (channels, 0, [channels])
    assert cut(tmp_path, peaks, 64)["pairs"].shape == (0, channels, 2)


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_any_length_level_and_window(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("any")
    count = data.draw(st.one_of(st.integers(0, 400), st.integers(32_700, 33_000)))
    channels = data.draw(st.integers(1, 3))
    samples = drawn("s16", channels, count, data.draw(st.integers(0, 99)))
    path = write_wav(folder / "a.wav", "s16", samples, 8_000)
    mix = data.draw(st.booleans())
    peaks, _ = made(path, folder, mix=mix)
    size = 64 << data.draw(st.integers(0, 10))
    whole = of(mixed(shorts("s16", samples)) if mix else shorts("s16", samples), size)
    length = -(-count // size)
    first = data.draw(st.integers(0, length))
    end = data.draw(st.integers(first, length))
    found = cut(folder, peaks, size, 16, (first, end))
    assert found["head"][4] == end - first
    for number, each in enumerate(whole):
        assert found["pairs"][:, number, 0].tolist() == each.low[first:end]
        assert found["pairs"][:, number, 1].tolist() == each.high[first:end]


@pytest.mark.parametrize(
    ("first", "end"), [(None, None), (Fraction(1, 3), Fraction(9, 10)), (Fraction(5), Fraction(9))]
)
def test_what_is_sent_meanwhile_is_what_is_written(
    tmp_path: Path, first: Fraction | None, end: Fraction | None
) -> None:
    samples = drawn("s16", 2, 60_000, 3)
    path = write_wav(tmp_path / "a.wav", "s16", samples, RATE)
    span = None if first is None or end is None else (first, end)
    peaks, parts = made(path, tmp_path, mix=False, watch=Watch(512, 8, span))
    window = (0, 1 << 40)
    if span is not None:
        window = (int(span[0] * RATE / 512), -int(-span[1] * RATE // 512))
    whole = cut(tmp_path, peaks, 512, 8, window)["pairs"]
    sent = np.concatenate([np.frombuffer(part.values, "<i2") for part in parts]).reshape(-1, 2, 2)
    assert (sent == whole).all()
    places = [(part.first, len(part.values) // 8) for part in parts if part.values]
    assert all(before[0] + before[1] == after[0] for before, after in pairwise(places))
    assert parts[-1].seconds == pytest.approx(60_000 / RATE)


def test_numbers_that_are_none_are_silence(tmp_path: Path) -> None:
    samples = np.array([[0.5], [float("nan")], [float("inf")], [float("-inf")]] * 32, np.float32)
    path = write_wav(tmp_path / "a.wav", "f32", samples, RATE)
    peaks, _ = made(path, tmp_path, mix=True)
    found = cut(tmp_path, peaks, 64)
    assert found["pairs"].tolist() == [[[-32_768, 32_767]]] * 2
    samples[:, 0] = np.nan
    write_wav(path, "f32", samples, RATE)
    peaks, _ = made(path, tmp_path, mix=True)
    assert cut(tmp_path, peaks, 64)["pairs"].tolist() == [[[0, 0]]] * 2


def test_levels() -> None:
    assert levels_ready(0) == [64]
    assert levels_ready(64) == [64]
    assert levels_ready(65) == [64, 128]
    assert levels_ready(10**12)[-1] == 1 << 20


def test_the_header_is_the_format_s() -> None:
    assert struct.calcsize("<iIiiIi") == HEADER.size == 24

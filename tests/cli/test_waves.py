"""`sidecar waveform` and its drawing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protocol.commands.waveform import WaveformChannel
from sidecar.cli import main
from sidecar.cli.waves import drawn
from tests.harness.media import make_clip


def text(channel: WaveformChannel, width: int, rows: int = 2) -> list[str]:
    return ["".join(part for part, _ in line) for line in drawn(channel, width, 32_768, rows)]


def test_full_scale_fills_the_drawing_and_silence_is_a_line() -> None:
    loud = WaveformChannel(min=[-32_768] * 8, max=[32_767] * 8, rms=[20_000] * 8)
    assert text(loud, 4) == ["⣿⣿⣿⣿"] * 2
    silent = WaveformChannel(min=[0] * 8, max=[0] * 8, rms=[0] * 8)
    assert text(silent, 4) == ["⠀⠀⠀⠀", "⠉⠉⠉⠉"]


def test_many_pixels_fall_together_and_few_are_drawn_out() -> None:
    channel = WaveformChannel(min=[0, 0, 0, -32_768], max=[32_767, 0, 0, 0], rms=[1, 0, 0, 1])
    assert text(channel, 1) == ["⡇", "⢹"]
    assert text(channel, 4) == ["⣿⠀⠀⠀", "⠉⠉⠉⣿"]
    assert text(WaveformChannel(min=[], max=[], rms=[]), 2) == ["⠀⠀", "⠉⠉"]


def test_what_reaches_the_mean_is_stronger() -> None:
    channel = WaveformChannel(min=[-32_768] * 2, max=[32_767] * 2, rms=[10_000] * 2)
    assert [line[0][1] for line in drawn(channel, 1, 32_768, 4)] == ["cyan", "green", "green", "cyan"]


def test_a_waveform_is_drawn(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["waveform", str(clip)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("⣿" in line for line in lines[:8])
    assert lines[8].split() == ["0:00", "0:01"]
    assert lines[9].startswith("sound\t48000 Hz, 1")
    assert main(["waveform", str(clip), "--channels", "each", "--range", "0.5:1"]) == 0
    assert "channel 1" in capsys.readouterr().out


def test_files_are_written(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["waveform", str(clip), "-o", "a.json", "--samples-per-pixel", "512"]) == 0
    assert "pixels of 512 samples" in capsys.readouterr().out
    assert main(["waveform", str(clip), "-o", "a.json"]) == 1
    assert "or add --overwrite" in capsys.readouterr().err
    written = json.loads(Path("a.json").read_text())
    assert (written["version"], written["samples_per_pixel"], written["length"]) == (2, 512, len(written["data"]) // 2)
    assert main(["waveform", str(clip), "-o", "a.dat", "--bits", "8", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(Path("a.dat").read_bytes()) == found["dat"]["bytes"] == 24 + 2 * found["length"]


def test_what_cannot_be_done_is_said(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["waveform", str(clip), "-o", "a.png"]) == 2
    assert ".dat or .json" in capsys.readouterr().err
    assert main(["waveform", str(clip), "-o", "nowhere/a.dat"]) == 1
    assert "nowhere/a.dat" in capsys.readouterr().err
    assert main(["waveform", str(clip), "--samples-per-pixel", "100"]) == 2
    assert main(["waveform", str(clip), "--range", "1"]) == 2
    assert main(["waveform", str(make_clip(tmp_path / "silent.mp4", seconds=0.2))]) == 2
    assert "0 sound streams" in capsys.readouterr().err

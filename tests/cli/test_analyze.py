"""`sidecar analyze`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sidecar.cli import main
from sidecar.cli.analyze import bars
from tests.harness.media import make_clip


def test_a_report(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(clip)]) == 0
    report = dict(line.split("\t", 1) for line in capsys.readouterr().out.splitlines())
    assert report["cuts"] == "none"
    assert report["silence"] == "none"
    assert "LUFS, range none" in report["loudness"]
    assert report["true peak"].endswith("dBTP")
    assert report["inside borders"] == "192×96 at 0,0"
    assert report["scan"].split()[0] in {"progressive", "unknown"}
    assert report["bitrate"].split("  ")[0].endswith("Mbit/s")


def test_kinds_are_chosen(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(clip), "--kinds", "black,crop", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["scenes"] is None
    assert found["black"]["spans"] == []
    assert main(["analyze", str(clip), "--kinds", "smell"]) == 2
    assert "'smell' is not measured" in capsys.readouterr().err
    silent = make_clip(tmp_path / "silent.mp4", seconds=0.4)
    assert main(["analyze", str(silent), "--range", "0:0.2"]) == 0
    assert "loudness" not in capsys.readouterr().out


def test_bars() -> None:
    assert bars([0, 1, 2, 4], 8) == "▁▃▅█"
    assert bars([1, 1, 3, 3], 2) == "▃█"
    assert bars([0, 0], 2) == "▁▁"
    assert bars([], 4) == ""

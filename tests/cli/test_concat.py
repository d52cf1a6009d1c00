"""`sidecar concat`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sidecar.cli import main
from tests.harness.media import read_numbers


def test_concat_joins_files(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = Path("another one.mp4")
    second.symlink_to(clip)
    assert main(["concat", str(clip), str(second), "-o", "joined.mp4"]) == 0
    said = capsys.readouterr().out
    assert "joined.mp4: 50 frames, 2 s" in said
    assert "publishing 100%" in said
    assert read_numbers(Path("joined.mp4")) == [*range(25)] * 2


def test_concat_says_what_is_not_copied(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["concat", str(clip), "-o", "joined.mkv", "--mode", "copy", "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["data"]["kind"] == "notCopyable"
    assert error["data"]["context"]["path"] == str(clip)
    assert error["data"]["context"]["rule"] == "sourceColor"


def test_concat_of_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["concat", "missing.mp4", "-o", "joined.mp4"]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: There is no file at ")
    assert "Traceback" not in captured.err


def test_concat_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["concat", "-o", "joined.mp4"]) == 2
    assert "expected 1 to 1000 files, not 0" in capsys.readouterr().err

"""The demonstration, made as a user makes it, and rendered again by another process."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest

from sidecar.cli import main
from tests.harness.media import decode_rgb, decode_sound, make_clip, run_ffmpeg
from tests.harness.program import sidecar


def test_the_demo_plays_and_renders_again_to_the_same_bytes(home: Path, clip: Path, tmp_path: Path) -> None:
    sound = make_clip(tmp_path / "sound.wav", picture=None, audio="mono", seconds=1)
    sidecar("demo", "film.mp4", "--media", clip, sound, home=home)
    saved = json.loads(Path("film.json").read_text(encoding="utf-8"))
    names = {track["id"] for track in saved["tracks"]}
    assert {"scenes", "own", "titles", "sounds", "cues"} <= names
    sidecar("render", "film.json", "-o", "again.mp4", home=home)
    assert Path("film.mp4").read_bytes() == Path("again.mp4").read_bytes()
    with av.open("film.mp4") as film:
        assert [stream.codec_context.name for stream in film.streams] == ["h264", "aac"]
    frames = decode_rgb(Path("film.mp4"))
    assert len(frames) == 500
    assert all(frame.std() > 5 for frame in frames[25::50]), "a frame shows a single colour"
    rate, samples = decode_sound(Path("film.mp4"))
    seconds = [samples[..., n * rate : (n + 1) * rate] for n in range(20)]
    assert all(float(np.sqrt(np.mean(second**2))) > 0.01 for second in seconds)
    assert float(np.abs(samples).max()) < 1.0


def test_the_demo_replaces_nothing_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    Path("demo.json").write_text("precious", encoding="utf-8")
    assert main(["demo"]) == 1
    assert "add --overwrite" in capsys.readouterr().err
    assert Path("demo.json").read_text(encoding="utf-8") == "precious"
    assert not Path("demo.mp4").exists()


def test_a_file_that_cannot_be_shown_or_heard_is_told(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--media", str(tmp_path / "none.mp4")]) == 1
    assert "There is no file" in capsys.readouterr().err
    subtitles = tmp_path / "words.srt"
    subtitles.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n", encoding="utf-8")
    run_ffmpeg(["-i", str(subtitles), str(tmp_path / "words.mkv")])
    assert main(["demo", "--media", str(clip), str(tmp_path / "words.mkv")]) == 1
    assert "holds no picture or sound" in capsys.readouterr().err
    assert not Path("demo.mp4").exists()

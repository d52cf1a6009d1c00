"""`sidecar frame`, `storyboard`, `clip` and `gif`, over the real services."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidecar.cli import main
from tests.cli.conftest import write_project
from tests.harness.media import decode_rgb, make_clip, read_number, read_numbers

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("media") / "a.mp4", seconds=2, size=(384, 192), gop=10, audio="stereo")


def project_of(film: Path) -> Path:
    """Write a project that plays the film from half a second on."""
    clip: dict[str, Any] = {
        "source": {"kind": "file", "path": str(film)},
        "start": 0,
        "duration": 1,
        "sourceStart": 0.4,
    }
    return write_project(Path("p.json"), width=384, height=192, tracks=[{"kind": "video", "clips": [clip]}])


def test_a_frame_of_a_project_and_of_a_file(film: Path, capsys: Captured) -> None:
    project = project_of(film)
    assert main(["frame", str(project), "-o", "a.png", "--at", "0.2"]) == 0
    assert capsys.readouterr().out.startswith("a.png: frame 5 at 0.200 s, 384×192, ")
    (pixels,) = decode_rgb(Path("a.png"))
    assert read_number(pixels[:, :, 1]) == 15
    assert main(["frame", str(film), "-o", "b.jpg", "--at", "37f", "--width", "192", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["frame"] == 37
    (pixels,) = decode_rgb(Path("b.jpg"))
    assert pixels.shape == (96, 192, 3)
    assert read_number(pixels[:, :, 1]) == 37


def test_what_is_no_file_is_not_waited_for(capsys: Captured) -> None:
    os.mkfifo("pipe.mp4")
    assert main(["frame", "pipe.mp4", "-o", "a.png"]) == 1
    assert "is not a regular file" in capsys.readouterr().err


def test_a_frame_that_cannot_be_written(film: Path, capsys: Captured) -> None:
    assert main(["frame", str(film), "-o", "a.bmp"]) == 2
    assert "a picture is written as .jpg, .webp or .png" in capsys.readouterr().err
    assert main(["frame", str(film), "-o", "a.png", "--at", "now"]) == 2
    assert "--at: 'now' is not seconds or a frame such as 37f" in capsys.readouterr().err
    Path("a.png").write_bytes(b"mine")
    assert main(["frame", str(film), "-o", "a.png"]) == 1
    assert "Choose another name, or add --overwrite" in capsys.readouterr().err
    assert Path("a.png").read_bytes() == b"mine"
    assert main(["frame", "missing.mp4", "-o", "b.png"]) == 1
    assert "missing.mp4" in capsys.readouterr().err
    assert main(["frame", "missing.json", "-o", "b.png"]) == 1
    assert "There is no project file at" in capsys.readouterr().err
    assert sorted(path.name for path in Path().iterdir()) == ["a.png"]


def test_a_frame_is_not_written_over_what_the_project_shows(capsys: Captured) -> None:
    Path("photo.png").write_bytes(b"mine")
    clip = {"source": {"kind": "file", "path": "photo.png"}, "start": 0, "duration": 1}
    project = write_project(Path("p.json"), tracks=[{"kind": "video", "clips": [clip]}])
    assert main(["frame", str(project), "-o", "photo.png", "--overwrite"]) == 1
    assert "it is a source of this project" in capsys.readouterr().err
    assert Path("photo.png").read_bytes() == b"mine"


def test_a_storyboard_on_a_sheet(film: Path, capsys: Captured) -> None:
    arguments = ["storyboard", str(project_of(film)), "-o", "a.png", "--count", "4", "--width", "192", "--plain"]
    assert main([*arguments, "--gap", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[:2] for line in lines[:4]] == [
        ["0.120", "3"],
        ["0.360", "9"],
        ["0.600", "15"],
        ["0.840", "21"],
    ]
    assert lines[4] == "a.png: 4 pictures of 192×96 in 2 rows"
    (sheet,) = decode_rgb(Path("a.png"))
    cells = [sheet[y : y + 96, x : x + 192, 1] for y in (0, 96) for x in (0, 192)]
    assert [read_number(cell) for cell in cells] == [13, 19, 25, 31]
    assert Path("a.vtt").read_text().count("a.png#xywh=") == 4


def test_a_storyboard_says_what_it_could_not_show(film: Path, capsys: Captured) -> None:
    clips: list[dict[str, Any]] = [
        {"source": {"kind": "file", "path": path}, "start": start, "duration": 1}
        for start, path in enumerate((str(film), "gone.mp4"))
    ]
    project = write_project(Path("p.json"), width=384, height=192, tracks=[{"kind": "video", "clips": clips}])
    assert main(["storyboard", str(project), "-o", "a.png", "--count", "2", "--width", "192"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[1] for line in lines[:2]] == ["12", "37"]
    assert lines[1][2] == "a cross: mediaNotFound"


def test_a_storyboard_in_a_folder(film: Path, capsys: Captured) -> None:
    assert main(["storyboard", str(film), "-o", "shots", "--interval", "0.5", "--width", "192"]) == 0
    capsys.readouterr()
    names = ["0001-0.000.jpg", "0002-0.480.jpg", "0003-1.000.jpg", "0004-1.480.jpg"]
    assert sorted(path.name for path in Path("shots").iterdir()) == names
    numbers = [read_number(decode_rgb(Path("shots") / name)[0][:, :, 1]) for name in names]
    assert numbers == [0, 12, 25, 37]
    Path("shots", names.pop(0)).unlink()
    assert main(["storyboard", str(film), "-o", "shots", "--interval", "0.5"]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert sorted(path.name for path in Path("shots").iterdir()) == names


def test_a_clip(film: Path, capsys: Captured) -> None:
    assert main(["clip", str(project_of(film)), "-o", "a.mp4", "--range", "5f:0.8", "--width", "192"]) == 0
    assert capsys.readouterr().out.startswith("a.mp4: 0.6 s of 192×96 with sound, ")
    assert read_numbers(Path("a.mp4")) == list(range(15, 30))
    assert main(["clip", str(film), "-o", "a.avi"]) == 2
    assert "a clip is written as .mp4 or .webm" in capsys.readouterr().err


def test_a_gif(film: Path, capsys: Captured) -> None:
    arguments = ["gif", str(film), "-o", "a.gif", "--range", "0:1", "--width", "192", "--fps", "5"]
    assert main([*arguments, "--loop", "-1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["frames"], found["duration"]) == (5, "1/1")
    frames = decode_rgb(Path("a.gif"))
    assert [read_number(frame[:, :, 1]) for frame in frames] == [0, 5, 10, 15, 20]
    most = found["gif"]["bytes"] // 2
    assert main([*arguments, "--max-size", str(most), "--overwrite"]) == 0
    assert Path("a.gif").stat().st_size <= most
    assert np.shape(decode_rgb(Path("a.gif"))[0])[1] <= 192
    assert main([*arguments, "--max-size", "many", "--overwrite"]) == 2
    assert "'many' is no number of bytes" in capsys.readouterr().err

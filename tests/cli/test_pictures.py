"""`sidecar filmstrip` and `sidecar proxy`, over the real services."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sidecar.cli import main
from tests.harness.media import decode_rgb, make_clip, read_number, read_numbers

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("media") / "a.mp4", seconds=2, size=(384, 192), gop=10)


def test_a_sheet_is_written(clip: Path, tmp_path: Path, capsys: Captured) -> None:
    sheet = tmp_path / "sheet.png"
    assert main(["filmstrip", str(clip), "-o", str(sheet), "--count", "4", "--width", "192", "--exact"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[:2] for line in lines[:4]] == [
        ["0.250", "0.240"],
        ["0.750", "0.720"],
        ["1.250", "1.240"],
        ["1.750", "1.720"],
    ]
    assert lines[4].startswith(f"{sheet}: 4 pictures of 192×96")
    (picture,) = decode_rgb(sheet)
    assert picture.shape == (96, 768, 3)
    assert [read_number(picture[:, left : left + 192, 1]) for left in range(0, 768, 192)] == [6, 18, 31, 43]


def test_a_folder_of_pictures_is_written(clip: Path, tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "pictures"
    arguments = ["filmstrip", str(clip), "-o", str(folder), "--interval", "1", "--format", "webp", "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["cellHeight"] == 90
    assert [path.name for path in sorted(folder.iterdir())] == ["0001-0.000.webp", "0002-1.000.webp"]
    assert decode_rgb(folder / "0002-1.000.webp")[0].shape == (90, 180, 3)


def test_a_target_that_cannot_be_written_is_said(clip: Path, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "file").write_bytes(b"")
    for arguments in (["-o", str(tmp_path / "none" / "a.png")], ["-o", str(tmp_path / "file")]):
        assert main(["filmstrip", str(clip), "--count", "1", *arguments]) == 1
        assert arguments[1] in capsys.readouterr().err


def test_a_proxy_is_made_then_found(clip: Path, tmp_path: Path, capsys: Captured) -> None:
    assert main(["proxy", str(clip), "--height", "96", "--look"]) == 0
    assert capsys.readouterr().out.splitlines() == ["proxy\tnone", "why\tthere is none yet"]
    target = tmp_path / "proxy.mp4"
    assert main(["proxy", str(clip), "--height", "96", "-o", str(target)]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["proxy\tmade", "picture\t192×96, 50 frames"]
    assert read_numbers(target) == list(range(50))
    assert main(["proxy", str(clip), "--height", "96", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cached"] is True
    assert main(["proxy", str(clip)]) == 0
    assert capsys.readouterr().out.splitlines() == ["proxy\tnone", "why\tit is small enough itself"]


@pytest.mark.parametrize(
    ("command", "name"), [(["filmstrip", "--count", "1"], "a.png"), (["proxy", "--height", "96"], "a.mp4")]
)
def test_what_is_there_is_replaced_only_where_that_is_asked(
    clip: Path, tmp_path: Path, capsys: Captured, command: list[str], name: str
) -> None:
    target = tmp_path / name
    target.write_bytes(b"mine")
    command = [command[0], str(clip), *command[1:], "-o", str(target)]
    assert main(command) == 1
    assert "or add --overwrite" in capsys.readouterr().err
    assert target.read_bytes() == b"mine"
    assert main([*command, "--overwrite"]) == 0
    assert decode_rgb(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "home", "work"])


def test_no_proxy_takes_the_place_of_its_film(clip: Path, capsys: Captured) -> None:
    before = clip.read_bytes()
    assert main(["proxy", str(clip), "--height", "96", "-o", str(clip), "--overwrite"]) == 1
    assert "it is a source" in capsys.readouterr().err
    assert clip.read_bytes() == before


def test_pictures_in_a_folder_are_replaced_only_where_that_is_asked(clip: Path, tmp_path: Path) -> None:
    command = ["filmstrip", str(clip), "-o", str(tmp_path / "pictures"), "--count", "2"]
    assert [main(command), main(command), main([*command, "--overwrite"])] == [0, 1, 0]

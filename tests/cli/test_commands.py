"""Commands over the real services, in this process."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sidecar.cli import engine, main
from tests.cli.conftest import write_project
from tests.harness.media import decode_luma, make_clip

Captured = pytest.CaptureFixture[str]


def answer(capsys: Captured) -> Any:
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def test_validate_lists_problems_and_counts_them(capsys: Captured) -> None:
    good = write_project(Path("good.json"))
    assert main(["validate", str(good)]) == 0
    assert "valid: 0 errors, 0 warnings; 25 frames, 1 s at 25 frames/s" in capsys.readouterr().out
    bad = write_project(Path("bad.json"), width=63, background="red")
    assert main(["validate", str(bad), "--media", "none"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[2] for line in lines if line.startswith("error\t")] == ["/width", "/background"]
    assert "not valid: 2 errors" in lines[-1]


def test_validate_as_json_is_the_answer_of_the_wire(capsys: Captured) -> None:
    assert main(["validate", str(write_project(Path("good.json"))), "--json"]) == 0
    found = answer(capsys)
    assert (found["valid"], found["frames"], found["problems"]) == (True, 25, [])


@pytest.mark.parametrize("command", [["validate"], ["plan"], ["render", "-o", "out.mp4"]], ids=lambda c: c[0])
def test_a_project_that_is_not_there(command: list[str], capsys: Captured) -> None:
    assert main([command[0], "missing.json", *command[1:]]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: There is no project file at ")
    assert "Traceback" not in captured.err


def test_a_name_that_is_not_unicode_is_told_as_a_url(clip: Path, capsys: Captured) -> None:
    clip = Path(shutil.copy(clip, "\udcff#.mp4")).absolute()
    assert main(["probe", clip.name, "--json"]) == 0
    assert answer(capsys)["path"] == clip.as_uri()


def test_plan_says_what_would_be_done(capsys: Captured) -> None:
    path = write_project(Path("p.json"))
    assert main(["plan", str(path)]) == 0
    drawing, legend, run, *lines = capsys.readouterr().out.splitlines()
    assert drawing == f"0:00 {'░' * 25} 0:01"
    assert " ".join(legend.split()) == "█ cached 0 ▓ copied 0 ░ to encode 1"
    assert run.split("\t") == ["0.000", "1.000", "25", "1", "to encode"]
    rows = dict(line.split("\t") for line in lines)
    assert rows["picture"] == "64×36 at 25 frames/s, libx264"
    assert rows["duration"] == "1 s, 25 frames"
    assert rows["key"]
    assert main(["plan", str(path), "--range", "0:10f", "--json"]) == 0
    assert answer(capsys)["plan"]["frames"] == 10


def test_plan_names_the_files_it_reads(clip: Path, capsys: Captured) -> None:
    source = {"id": "c1", "source": {"kind": "file", "path": str(clip)}, "start": 0, "duration": 1}
    path = write_project(Path("p.json"), tracks=[{"kind": "video", "clips": [source]}])
    assert main(["plan", str(path)]) == 0
    assert f"reads\t{clip} (c1)" in capsys.readouterr().out


def test_a_range_that_is_none_is_a_mistake_of_the_caller(capsys: Captured) -> None:
    assert main(["plan", str(write_project(Path("p.json"))), "--range", "soon", "--json"]) == 2
    assert answer(capsys)["error"]["data"]["kind"] == "invalidParams"


def test_probe_describes_every_stream(clip: Path, capsys: Captured) -> None:
    assert main(["probe", str(clip), "--index", "keyframes"]) == 0
    rows = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert rows["file"] == str(clip)
    assert rows["video 0"].startswith("h264 ")
    assert ", 192×96, 25 frames/s, " in rows["video 0"]
    assert "yuv420p, 8 bits, limited bt601/" in rows["video 0"]
    assert rows["audio 0"] == "aac LC, 48000 Hz, stereo, default"
    assert int(rows["keyframes"]) >= 1
    assert rows["duration"].startswith("1 s (by ")
    assert rows["tag major_brand"] == "isom"
    assert main(["probe", str(clip), "--refresh", "--json"]) == 0
    assert answer(capsys)["cached"] is False
    assert main(["probe", str(clip), "--json"]) == 0
    assert answer(capsys)["video"][0]["width"] == 192


def test_probe_names_what_is_unusual(tmp_path: Path, capsys: Captured) -> None:
    odd = make_clip(tmp_path / "odd.mov", rotation=90, pixel_aspect="2/1", size=(96, 64), audio=None)
    assert main(["probe", str(odd)]) == 0
    row = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())["video 0"]
    assert "rotated 90°" in row
    assert "shown " in row


def test_probe_of_something_else_is_an_error_with_advice(capsys: Captured) -> None:
    Path("text.mp4").write_text("not media", encoding="utf-8")
    assert main(["probe", "text.mp4"]) == 1
    assert "error: " in capsys.readouterr().err


def test_render_writes_the_file_and_says_so(capsys: Captured) -> None:
    path = write_project(Path("p.json"))
    assert main(["render", str(path), "-o", "out.mp4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("100%" in line for line in lines)
    assert "out.mp4: 25 frames, 1 s" in lines[-1]
    assert sum(1 for _ in decode_luma(Path("out.mp4"))) == 25


def test_render_says_what_it_had_from_the_cache(capsys: Captured) -> None:
    path = write_project(Path("p.json"))
    assert main(["render", str(path), "-o", "one.mp4"]) == 0
    assert "segment" not in capsys.readouterr().out
    assert main(["render", str(path), "-o", "two.mp4"]) == 0
    assert capsys.readouterr().out.endswith("; of 1 segment 1 from the cache\n")


def test_render_takes_a_preset_and_a_number_of_processes(capsys: Captured) -> None:
    project = str(write_project(Path("p.json")))
    assert main(["render", project, "-o", "out.gif", "--preset", "gif", "--jobs", "1"]) == 0
    assert Path("out.gif").read_bytes().startswith(b"GIF89a")
    assert main(["plan", project, "--preset", "gif", "--json"]) == 0
    capsys.readouterr()
    assert main(["plan", project, "--preset", "discrod"]) == 2
    assert "Use discord" in capsys.readouterr().err


def test_a_name_of_another_container_is_refused_before_any_work(capsys: Captured) -> None:
    project = str(write_project(Path("p.json")))
    assert main(["render", project, "-o", "out.gif"]) == 2
    said = capsys.readouterr().err
    assert "out.gif is the name of gif, and mp4 is to be written" in said
    assert "Name it out.mp4, or add --preset gif" in said
    assert main(["render", project, "-o", "out.mp4", "--preset", "gif"]) == 2
    assert main(["render", project, "-o", "out.film"]) == 0
    assert sorted(path.name for path in Path().iterdir()) == ["out.film", "p.json"]


def test_what_is_wrong_with_a_project_is_listed(capsys: Captured) -> None:
    Path("p.json").write_text('{"schema": "timeline/1", "tracks": []}', encoding="utf-8")
    assert main(["render", "p.json", "-o", "out.mp4"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("error: The project is not valid")
    assert any("width is missing" in line for line in said[1:])


def test_presets_are_listed(capsys: Captured) -> None:
    assert main(["presets"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {"mp4", "youtube-1080p", "gif", "archive"} <= {row[0] for row in rows}
    assert main(["presets", "--container", "gif", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["presets"]
    assert [(each["id"], each["export"]["container"]) for each in listed] == [("gif", "gif")]
    assert main(["presets", "--container", "gfi"]) == 2


def test_render_does_not_replace_a_file_unasked(capsys: Captured) -> None:
    path = write_project(Path("p.json"))
    Path("out.mp4").write_text("precious", encoding="utf-8")
    assert main(["render", str(path), "-o", "out.mp4"]) == 1
    assert "add --overwrite" in capsys.readouterr().err
    assert Path("out.mp4").read_text(encoding="utf-8") == "precious"
    assert main(["render", str(path), "-o", "out.mp4", "--overwrite", "--range", "5f:15f", "--json"]) == 0
    job = answer(capsys)
    assert (job["state"], job["result"]["frames"]) == ("completed", 10)
    assert sum(1 for _ in decode_luma(Path("out.mp4"))) == 10


def test_a_render_of_nothing_is_told(capsys: Captured) -> None:
    path = write_project(Path("p.json"), tracks=[])
    assert main(["render", str(path), "-o", "out.mp4", "--json"]) == 1
    assert answer(capsys)["error"]["data"]["kind"] == "nothingToRender"
    assert not Path("out.mp4").exists()


def test_doctor_is_content_with_this_machine(capsys: Captured) -> None:
    assert main(["doctor", "--json"]) == 0
    found = answer(capsys)
    states = {check["name"]: check["state"] for check in found["health"]["checks"]}
    assert states["ffmpeg"] == states["encoders"] == states["fonts"] == states["folders"] == "ok"
    assert found["info"]["ffmpeg"]["version"]


def test_doctor_says_what_to_do_when_ffmpeg_is_not_there(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIDECAR_FFMPEG", str(tmp_path / "none"))
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "ffmpeg\tfailed\t" in shown
    assert "Unset ffmpegPath and SIDECAR_FFMPEG" in shown
    assert main(["render", str(write_project(Path("p.json"))), "-o", "out.mp4"]) == 3
    assert "No usable FFmpeg" in capsys.readouterr().err


def test_a_setting_that_cannot_be_is_told(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIDECAR_MAX_JOBS", "many")
    assert main(["doctor"]) == 2
    assert "SIDECAR_MAX_JOBS" in capsys.readouterr().err


def test_a_fault_of_ours_is_told_without_its_traceback(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(engine.Engine, "request", broken)
    assert main(["doctor"]) == 4
    error = capsys.readouterr().err
    assert "ZeroDivisionError" in error
    assert "Traceback" not in error
    trace = error.split(" under ")[1].split()[0]
    logged = next(line for path in home.rglob("*.jsonl") for line in path.read_text().splitlines() if trace in line)
    assert "Traceback" in json.loads(logged)["traceback"]


def test_demo_project_holds_the_clips_it_is_given(clip: Path, capsys: Captured) -> None:
    from sidecar.cli.demo_project import OwnClip, demo_project

    plain = demo_project()
    assert {track["id"] for track in plain["tracks"]} == {
        "scenes",
        "panels",
        "titles",
        "melody",
        "chord0",
        "chord1",
        "chord2",
        "cues",
    }
    own = [
        OwnClip("a.mp4", Fraction(3), picture=True, sound=False),
        OwnClip("b.mp3", Fraction(30), picture=False, sound=True),
    ]
    tracks = {track["id"]: track for track in demo_project(own)["tracks"]}
    (shown,) = tracks["own"]["clips"]
    assert (shown["duration"], shown["source"]) == ("3", {"kind": "file", "path": "a.mp4", "audioStream": None})
    (heard,) = tracks["sounds"]["clips"]
    assert heard["duration"] == "20"

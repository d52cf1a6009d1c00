"""Commands that spawn a sidecar, and signals to those that do not."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sidecar.cli import main
from tests.cli.conftest import write_project
from tests.harness.patience import PATIENCE
from tests.harness.program import PROGRAM
from tests.harness.terminal import on_terminal

Captured = pytest.CaptureFixture[str]


def test_call_prints_the_answer(capsys: Captured) -> None:
    assert main(["call", "settings.get", '{"keys": ["logLevel"]}']) == 0
    assert json.loads(capsys.readouterr().out)["settings"] == {"logLevel": "info"}


def test_call_reads_params_from_stdin(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"keys": ["locale"]}'))
    assert main(["call", "settings.get", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"] == {"locale": "en"}


def test_call_of_initialize_is_the_first_and_only_one(capsys: Captured) -> None:
    params = {"protocol": 1, "client": {"name": "t", "version": "1"}}
    assert main(["call", "initialize", json.dumps(params)]) == 0
    assert json.loads(capsys.readouterr().out)["server"]["pid"] != os.getpid()


def test_call_shows_progress(capsys: Captured) -> None:
    project = json.loads(write_project(Path("p.json")).read_text())
    params = {"project": {"inline": project}, "output": str(Path("out.mp4").absolute())}
    assert main(["call", "render.start", json.dumps(params), "--progress"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["plan"]["frames"] == 25
    assert all("kind" in json.loads(line) for line in captured.err.splitlines())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["project.gett"], 2, "Did you mean project.get?"),
        (["zzz"], 2, "There is no method 'zzz'"),
        (["media.probe", "{"], 2, "not a JSON object"),
        (["media.probe", '{"path": 1}'], 2, "/path"),
        (["media.probe", '{"path": "missing.mp4"}'], 1, "There is no file"),
    ],
)
def test_call_tells_errors(arguments: list[str], code: int, said: str, capsys: Captured) -> None:
    assert main(["call", *arguments]) == code
    assert said in capsys.readouterr().err


def test_call_tells_errors_as_json(capsys: Captured) -> None:
    assert main(["call", "project.get", '{"projectId": "none"}', "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["data"]["kind"] == "projectNotOpen"
    assert error["data"]["traceId"]


def test_a_sidecar_that_cannot_start_is_a_lost_connection(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIDECAR_MAX_JOBS", "many")
    assert main(["call", "system.info"]) == 4
    assert "ended before it answered" in capsys.readouterr().err


def talk(messages: list[Any], *arguments: str) -> list[Any]:
    """Say some lines to a served sidecar, and return what it says until it ends."""
    said = "".join((m if isinstance(m, str) else json.dumps({"jsonrpc": "2.0", **m})) + "\n" for m in messages)
    done = subprocess.run(
        [str(PROGRAM), "serve", *arguments], input=said, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


INITIALIZE = {
    "id": 0,
    "method": "initialize",
    "params": {"protocol": 1, "client": {"name": "t", "version": "1"}, "processId": os.getpid()},
}


def test_a_recording_replays_alike(capsys: Captured) -> None:
    recording = Path("session.ndjson")
    answers = talk(
        [
            INITIALIZE,
            {"id": 1, "method": "render.presets"},
            {"id": "1", "method": "project.get", "params": {"projectId": "none"}},
            "not json",
        ],
        "--record",
        str(recording),
        "--set",
        "logLevel=error",
    )
    assert len(answers) == 4
    # The process that was recorded as the parent is gone by the time of a replay.
    text = recording.read_text(encoding="utf-8")
    gone = text.replace(f'\\"processId\\": {os.getpid()}', '\\"processId\\": 4194303')
    assert gone != text
    recording.write_text(gone, encoding="utf-8")
    assert main(["replay", str(recording)]) == 0
    assert "4 messages sent, 0 differences" in capsys.readouterr().out


def test_a_difference_is_named(capsys: Captured) -> None:
    recording = Path("session.ndjson")
    talk([INITIALIZE, {"id": 7, "method": "settings.get", "params": {"keys": ["locale"]}}], "--record", str(recording))
    text = recording.read_text(encoding="utf-8")
    recording.write_text(text.replace('\\"locale\\":\\"en\\"', '\\"locale\\":\\"ru\\"'), encoding="utf-8")
    assert main(["replay", str(recording)]) == 1
    shown = capsys.readouterr().out
    assert '7\tsettings.get\t/result/settings/locale\t"ru"\t"en"' in shown
    assert main(["replay", str(recording), "--json"]) == 1
    (difference,) = json.loads(capsys.readouterr().out)
    assert (difference["recorded"], difference["replayed"]) == ("ru", "en")


def test_what_is_no_recording_is_told(capsys: Captured) -> None:
    assert main(["replay", "missing.ndjson"]) == 2
    assert "missing.ndjson" in capsys.readouterr().err
    Path("other.txt").write_text("hello\n", encoding="utf-8")
    assert main(["replay", "other.txt"]) == 1
    assert "line 1" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["effects"], ["presets", "--json"], ["jobs", "list", "--json"]])
def test_a_reader_that_has_had_enough_is_no_fault(arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    argv = [str(PROGRAM), *arguments]
    done = subprocess.run(argv, stdout=write, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_an_interrupted_render_leaves_nothing_behind() -> None:
    source = {"id": "c1", "source": {"kind": "color", "color": "#204080"}, "start": 0, "duration": 600}
    path = write_project(Path("long.json"), width=1920, height=1080, tracks=[{"kind": "video", "clips": [source]}])
    with subprocess.Popen(
        [str(PROGRAM), "render", str(path), "-o", "out.mp4"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("picture"):
                break
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert sorted(p.name for p in Path().iterdir()) == ["long.json"]


def test_a_terminal_gets_a_bar_with_the_time_left() -> None:
    source = {"id": "c1", "source": {"kind": "color", "color": "#204080"}, "start": 0, "duration": 20}
    path = write_project(Path("p.json"), tracks=[{"kind": "video", "clips": [source]}])
    code = f"import sys\nfrom sidecar.cli import main\nsys.exit(main(['render', '{path}', '-o', 'out.mp4']))\n"
    shown = on_terminal(code)
    assert "━" in shown
    assert "500/500" in shown
    assert "ETA" in shown
    assert "\x1b[32m" in shown
    assert "out.mp4: 500 frames, 20 s" in shown

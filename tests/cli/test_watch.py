"""How a render is followed to its end, also to a bad one."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from protocol.commands.render import Job
from protocol.errors import JobState
from sidecar.cli import main, watch
from sidecar.cli.engine import Engine
from sidecar.cli.output import Output
from tests.cli.conftest import write_project
from tests.harness.media import ffmpeg

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An FFmpeg that answers questions and renders nothing."""
    script = tmp_path / "ffmpeg"
    script.write_text(
        f'#!/bin/sh\ncase " $* " in *progress*) echo "Conversion failed" >&2; exit 187;; esac\nexec "{ffmpeg()}" "$@"\n',
        encoding="utf-8",
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("SIDECAR_FFMPEG", str(script))


@pytest.mark.usefixtures("failing")
def test_a_render_that_fails_says_why(capsys: Captured) -> None:
    path = write_project(Path("p.json"))
    assert main(["render", str(path), "-o", "out.mp4"]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert "Traceback" not in captured.err
    assert main(["render", str(path), "-o", "out.mp4", "--json"]) == 1
    captured = capsys.readouterr()
    job = json.loads(captured.out)
    assert (job["state"], job["result"], captured.err) == ("failed", None, "")
    assert job["error"]["data"]["kind"] == "ffmpegFailed"
    assert sorted(entry.name for entry in Path().iterdir()) == ["p.json"]


def test_a_job_that_somebody_else_cancelled_is_no_success(capsys: Captured) -> None:
    plan = {
        "frames": 1,
        "duration": "1/25",
        "segments": 1,
        "cached": 0,
        "copied": 0,
        "encode": 1,
        "framesToEncode": 1,
        "estimatedSeconds": None,
        "estimatedBytes": None,
        "encoder": {"video": None, "audio": None},
    }
    nothing: dict[str, Any] = dict.fromkeys(
        ("position", "startedAt", "endedAt", "progress", "result", "error", "segments")
    )
    shown = {
        **nothing,
        "jobId": "j",
        "state": "cancelled",
        "priority": 0,
        "labels": {},
        "output": "o",
        "createdAt": "t",
        "plan": plan,
        "attempts": 1,
    }
    job = msgspec.convert(shown, Job)
    assert watch._report(job, Output(as_json=False, terminal=False)) == 1
    assert capsys.readouterr().err == "error: Cancelled\n"


async def test_a_job_that_ends_while_it_is_cancelled_is_left_alone() -> None:
    asked: list[str] = []

    class Ended:
        async def request(self, method: str, **params: Any) -> None:
            asked.append(method)
            raise JobState(job_id=params["jobId"], state="completed")

    await watch._cancel(cast("Engine", Ended()), "j")
    assert asked == ["render.cancel"]

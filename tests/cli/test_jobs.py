"""`sidecar jobs`: the queue as it lies on the disk, and the queue of a sidecar that runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import trio

from sidecar.cli import main
from tests.cli.conftest import write_project
from tests.harness.program import sidecar
from tests.harness.spawned import spawned

Captured = pytest.CaptureFixture[str]


def rows(capsys: Captured) -> list[list[str]]:
    captured = capsys.readouterr()
    assert captured.err == ""
    return [line.split("\t") for line in captured.out.splitlines()]


async def leave(home: Path, *names: str, **members: Any) -> None:
    """Have a sidecar take in jobs that wait, and end."""
    home.mkdir(exist_ok=True)
    async with spawned(home) as server:
        project = {"path": str(write_project(home / "p.json"))}
        for name in names:
            target = str(home / f"{name}.mp4")
            await server.request("render.start", project=project, output=target, jobId=name, paused=True, **members)


def test_no_jobs(home: Path, capsys: Captured) -> None:
    assert main(["jobs"]) == 0
    assert rows(capsys) == []
    assert main(["jobs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["jobs", "watch"]) == 0
    assert main(["jobs", "show", "gone"]) == 1
    assert "There is no job 'gone'" in capsys.readouterr().err
    assert main(["jobs", "pause"]) == 2
    assert "name the jobs" in capsys.readouterr().err


def test_jobs_that_a_sidecar_left(home: Path, capsys: Captured) -> None:
    trio.run(leave, home, "one", "two", "three")
    assert main(["jobs", "resume", "one", "two"]) == 0
    assert [row[:2] for row in rows(capsys)] == [["one", "queued"], ["two", "queued"]]
    assert main(["jobs", "move", "two", "--before", "one"]) == 0
    capsys.readouterr()
    assert main(["jobs"]) == 0
    listed = {row[0]: (row[1], row[3]) for row in rows(capsys)}
    assert listed == {"one": ("queued", "2"), "two": ("queued", "1"), "three": ("paused", "")}
    assert main(["jobs", "move", "two", "--priority", "500"]) == 2
    assert "Expected `int` <= 100 - at /priority" in capsys.readouterr().err
    assert main(["jobs", "run"]) == 0
    said = rows(capsys)
    assert [line[0] for line in said if "completed" in line[0]] == [
        f"two completed 100% {home / 'two.mp4'}",
        f"one completed 100% {home / 'one.mp4'}",
    ]
    assert main(["jobs", "cancel", "three"]) == 0
    assert main(["jobs", "remove", "two"]) == 0
    capsys.readouterr()
    assert main(["jobs", "--json"]) == 0
    assert [(job["jobId"], job["state"]) for job in json.loads(capsys.readouterr().out)] == [
        ("three", "cancelled"),
        ("one", "completed"),
    ]
    assert main(["jobs", "show", "one"]) == 0
    shown = dict(rows(capsys))
    assert (shown["state"], shown["frames"], shown["attempts"]) == ("completed", "25", "1")
    assert shown["file"]
    assert main(["jobs", "pause", "one"]) == 1
    assert "Job one is completed" in capsys.readouterr().err


def test_other_commands_leave_jobs_alone(home: Path, capsys: Captured) -> None:
    trio.run(leave, home, "one")
    path = write_project(home / "other.json")
    assert main(["render", str(path), "-o", str(home / "other.mp4")]) == 0
    capsys.readouterr()
    assert main(["jobs"]) == 0
    assert [row[:2] for row in rows(capsys)] == [["one", "paused"]]


async def test_the_jobs_of_a_sidecar_that_runs(tmp_path: Path) -> None:
    async def command(*arguments: str, expect: int = 0) -> str:
        ran = await trio.to_thread.run_sync(lambda: sidecar("jobs", *arguments, home=tmp_path, expect=expect))
        return ran.stdout + ran.stderr

    await leave(tmp_path, "early")
    async with spawned(tmp_path) as server:
        project = {"path": str(write_project(tmp_path / "p.json"))}
        await server.request(
            "render.start", project=project, output=str(tmp_path / "late.mp4"), jobId="late", paused=True
        )
        assert "late\tpaused" in await command()
        assert "A sidecar is running" in await command("run", expect=1)
        await command("resume", "late", "early")
        assert "late completed" in await command("watch", "late", "early")
        assert (await server.request("render.job", jobId="late"))["state"] == "completed"
        assert "Job late is completed" in await command("cancel", "late", expect=1)
        await command("remove", "late")
        assert [job["jobId"] for job in (await server.request("render.jobs"))["jobs"]] == ["early"]

"""One request at a time over pipes, against answers that are written down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import pytest

from protocol.errors import ConnectionLost
from sidecar.cli import call, spawned
from sidecar.cli.spawned import Remote


@contextmanager
def scripted(*answers: dict[str, Any]) -> Iterator[tuple[Remote, IO[bytes]]]:
    """A remote that is answered so, whatever it asks; and what it wrote."""
    asked_read, asked_write = os.pipe()
    answer_read, answer_write = os.pipe()
    with os.fdopen(answer_write, "wb") as out:
        out.writelines(json.dumps({"jsonrpc": "2.0", **answer}).encode() + b"\n" for answer in answers)
    with (
        os.fdopen(answer_read, "rb") as heard,
        os.fdopen(asked_read, "rb") as asked,
        suppress(BrokenPipeError),
        os.fdopen(asked_write, "wb") as said,
    ):
        yield Remote(said, heard), asked


def progress(value: Any, token: int = 1) -> dict[str, Any]:
    return {"method": "$/progress", "params": {"token": token, "value": value}}


def test_progress_comes_before_the_answer() -> None:
    answers = (progress({"kind": "end"}), {"id": 7, "result": 0}, {"id": 1, "result": {"a": 1}})
    seen: list[Any] = []
    with scripted(*answers) as (remote, asked):
        assert remote.request("x", {"b": 2}, seen.append) == ({"a": 1}, None)
        assert json.loads(asked.readline())["params"] == {"b": 2, "progressToken": 1}
    assert seen == [{"kind": "end"}]


def test_progress_that_nobody_asked_for_is_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted(progress({"kind": "end"}), {"id": 1, "result": None}) as (remote, asked):
        assert remote.request("x", {}) == (None, None)
        assert "progressToken" not in json.loads(asked.readline())["params"]
    call._print_progress({"kind": "end"})
    assert capsys.readouterr().err == '{"kind":"end"}\n'


def test_an_end_before_the_answer_is_a_lost_connection() -> None:
    with scripted({"id": 9, "result": 0}) as (remote, asked):
        with pytest.raises(ConnectionLost, match="before it answered x"):
            remote.request("x", {})
        asked.close()
        with pytest.raises(ConnectionLost):
            remote.request("x", {"big": "y" * 100_000})


def test_a_child_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spawned, "GRACE", 0.1)
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def stubborn(_command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        started.append(real([sys.executable, "-c", "import signal; signal.pause()"], **options))
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", stubborn)
    with spawned.child() as process:
        assert process.poll() is None
    assert started[0].returncode == -9


def test_a_refused_initialize_ends_the_spawning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(spawned, "__version__", None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Exception, match="client"), spawned.spawn():
        pytest.fail("it was not refused")

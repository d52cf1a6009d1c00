"""Why an instance cannot work."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import trio

from sidecar.services.monitoring import readiness
from sidecar.services.monitoring.readiness import Readiness, Reason


def looked(folders: list[Path], *, least: int = 0, tool: object = "ffmpeg", unseen: float | None = 0.5) -> Readiness:
    async def look() -> Any:
        return tool

    return Readiness(folders, lambda: least, look, lambda: unseen)


async def test_nothing_is_in_the_way(tmp_path: Path) -> None:
    assert await looked([tmp_path]).reasons() == []
    assert list(tmp_path.iterdir()) == []


async def test_everything_is(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    found = await looked([tmp_path, gone], least=2**62, tool=None, unseen=7.2).reasons()
    assert [each.what for each in found] == [
        "FFmpeg is not there",
        "nothing was looked at lately",
        "a disk is full",
        "a folder cannot be written",
    ]
    assert found[1].detail == "for 7 s"
    assert found[3].detail == f"{gone}: No such file or directory"
    assert not any(str(tmp_path) in each.what for each in found)
    assert await looked([tmp_path], unseen=None).reasons() == [Reason("nothing was looked at lately")]


async def test_a_folder_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    let = threading.Event()
    monkeypatch.setattr(readiness, "FOLDER_SECONDS", 0.05)
    monkeypatch.setattr(readiness, "why_unwritable", lambda _: let.wait() and None)
    ready = looked([tmp_path])
    try:
        assert await ready.reasons() == [Reason("a folder does not answer")]
        # The thread that hangs is the only one that ever does.
        assert await ready.reasons() == [Reason("a folder does not answer")]
        assert ready.limiter.borrowed_tokens == 1
    finally:
        let.set()
    while ready.limiter.borrowed_tokens:
        await trio.lowlevel.checkpoint()

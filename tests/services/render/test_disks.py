"""Disks that fill, and disks that take nothing: real ones, wherever this process may mount them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.media import make_clip
from tests.harness.mounts import may_mount
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE

if may_mount():
    # Elsewhere test_cell_run.py stands for it, where free space is what the test says.

    def test_each_is_a_typed_error_and_the_queue_goes_on(tmp_path: Path) -> None:
        clip = make_clip(
            tmp_path / "clip.mp4",
            picture="testsrc2",
            seconds=12,
            rate="25",
            size=(320, 180),
            filters="noise=alls=30:allf=t",
        )
        command = ["unshare", "--mount", sys.executable, "-m", "tests.services.render.on_disks"]
        done = subprocess.run(
            [*command, str(tmp_path), str(clip)],
            capture_output=True,
            cwd=ROOT,
            timeout=3 * PATIENCE,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        target, cache, read_only = found["full_target"], found["full_cache"], found["read_only"]
        assert target["failed"][:2] == ["failed", "diskFull"]
        assert target["failed"][2] == str(tmp_path / "full_target" / "out" / "film.mp4")
        assert target["left"] == []
        assert cache["failed"][:2] == ["failed", "diskFull"]
        assert cache["left"] == []
        for each in (target, cache):
            assert each["after"][0] == "completed"
            assert each["then"] == ["short.mp4"]
        assert read_only["refused"] == "outputUnwritable"
        assert read_only["failed"][:2] == ["failed", "outputUnwritable"]
        assert read_only["left"] == []
        assert read_only["after"][0] == "completed"


@pytest.mark.parametrize("exit_code", [1, 32])
def test_where_nothing_may_be_mounted_nobody_tries(monkeypatch: pytest.MonkeyPatch, exit_code: int) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], exit_code))
    assert not may_mount()

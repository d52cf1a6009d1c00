"""What the tests of commands share: folders of their own, a clip, and projects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.harness.media import make_clip
from tests.harness.program import environment


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let everything that a sidecar writes lie below a folder of the test, and work in another."""
    for name, value in environment(tmp_path / "home").items():
        if name.startswith("SIDECAR_"):
            monkeypatch.setenv(name, value)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return tmp_path / "home"


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of numbered picture and a tone."""
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=1, audio="stereo")


def project(**changes: Any) -> dict[str, Any]:
    """A project of one second of colour."""
    clip = {"id": "c1", "source": {"kind": "color", "color": "#204080"}, "start": 0, "duration": 1}
    track = {"id": "v1", "kind": "video", "clips": [clip]}
    return {"schema": "timeline/1", "frameRate": "25", "width": 64, "height": 36, "tracks": [track], **changes}


def write_project(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps(project(**changes)), encoding="utf-8")
    return path

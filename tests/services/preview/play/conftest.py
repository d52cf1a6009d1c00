"""What tests of plays share: films that are made once, and plays that do not wait for their reader's clock."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from sidecar.services.preview.play import pace
from tests.harness.flashes import Flashing, make_flashing
from tests.harness.media import make_clip


@pytest.fixture(scope="session")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of numbered frames, 25 a second, with a tone."""
    return make_clip(tmp_path_factory.mktemp("play") / "numbered.mp4", seconds=6, audio="stereo", gop=50, b_frames=2)


@pytest.fixture(scope="session")
def flashing(tmp_path_factory: pytest.TempPathFactory) -> Flashing:
    """Nine seconds of black with a flash and a blip in each."""
    return make_flashing(tmp_path_factory.mktemp("play") / "flashing.mp4", seconds=9, every=25)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have plays run as far ahead of their reader's clock as it reads."""
    monkeypatch.setattr(pace, "LEAD", inf)

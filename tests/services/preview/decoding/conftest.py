"""The clip that feeds of most tests are of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.media import make_clip
from tests.services.preview.decoding.feeding import Reference, reference


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("media") / "a.mp4", seconds=4, gop=50, b_frames=2)


@pytest.fixture(scope="module")
def found(clip: Path) -> Reference:
    return reference(clip)

"""Clips that the builders are tried on, each made when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.harness.media import make_clip

Clips = Callable[[str], Path]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    folder = tmp_path_factory.mktemp("clips")

    def make(name: str) -> Path:
        path = folder / name
        if not path.exists():
            if name == "numbered.mp4":
                make_clip(path, seconds=4, audio="stereo", gop=25, b_frames=2)
            elif name == "red.mp4":
                make_clip(path, seconds=1, picture="#FF0000", size=(320, 180), color=("tv", "bt709", "bt709", "bt709"))
            elif name == "blue.webm":
                make_clip(path, seconds=1, picture="#0000FF", size=(120, 160), rate="30000/1001", audio="mono")
            elif name == "busy.mp4":
                make_clip(path, seconds=2, picture="testsrc2", size=(192, 96))
            elif name == "turned.mp4":
                make_clip(path, seconds=1, size=(192, 96), rotation=90)
            elif name == "tone.wav":
                make_clip(path, seconds=2, picture=None, audio="stereo", sample_rate=44_100)
            elif name == "still.png":
                make_clip(path, picture="#00FF00", size=(64, 64))
        return path

    return make


def gray(picture: np.ndarray) -> np.ndarray:
    return np.asarray(picture.astype(float).mean(axis=2))

"""Renders projects to 8-bit R′G′B′ and holds them against the model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.harness.reference.compositor import composed
from tests.harness.reference.footage import Footage
from tests.harness.reference.judge import Verdict, judged
from tests.harness.rendering import raw_frames

Json = dict[str, Any]
Pictures = NDArray[np.uint8]
"""(frame, row, column, channel)"""

RGB = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "gbrp"}}
DEEP = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "yuv444p10le"}}
YUV = {"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "yuv444p"}}
YUV_ERROR = 1.0
"""Levels that blue may miss when Y′CbCr of 8 bits is shown, over what R′G′B′ may."""


@dataclass(frozen=True, slots=True)
class Films:
    """Where the session's files lie, and what each shows."""

    folder: Path
    footage: dict[str, Footage]


def pictures(raw: Json, folder: Path, window: tuple[int, int] | None = None) -> Pictures:
    """The frames of a project as the encoder of an R′G′B′ file is given them."""
    export = raw["export"]
    if export["video"].get("pixelFormat") != "gbrp":
        return raw_frames(raw, folder, window=window)
    width, height = export.get("width") or raw["width"], export.get("height") or raw["height"]
    planes = raw_frames(raw, folder, window=window, pixel_format="gbrp").reshape(-1, 3, height, width)
    return planes[:, [2, 0, 1]].transpose(0, 2, 3, 1)


def verdicts(raw: Json, films: Films) -> list[Verdict]:
    """One verdict a frame."""
    got, wanted = pictures(raw, films.folder), composed(raw, films.footage)
    assert len(got) == len(wanted), f"{len(got)} frames, {len(wanted)} wanted: {json.dumps(raw)}"
    if raw["export"]["video"].get("pixelFormat") == "yuv444p":
        for frame in wanted:
            frame.error += YUV_ERROR
    return [judged(picture, frame) for picture, frame in zip(got, wanted, strict=True)]


def agree(raw: Json, films: Films) -> None:
    """Fail where a frame of the engine is not that of the model."""
    found = verdicts(raw, films)
    wrong = [f"frame {number}: {verdict}" for number, verdict in enumerate(found) if not verdict.good]
    assert not wrong, "\n".join([*wrong[:4], json.dumps(raw)])

"""Steps of a render that goes through its picture more than once: what is found out first, then the file."""

from __future__ import annotations

from typing import Literal

from protocol.project import Export
from protocol.project.formats import video_codec

Step = Literal["palette", "statistics", "file"]
"""A palette for all frames; how hard each frame is to encode; the file itself."""

SHARED = "../steps"
"""The folder that the steps of a render share, seen from the folder that each command runs in."""

PALETTE = f"{SHARED}/palette.png"
STATISTICS = f"{SHARED}/statistics"

COSTS: dict[Step, float] = {"palette": 0.4, "statistics": 0.25, "file": 1.0}
"""About how long each step takes beside the others."""

OWN_PALETTES = 95
"""Above this quality every frame of a GIF has colours of its own, and none has to be found before."""


def steps_of(export: Export) -> tuple[Step, ...]:
    """Return the steps of an export, in order; the last one writes the file."""
    video = export.video
    if video is None:
        return ("file",)
    if video_codec(export) == "gif":
        return ("file",) if video.quality > OWN_PALETTES else ("palette", "file")
    if video.rate_control == "bitrate" and video.passes == 2:
        return ("statistics", "file")
    return ("file",)

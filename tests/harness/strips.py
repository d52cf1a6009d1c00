"""The picture of one clip, before anything is done to it: the strip that `open_clip` makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from protocol.project import Project
from sidecar.core.timeline import Item, Timeline, resolve
from sidecar.ffmpeg.builder.catalogue import Catalogue
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.emit import emit
from sidecar.ffmpeg.builder.graph import node
from sidecar.ffmpeg.builder.picture.clips import open_clip
from sidecar.ffmpeg.builder.picture.convert import formats
from sidecar.ffmpeg.builder.picture.scene import Canvas, Scene
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.text import bundled_fonts
from tests.harness.commands import output_of
from tests.harness.rendering import facts_of, project


def opened(
    clip: Mapping[str, Any], base: Path, *, rate: str = "25", facts: Mapping[str, Any] | None = None, **members: Any
) -> tuple[Timeline, Item]:
    """Resolve a project of one clip. `facts` are those of its file, where they are not to be probed."""
    decoded = msgspec.convert(project({"clips": [clip]}, rate=rate, **members), Project)
    timeline = resolve(decoded, facts or facts_of(decoded, base))
    return timeline, timeline.video[0].items[0]


def strip(
    timeline: Timeline, item: Item, base: Path, span: tuple[int, int] | None = None, *, pixel_format: str | None = None
) -> NDArray[np.uint8]:
    """Run the strip of a clip over project frames [first, end) and return its frames as flat planes, one a row."""
    first, end = span or (item.first, item.end)
    scene = _scene(timeline)
    opened_clip = open_clip(item, scene, (first, end))
    stream = opened_clip.picture.stream
    if pixel_format is not None:
        stream = node("format", stream, pix_fmts=pixel_format)
    command = Command(
        outputs=(Output((stream,), (("f", "rawvideo"), ("fps_mode", "passthrough")), "pipe:1"),),
        files=scene.files.all(),
        globals_=(("copyts", None),),
    )
    frames = 1 if opened_clip.still else end - first
    return np.frombuffer(output_of(command, base), np.uint8).reshape(frames, -1)


@dataclass(frozen=True)
class Asked:
    """What a whole clip asks of its process: names of the files it opens, bytes of pictures that it holds."""

    inputs: tuple[str, ...]
    held: int


def asked(timeline: Timeline, item: Item) -> Asked:
    """Build the strip of a whole clip and say what it asks; nothing is run."""
    emitted = emit((open_clip(item, _scene(timeline), (item.first, item.end)).picture.stream,))
    return Asked(tuple(Path(each.url).name for each in emitted.inputs), emitted.held)


def _scene(timeline: Timeline) -> Scene:
    canvas = Canvas((timeline.width, timeline.height), (1.0, 1.0))
    return Scene(timeline, canvas, formats("yuv420p"), Resources(bundled_fonts(), Catalogue()))

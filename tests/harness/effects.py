"""Runs effects by themselves, over frames that a test holds as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from protocol.project import Effect
from protocol.project.check import check
from sidecar.core.timeline import Timeline, resolve
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import Input, InputStream, node
from sidecar.ffmpeg.builder.picture.convert import formats
from sidecar.ffmpeg.builder.picture.effects import Owned, apply_effects
from sidecar.ffmpeg.builder.picture.scene import Canvas, Scene
from sidecar.ffmpeg.builder.resources import Resources
from tests.harness.commands import output_of
from tests.harness.rendering import RESOURCES, clip, project

RATE = Fraction(25)
Frames = NDArray[np.uint8] | NDArray[np.uint16]
"""(frame, height, width, channel): R, G, B, and alpha where there are four; colour multiplied by it."""

_ORDER = {3: [1, 2, 0], 4: [1, 2, 0, 3]}
_BACK = {3: [2, 0, 1], 4: [2, 0, 1, 3]}


def effect(kind: str, parameters: Mapping[str, Any] | None = None, **members: Any) -> Effect:
    """Write an effect."""
    return msgspec.convert({"type": kind, "parameters": dict(parameters or {}), **members}, Effect)


def format_of(frames: Frames) -> str:
    """Return the working format of an array."""
    return ("gbrap" if frames.shape[3] == 4 else "gbrp") + ("16le" if frames.dtype == np.uint16 else "")


def deepened(frames: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return the same picture in 16 bits."""
    return (frames.astype(np.uint16) * 257).astype(np.uint16)


def applied(
    frames: Frames,
    effects: Sequence[Effect],
    work: Path,
    *,
    first: int = 0,
    owner: tuple[int, int] | None = None,
    scale: float = 1.0,
    resources: Resources = RESOURCES,
    rate: Fraction = RATE,
) -> Frames:
    """Apply effects to frames, the first of which is frame `first` of the owner's clock.

    `owner` are the owner's first and end frame; left out, they are those of the frames.
    """
    count, height, width, _ = frames.shape
    pixel_format = format_of(frames)
    scene = scene_of((width, height), resources, rate, deep=frames.dtype == np.uint16)
    planar = np.ascontiguousarray(frames[..., _ORDER[frames.shape[3]]].transpose(0, 3, 1, 2))
    (work / "given.raw").write_bytes(planar.tobytes())
    source = Input(
        "given.raw",
        (
            ("f", "rawvideo"),
            ("pixel_format", pixel_format),
            ("video_size", f"{width}x{height}"),
            ("framerate", f"{rate}"),
        ),
    )
    stream = node("settb", InputStream(source, "video", 0), expr=1 / rate)
    stream = node(
        "setparams",
        node("setsar", stream, sar=1),
        range="full",
        colorspace="gbr",
        alpha_mode="premultiplied" if pixel_format.startswith("gbrap") else None,
    )
    low, high = owner or (first, first + count)
    done = apply_effects(
        stream,
        effects,
        scene=scene,
        owner=Owned("/tracks/0/clips/0", low, high),
        first=first,
        frames=count,
        size=(width, height),
        scale=scale,
        pixel_format=pixel_format,
    )
    options = (("f", "rawvideo"), ("fps_mode", "passthrough"), ("pix_fmt", done.pixel_format))
    out = output_of(Command((Output((done.stream,), options, "pipe:1"),), files=scene.files.all()), work)
    channels = 4 if done.pixel_format.startswith("gbrap") else 3
    planes = np.frombuffer(out, frames.dtype).reshape(-1, channels, done.size[1], done.size[0])
    assert len(planes) == count, f"{len(planes)} frames of {count}"
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)[..., _BACK[channels]])


def scene_of(size: tuple[int, int], resources: Resources, rate: Fraction, *, deep: bool) -> Scene:
    """Return a scene of a project of this size and rate."""
    timeline = _timeline(size, rate)
    final = formats("yuv444p10le" if deep else "yuv420p")
    return Scene(timeline, Canvas(size, (1.0, 1.0)), final, resources)


def _timeline(size: tuple[int, int], rate: Fraction) -> Timeline:
    even = size[0] + size[0] % 2, size[1] + size[1] % 2
    checked = check(project({"clips": [clip("#000000")]}, rate=f"{rate}", size=even))
    assert checked.project is not None
    return resolve(checked.project, {})

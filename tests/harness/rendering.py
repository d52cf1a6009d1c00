"""Renders small projects: from a dict to a file, or to raw frames, by the same path as the service takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocol.project import Project
from protocol.project.check import check
from sidecar.core.source import SourceFacts
from sidecar.core.timeline import Timeline, output_span, range_problems, resolve, source_path, unsupported
from sidecar.effects import catalogue
from sidecar.effects.validation import catalogue_problems
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import node
from sidecar.ffmpeg.builder.render import build_render
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.steps import SHARED, steps_of
from sidecar.ffmpeg.builder.text import bundled_fonts
from sidecar.services.media.reader import probe_file
from tests.harness.commands import output_of

RESOURCES = Resources(bundled_fonts(), catalogue())
"""The bundled fonts, and every kind of effect and transition."""


def project(
    *tracks: Mapping[str, Any], rate: str = "25", size: tuple[int, int] = (192, 96), **members: Any
) -> dict[str, Any]:
    """Write a project without sound; a track without `kind` is a video track."""
    return {
        "schema": "timeline/1",
        "frameRate": rate,
        "width": size[0],
        "height": size[1],
        "tracks": [{"kind": "video", **track} for track in tracks],
        "export": {"container": "mkv", "audio": None, "video": {"codec": "ffv1"}},
        **members,
    }


def clip(
    source: str | Mapping[str, Any], start: float | str = 0, duration: float | str = 1, **members: Any
) -> dict[str, Any]:
    """Write a clip: of a file by its path, of a colour by "#RRGGBB", or of any source."""
    if isinstance(source, str):
        source = {"kind": "color", "color": source} if source.startswith("#") else {"kind": "file", "path": source}
    return {"source": dict(source), "start": start, "duration": duration, **members}


def facts_of(decoded: Project, base: Path) -> dict[str, SourceFacts]:
    """Probe every file of a project."""
    media = {entry.id: entry for entry in decoded.media}
    found = {}
    for track in decoded.tracks:
        for item in getattr(track, "clips", ()):
            path = source_path(item.source, media) if item.source.__class__.__name__ == "FileSource" else None
            if path is not None and path not in found:
                probed = probe_file((base / path).resolve(), "keyframes")
                assert probed.facts is not None
                found[path] = probed.facts
    return found


def timeline_of(raw: Mapping[str, Any], base: Path) -> Timeline:
    """Resolve a project that has no errors."""
    checked = check(raw)
    assert checked.project is not None, checked.problems
    found = [*checked.problems, *unsupported(checked.project), *catalogue_problems(checked.project, catalogue())]
    errors = [problem for problem in found if problem.severity == "error"]
    assert not errors, errors
    timeline = resolve(checked.project, facts_of(checked.project, base))
    errors = [problem for problem in range_problems(timeline) if problem.severity == "error"]
    assert not errors, errors
    return timeline


def render(raw: Mapping[str, Any], base: Path, target: Path) -> Command:
    """Render a project to a file, step by step; return the command of the last one."""
    timeline = timeline_of(raw, base)
    export = timeline.project.export
    (base / SHARED).resolve().mkdir(exist_ok=True)
    for step in steps_of(export):
        command = build_render(timeline, export, target=str(target), resources=RESOURCES, step=step)
        output_of(command, base)
    return command


def raw_frames(
    raw: Mapping[str, Any], base: Path, *, window: tuple[int, int] | None = None, pixel_format: str = "rgb24"
) -> NDArray[np.uint8]:
    """Compose a project and return its frames as (frame, height, width, channel), or flat planes a frame.

    In rgb24 they are what a player shows of what the encoder is given.
    """
    timeline = timeline_of(raw, base)
    export = timeline.project.export
    command = build_render(timeline, export, target="-", resources=RESOURCES, window=window)
    picture = command.outputs[0].streams[0]
    scaled = node("scale", picture, in_color_matrix="bt709", in_range="limited", flags="accurate_rnd+full_chroma_int")
    shown = picture if pixel_format == export_format(timeline) else node("format", scaled, pix_fmts=pixel_format)
    options = (("f", "rawvideo"), ("fps_mode", "passthrough"))
    command = replace(command, outputs=(Output((shown,), options, "pipe:1"),))
    span = output_span(timeline, export, window)
    data = np.frombuffer(output_of(command, base), np.uint8)
    if pixel_format != "rgb24":
        return data.reshape(span.frames, -1)
    return data.reshape(span.frames, span.height, span.width, 3)


def export_format(timeline: Timeline) -> str:
    """Return the pixel format of the export."""
    video = timeline.project.export.video
    assert video is not None
    return video.pixel_format

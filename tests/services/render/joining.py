"""Renders made twice for a test: in one piece, and as cells that are joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np

from protocol.project import Export
from protocol.project.formats import audio_codec
from sidecar.core.timeline import OutputSpan, Timeline, output_span
from sidecar.ffmpeg.builder.cells import build_run
from sidecar.ffmpeg.builder.chapters import chapters_of
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.encode import audio_options
from sidecar.ffmpeg.builder.render import build_render, soundtrack
from sidecar.ffmpeg.builder.sound.encoded import INTERMEDIATES
from sidecar.services.render.join import join
from sidecar.services.render.join_pieces import EncodedPiece
from tests.harness.commands import run_command
from tests.harness.rendering import RESOURCES, timeline_of

TOGETHER = 10
"""Cells that one process encodes."""


@dataclass(frozen=True, slots=True)
class Made:
    """A render: its cells, the encoded sound if it has any, and what a join has to know."""

    timeline: Timeline
    export: Export
    span: OutputSpan
    pieces: tuple[EncodedPiece, ...]
    sound: Path | None
    subtitles: tuple[Path, ...] = ()

    def join(self, target: Path) -> Path:
        """Join all cells."""
        chapters = chapters_of(self.timeline, self.export, self.span)
        sound, subtitles = self.sound, self.subtitles
        join(self.pieces, target, self.export, self.span, sound=sound, subtitles=subtitles, chapters=chapters)
        return target

    def whole(self, target: Path) -> Path:
        """Render in one piece."""
        command = build_render(self.timeline, self.export, target=str(target), resources=RESOURCES)
        run_command(command, target.parent)
        return target


def make(raw: dict[str, Any], folder: Path, places: Sequence[int] | None = None) -> Made:
    """Encode the cells of a project, cut at some frames, and its sound."""
    timeline = timeline_of(raw, folder)
    export = timeline.project.export
    span = output_span(timeline, export)
    spans = list(pairwise(places or (0, 1, 3, span.frames // 2, span.frames)))
    sinks = [folder / f"cell-{first}" for first, _ in spans]
    for start in range(0, len(spans), TOGETHER):
        part = slice(start, start + TOGETHER)
        run_command(build_run(timeline, export, RESOURCES, spans[part], [str(sink) for sink in sinks[part]]), folder)
    pieces = tuple(EncodedPiece(sink, end - first) for sink, (first, end) in zip(sinks, spans, strict=True))
    return Made(timeline, export, span, pieces, _sound(timeline, export, span, folder))


def _sound(timeline: Timeline, export: Export, span: OutputSpan, folder: Path) -> Path | None:
    codec = audio_codec(export)
    if codec is None or export.audio is None:
        return None
    mixed = soundtrack(timeline, export, span, RESOURCES)
    muxer = INTERMEDIATES[export.container]
    options = (*audio_options(export.audio, codec), ("fflags", "+bitexact"), ("flags:a", "+bitexact"), ("f", muxer))
    target = folder / "sound"
    command = Command((Output((mixed.stream,), options, str(target)),), mixed.files, globals_=(("copyts", None),))
    run_command(command, folder)
    return target


def hashes(path: Path) -> list[str]:
    """Return a hash of every decoded frame."""
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            digest = sha256(frame.format.name.encode())
            packed = len(frame.planes) == 1
            size = frame.format.padded_bits_per_pixel // 8 if packed else 1 + (frame.format.components[0].bits > 8)
            for plane in frame.planes:
                rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
                digest.update(rows[:, : plane.width * size].tobytes())
            found.append(digest.hexdigest())
    return found


def facts(path: Path) -> dict[str, Any]:
    """Return what a file says of itself and of its streams, and the times of all packets of its picture."""
    with av.open(str(path)) as container:
        chapters = [
            (str(each["time_base"]), each["start"], each["end"], each["metadata"]) for each in container.chapters()
        ]
        found: dict[str, Any] = {"format": container.format.name, "tags": container.metadata, "chapters": chapters}
        found["length"] = container.duration
        for stream in container.streams:
            found |= {f"{stream.index} {name}": value for name, value in _stream(stream).items()}
        packets = [packet for packet in container.demux(video=0) if packet.size]
        found["pts"] = sorted(packet.pts or 0 for packet in packets)
        found["dts"] = [packet.dts for packet in packets]
        found["durations"] = {packet.duration for packet in packets}
    return found


def _stream(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    found = {"type": stream.type, "start": stream.start_time, "disposition": int(stream.disposition)}
    # Matroska writes how long each stream is among the tags, in its own words.
    found["tags"] = {name: value for name, value in stream.metadata.items() if name != "DURATION"}
    if context is None:
        return found
    found |= {"codec": context.name, "profile": context.profile, "time base": stream.time_base}
    if stream.type == "subtitle":
        return found
    if stream.type == "audio":
        return {**found, "rate": context.sample_rate, "layout": context.layout.name, "length": stream.duration}
    return {
        **found,
        "tag": context.codec_tag,
        "rate": (stream.average_rate, stream.base_rate),
        "frames": stream.frames,
        "picture": (context.pix_fmt, context.width, context.height, context.sample_aspect_ratio),
        "colour": (context.color_range, context.colorspace, context.color_primaries, context.color_trc),
        "bits": context.bits_per_coded_sample,
        "fields": context.field_order,
    }

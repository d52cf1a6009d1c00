"""A timeline as the one command that renders it."""

from __future__ import annotations

from protocol.errors import NothingToRender, ResourceLimit
from protocol.project import AudioExport, Export
from protocol.project.formats import audio_codec, video_codec
from protocol.time import sample_at_frame
from sidecar.core.timeline import OutputSpan, Timeline, output_span
from sidecar.ffmpeg.builder.command import Command, Output, SideFile, arguments
from sidecar.ffmpeg.builder.encode import SAMPLE_FORMATS, output_options
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture import build_picture
from sidecar.ffmpeg.builder.sound import build_sound, export_sound, silence
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT, FontSet

MAX_FILTERS = 2_000
"""Filters that one process is given."""


def build_render(
    timeline: Timeline, export: Export, *, target: str, fonts: FontSet, window: tuple[int, int] | None = None
) -> Command:
    """Build the command that writes an export of a timeline to `target`.

    `window` (project frames, half open) takes the place of the export's range.

    Raises NothingToRender for a window without frames, ResourceLimit for a timeline that one process cannot take.
    """
    span = output_span(timeline, export, window)
    if span.frames == 0:
        raise NothingToRender
    streams: list[Stream] = []
    files: tuple[SideFile, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    if export.video is not None and video_codec(export) is not None:
        picture = build_picture(timeline, export, export.video, span, fonts)
        streams.append(picture.stream)
        files, environment = picture.files, FONT_ENVIRONMENT if picture.text else ()
    codec = audio_codec(export)
    if export.audio is not None and codec is not None:
        streams.append(_soundtrack(timeline, export.audio, SAMPLE_FORMATS[codec], span))
    command = Command(
        outputs=(Output(tuple(streams), output_options(export, span.rate), target),),
        files=files,
        globals_=(("copyts", None),),
        frames=span.frames if export.video is not None else None,
        environment=environment,
    )
    filters = arguments(command).filters
    if filters > MAX_FILTERS:
        raise ResourceLimit(what="filters of one process", value=filters, limit=MAX_FILTERS)
    return command


def _soundtrack(timeline: Timeline, audio: AudioExport, wanted: str, span: OutputSpan) -> Stream:
    """Mix the sound of a span as the encoder takes it, as long as the picture to the sample."""
    window = (span.first, span.end)
    mixed = build_sound(timeline, window) or silence(timeline, window)
    length = sample_at_frame(span.frames, span.rate, audio.sample_rate)
    sound = export_sound(mixed, timeline, channels=audio.channels, rate=audio.sample_rate, length=length)
    if wanted == "s16":
        return node("aresample", sound, osf=wanted, dither_method="triangular")
    return sound if wanted == "fltp" else node("aresample", sound, osf=wanted)

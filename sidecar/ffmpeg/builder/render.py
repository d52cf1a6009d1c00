"""A timeline as the one command that renders it."""

from __future__ import annotations

from protocol.errors import NothingToRender
from protocol.project import AudioExport, Export
from protocol.project.formats import audio_codec, video_codec
from protocol.time import sample_at_frame
from sidecar.core.timeline import OutputSpan, Timeline, output_span
from sidecar.ffmpeg.builder.chapters import chapter_file, chapter_input
from sidecar.ffmpeg.builder.command import Command, Output, SideFile
from sidecar.ffmpeg.builder.encode import SAMPLE_FORMATS, output_options
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture import Composed, build_picture
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sound import Mixed, build_sound, export_sound, silence
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT


def build_render(
    timeline: Timeline, export: Export, *, target: str, resources: Resources, window: tuple[int, int] | None = None
) -> Command:
    """Build the one command that writes an export of a timeline to `target`, however much it asks of its process.

    `window` (project frames, half open) takes the place of the export's range. `staged` shares the same work out
    among processes. Raises NothingToRender for a window without frames.
    """
    span = output_span(timeline, export, window)
    if span.frames == 0:
        raise NothingToRender
    picture: Composed | None = None
    if export.video is not None and video_codec(export) is not None:
        picture = build_picture(timeline, export, export.video, span, resources)
    return encode_command(
        None if picture is None else picture.stream,
        timeline,
        export,
        span,
        resources,
        target=target,
        files=() if picture is None else picture.files,
        environment=FONT_ENVIRONMENT if picture is not None and picture.text else (),
    )


def encode_command(
    picture: Stream | None,
    timeline: Timeline,
    export: Export,
    span: OutputSpan,
    resources: Resources,
    *,
    target: str,
    files: tuple[SideFile, ...] = (),
    environment: tuple[tuple[str, str], ...] = (),
) -> Command:
    """Encode a finished picture, and the sound of the span beside it."""
    streams = [] if picture is None else [picture]
    codec = audio_codec(export)
    if export.audio is not None and codec is not None:
        mixed = soundtrack(timeline, export.audio, SAMPLE_FORMATS[codec], span, resources)
        streams.append(mixed.stream)
        files = (*files, *mixed.files)
    chapters = chapter_file(timeline, export, span)
    options = output_options(export, span.rate, chapters=chapters is not None)
    return Command(
        outputs=(Output(tuple(streams), options, target),),
        files=files if chapters is None else (*files, chapters),
        globals_=(("copyts", None),),
        extra_inputs=() if chapters is None else (chapter_input(),),
        frames=None if picture is None else span.frames,
        environment=environment,
    )


def soundtrack(timeline: Timeline, audio: AudioExport, wanted: str, span: OutputSpan, resources: Resources) -> Mixed:
    """Mix the sound of a span as the encoder takes it, as long as the picture to the sample."""
    window = (span.first, span.end)
    mixed = build_sound(timeline, window, resources) or Mixed(silence(timeline, window), ())
    length = sample_at_frame(span.frames, span.rate, audio.sample_rate)
    sound = export_sound(mixed.stream, timeline, window, channels=audio.channels, rate=audio.sample_rate, length=length)
    if wanted == "s16":
        sound = node("aresample", sound, osf=wanted, dither_method="triangular")
    elif wanted != "fltp":
        sound = node("aresample", sound, osf=wanted)
    return Mixed(sound, mixed.files)

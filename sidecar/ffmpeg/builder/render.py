"""A timeline as the one command that renders it."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.errors import NothingToRender
from protocol.project import Export, VideoExport
from protocol.project.formats import audio_codec, video_codec
from protocol.time import sample_at_frame
from sidecar.core.timeline import OutputSpan, Timeline, output_span
from sidecar.ffmpeg.builder.caption_streams import embedded
from sidecar.ffmpeg.builder.chapters import chapter_file, chapter_input
from sidecar.ffmpeg.builder.command import Command, Output, SideFile
from sidecar.ffmpeg.builder.encode import SAMPLE_FORMATS, output_options
from sidecar.ffmpeg.builder.encode_hardware import Options, as_uploaded, device_options
from sidecar.ffmpeg.builder.encode_video import video_options
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture import Composed, build_picture
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sidefiles import SideFiles, Sketched
from sidecar.ffmpeg.builder.sound import Mixed, build_sound, export_sound, silence
from sidecar.ffmpeg.builder.sound.export import Levelling, levelling_of
from sidecar.ffmpeg.builder.sound.loudness import mix_stream
from sidecar.ffmpeg.builder.sound.rows import cut, exact
from sidecar.ffmpeg.builder.steps import PALETTE, Step
from sidecar.ffmpeg.builder.stills import as_encoded, palette_for, palette_of
from sidecar.ffmpeg.builder.tags import source_tags
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT

UNFRAMED = ("pcm_s16le", "pcm_s24le", "pcm_f32le")
FRAME = 1_024
"""Samples a packet where the codec does not say, and a draw of dither: neither depends on how the sound was mixed."""


PRIMING = {"mp3": 1_105, "aac": 1_024}
"""Samples that come out of a decoder before the first that went into the encoder.

AVI cannot say so, and players sound everything late. There the encoder is given that much less at the beginning, in
the place of which the priming is heard: nearly silence, for 23 ms.
"""


@dataclass(frozen=True, slots=True)
class Track:
    """A finished mix: where its floats are read, and how it is levelled."""

    url: str
    levelling: Levelling


def build_render(
    timeline: Timeline,
    export: Export,
    *,
    target: str,
    resources: Resources,
    window: tuple[int, int] | None = None,
    track: Track | None = None,
    sketch: bool = False,
    step: Step = "file",
) -> Command:
    """Build the one command that writes an export of a timeline to `target`, however much it asks of its process.

    `window` (project frames, half open) takes the place of the export's range; `track` is the finished mix, None: it
    is mixed here, at the loudness that it has. `sketch`: the command is not run, so its large files are described in
    a line instead of made. `staged` shares the same work out among processes. Raises
    NothingToRender for a window without frames.
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
        track=track,
        sketch=sketch,
        step=step,
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
    track: Track | None = None,
    sketch: bool = False,
    step: Step = "file",
) -> Command:
    """Encode a finished picture, and the sound of the span beside it: that of `track`, or mixed here.

    Another `step` than "file" writes what the steps after it need, from the picture alone.
    """
    device: Options = ()
    if picture is not None and export.video is not None:
        if step != "file":
            return _before(picture, export, export.video, span, step, files=files, environment=environment)
        picture = as_uploaded(as_encoded(picture, export, export.video), export, export.video)
        device = device_options(export.video)
    streams = [] if picture is None else [picture]
    wanted: tuple[float, float] | None = None
    if export.audio is not None and audio_codec(export) is not None:
        mixed = soundtrack(timeline, export, span, resources, track, sketch=sketch)
        streams.append(mixed.stream)
        files = (*files, *mixed.files)
        if export.audio.loudness is not None and track is None:
            wanted = export.audio.loudness.target, export.audio.loudness.true_peak
    chapters = chapter_file(timeline, export, span)
    marked = () if chapters is None else (chapter_input(),)
    subtitles = embedded(timeline, export, span, first=len(marked))
    options = output_options(export, span.rate, chapters=chapters is not None, tags=source_tags(timeline, export, span))
    return Command(
        outputs=(Output(tuple(streams), (*subtitles.options, *options), target),),
        files=(*files, *(() if chapters is None else (chapters,)), *subtitles.files),
        globals_=(*device, ("copyts", None)),
        extra_inputs=(*marked, *subtitles.inputs),
        frames=None if picture is None else span.frames,
        environment=environment,
        loudness=wanted,
        decided=_decided(export),
    )


def _before(
    picture: Stream,
    export: Export,
    video: VideoExport,
    span: OutputSpan,
    step: Step,
    *,
    files: tuple[SideFile, ...],
    environment: tuple[tuple[str, str], ...],
) -> Command:
    """Build a step that comes before the file: it finds the palette, or writes the statistics of a first pass."""
    nothing = (("f", "null"),)
    codec = video_codec(export)
    if step == "palette":
        # Counted by an output of its own: the palette's frame comes when all is over.
        counted = Output((picture,), (("c:v", "wrapped_avframe"), ("fps_mode", "passthrough"), *nothing), "-")
        options = (("c:v", "png"), ("frames:v", "1"), ("update", "1"), ("fflags", "+bitexact"), ("f", "image2"))
        outputs: tuple[Output, ...] = (counted, Output((palette_for(picture, video),), options, PALETTE))
    elif codec is not None:
        options_ = video_options(video, export, codec, span.rate, step)
        outputs = (Output((picture,), (*options_, ("flags:v", "+bitexact"), *nothing), "-"),)
    else:
        raise AssertionError("only a picture has steps")
    return Command(
        outputs=outputs, files=files, globals_=(("copyts", None),), frames=span.frames, environment=environment
    )


def _decided(export: Export) -> tuple[tuple[str, str], ...]:
    """Name what earlier steps are told, and what later ones are held to."""
    video = export.video
    if video is None:
        return ()
    if video_codec(export) == "gif":
        return (("palette", str(palette_of(video))),)
    return (("size", str(video.size_limit)),) if video.rate_control == "size" else ()


def soundtrack(
    timeline: Timeline,
    export: Export,
    span: OutputSpan,
    resources: Resources,
    track: Track | None = None,
    *,
    sketch: bool = False,
) -> Mixed:
    """Return the sound of a span as the encoder takes it, as long as the picture to the sample."""
    audio, codec = export.audio, audio_codec(export)
    if audio is None or codec is None:
        raise AssertionError("an export without sound has no soundtrack")
    window = (span.first, span.end)
    if track is None:
        files = Sketched() if sketch else SideFiles()
        mixed = build_sound(timeline, window, resources, files) or Mixed(silence(timeline, window), ())
    else:
        mixed = Mixed(mix_stream(track.url, timeline), ())
    sound = export_sound(
        mixed.stream,
        timeline,
        window,
        channels=audio.channels,
        rate=audio.sample_rate,
        length=sample_at_frame(span.frames, span.rate, audio.sample_rate),
        levelling=levelling_of(audio) if track is None else track.levelling,
    )
    if export.container == "avi" and codec in PRIMING:
        length = sample_at_frame(span.frames, span.rate, audio.sample_rate)
        sound = exact(cut(sound, PRIMING[codec], length), length)
    wanted = SAMPLE_FORMATS[codec]
    if wanted == "s16" or codec in UNFRAMED:
        sound = node("asetnsamples", sound, n=FRAME, p=0)
    if wanted == "s16":
        sound = node("aresample", sound, osf=wanted, dither_method="triangular")
    elif wanted != "fltp":
        sound = node("aresample", sound, osf=wanted)
    return Mixed(sound, mixed.files)

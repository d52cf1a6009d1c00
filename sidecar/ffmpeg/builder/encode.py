"""Export settings as FFmpeg output options."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from protocol.project import AudioExport, Export
from protocol.project.export import AudioCodec
from protocol.project.formats import AUDIO_CODECS, CONTAINERS, audio_codec, video_codec
from sidecar.ffmpeg.builder.encode_video import Options, video_encoder, video_options
from sidecar.ffmpeg.builder.tags import own_tags
from sidecar.ffmpeg.codecs import AUDIO_ENCODERS, MUXERS

SAMPLE_FORMATS: dict[AudioCodec, str] = {
    "aac": "fltp",
    "opus": "flt",
    "mp3": "fltp",
    "flac": "s16",
    "pcm_s16le": "s16",
    "pcm_s24le": "s32",
    "pcm_f32le": "flt",
    "vorbis": "fltp",
}
"""What each encoder takes."""

FAST_AAC = 64_000
"""Bits a second and channel from which on FFmpeg's quick search leaves less noise than its usual one."""


def encoders_of(export: Export) -> tuple[str | None, str | None]:
    """FFmpeg's names of the encoders of picture and sound; None where the export has none."""
    picture, sound = video_codec(export), audio_codec(export)
    return (
        None if picture is None or export.video is None else video_encoder(export.video, picture),
        None if sound is None else AUDIO_ENCODERS[sound],
    )


def output_options(
    export: Export, rate: Fraction, *, chapters: bool = False, tags: Sequence[tuple[str, str]] = ()
) -> Options:
    """All options of the output: encoders, muxer, tags. `rate` is that of its picture.

    `chapters`: the command's first input holds the chapters; `tags` stand under the project's own.
    """
    options: list[tuple[str, str | None]] = []
    picture, sound = video_codec(export), audio_codec(export)
    if picture is not None and export.video is not None:
        options += video_options(export.video, export, picture, rate)
    if sound is not None and export.audio is not None:
        options += audio_options(export.audio, sound)
    return (*options, *container_options(export, rate, chapters=chapters, tags=tags))


def audio_options(audio: AudioExport, codec: AudioCodec) -> Options:
    """Options of the sound's encoder."""
    options: list[tuple[str, str | None]] = [("c:a", AUDIO_ENCODERS[codec]), ("ar", str(audio.sample_rate))]
    if not AUDIO_CODECS[codec].lossless:
        options.append(("b:a", str(audio.bitrate)))
    if codec == "aac" and audio.bitrate >= FAST_AAC * audio.channels:
        options.append(("aac_coder", "fast"))
    if codec == "opus" and audio.channels > 2:
        options.append(("mapping_family", "1"))
    return tuple(options)


def container_options(
    export: Export, rate: Fraction, *, chapters: bool, tags: Sequence[tuple[str, str]] = ()
) -> Options:
    """Options of the muxer. Nothing of the sources' own tags or chapters gets through but `tags`."""
    facts = CONTAINERS[export.container]
    options: list[tuple[str, str | None]] = [("map_metadata:g", "-1"), ("map_metadata:s", "-1")]
    options.append(("fflags", "+bitexact"))
    options.append(("map_chapters", "0" if chapters else "-1"))
    options += [("flags:v", "+bitexact")] if video_codec(export) else []
    options += [("flags:a", "+bitexact")] if audio_codec(export) else []
    if facts.tags:
        options += [("metadata", f"{name}={value}") for name, value in (*tags, *own_tags(export))]
    if facts.faststart:
        flags = "+faststart" if export.faststart else "-faststart"
        options.append(("movflags", flags))
    if export.container in ("mp4", "mov") and export.video is not None:
        options.append(("video_track_timescale", str(_timescale(rate))))
    if export.container == "avi":
        # Sound that begins with priming would shift the picture by part of a frame, which AVI rounds to a whole one.
        options.append(("avoid_negative_ts", "disabled"))
    if export.container in ("gif", "webp"):
        options.append(("loop", "0"))
    if export.container == "png":
        options.append(("start_number", "0"))
    options.append(("f", MUXERS[export.container]))
    return tuple(options)


def _timescale(rate: Fraction) -> int:
    """Ticks a second in which a frame is a whole number, at least 10,000 of them."""
    scale = rate.numerator
    while scale < 10_000:
        scale *= 2
    return scale

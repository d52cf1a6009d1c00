"""Subtitle tracks as streams of the written file: nothing is drawn, players show them when they are asked to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from protocol.project import Export
from protocol.project.export import Container
from sidecar.core.languages import UNDETERMINED, container_language
from sidecar.core.timeline import OutputSpan, Timeline
from sidecar.ffmpeg.builder.captions import CaptionTrack, Format, caption_file, caption_tracks, sidecar_files, styled
from sidecar.ffmpeg.builder.command import Command, Output, SideFile
from sidecar.ffmpeg.builder.graph import Input

Options = tuple[tuple[str, str | None], ...]

DEMUXERS: dict[Format, str] = {"srt": "srt", "vtt": "webvtt", "ass": "ass", "mov": "ass"}

QUICKTIME = {
    "bod": "tib",
    "cym": "wel",
    "deu": "ger",
    "ell": "gre",
    "eus": "baq",
    "fao": "fo ",
    "hrv": "hr ",
    "hye": "arm",
    "isl": "ice",
    "kat": "geo",
    "mkd": "mac",
    "msa": "may",
    "mya": "bur",
    "nld": "dut",
    "pan": "pa ",
    "sqi": "alb",
    "srp": "sr ",
    "swe": "sve",
    "zho": "chi",
}
"""FFmpeg's words for the languages that QuickTime numbers, where they are others; it knows no further ones."""

_MUXERS: dict[Container, str] = {"mp4": "mp4", "mov": "mov", "mkv": "matroska", "webm": "webm"}


@dataclass(frozen=True, slots=True)
class Embedded:
    """Subtitles of a command: files that are its inputs, in order, and the options of its output."""

    files: tuple[SideFile, ...] = ()
    inputs: tuple[Input, ...] = ()
    options: Options = ()


def embedded(timeline: Timeline, export: Export, span: OutputSpan, *, first: int) -> Embedded:
    """Return the subtitle streams of an export, a stream a track; `first` is the number of their first input.

    Of subtitles that will lie beside it the files alone: they decide what a render leaves, so they are in its key.
    """
    if export.subtitles == "sidecar":
        return Embedded(tuple(SideFile(*file) for file in sidecar_files(timeline, export, span, "subtitles")))
    if export.subtitles != "embed":
        return Embedded()
    files, inputs = [], []
    options: list[tuple[str, str | None]] = []
    for number, track in enumerate(caption_tracks(timeline, span)):
        form, codec = _coded(export.container, track)
        file = SideFile(f"subtitles-{number}.{form}", caption_file(track, timeline, form))
        files.append(file)
        inputs.append(Input(file.name, (("protocol_whitelist", "file"), ("f", DEMUXERS[form]))))
        options += [("map", f"{first + number}:0"), (f"c:s:{number}", codec)]
        options += [(f"metadata:s:s:{number}", tag) for tag in _tags(track, export.container)]
        options.append((f"disposition:s:{number}", "0"))
    return Embedded(tuple(files), tuple(inputs), tuple(options))


def subtitle_command(timeline: Timeline, export: Export, span: OutputSpan, target: str) -> Command | None:
    """Build the command that writes the subtitle streams alone, for a join; None where there are none."""
    streams = embedded(timeline, export, span, first=0)
    if not streams.inputs:
        return None
    options = (
        ("map_metadata:g", "-1"),
        ("map_metadata:s", "-1"),
        *streams.options,
        ("fflags", "+bitexact"),
        ("f", _MUXERS[export.container]),
    )
    return Command(
        outputs=(Output((), options, target),),
        files=streams.files,
        globals_=(("copyts", None),),
        extra_inputs=streams.inputs,
    )


def _coded(container: Container, track: CaptionTrack) -> tuple[Format, Literal["mov_text", "copy"]]:
    """Return the form in which a track is written, and how it becomes a stream."""
    if container in ("mp4", "mov"):
        return "mov", "mov_text"
    if container == "webm":
        return "vtt", "copy"
    return ("ass" if styled(track.track) else "srt"), "copy"


def _tags(track: CaptionTrack, container: Container) -> list[str]:
    language, name = container_language(track.track.language), track.track.name.replace("\0", "")
    if container == "mov":
        language = QUICKTIME.get(language, language)
    tags = [] if language == UNDETERMINED else [f"language={language}"]
    if not name:
        return tags
    # MP4 calls it the name of the handler.
    return [*tags, f"title={name}", *([f"handler_name={name}"] if container in ("mp4", "mov") else [])]

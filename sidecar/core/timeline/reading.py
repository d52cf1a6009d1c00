"""How a file is read: which of its streams, and what `interpret` says instead of its own tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from protocol.project import FileSource, Interpret, Media
from protocol.time import parse_rate
from sidecar.core.source import Primaries, SourceAudio, SourceFacts, SourceVideo
from sidecar.core.timeline.model import FileReading

LOOPING_DEMUXERS = ("gif", "webp_anim", "webp_pipe")
"""Formats whose files begin again by themselves when `loop` is left out."""


def source_path(source: FileSource, media: Mapping[str, Media]) -> str | None:
    """Path of a file source as the project writes it, through `media` where it refers to an entry."""
    if source.path is not None:
        return source.path
    entry = media.get(source.media) if source.media is not None else None
    return entry.path if entry is not None else None


def read_file(source: FileSource, media: Mapping[str, Media], sources: Mapping[str, SourceFacts]) -> FileReading | None:
    """Return how a file source is read; None while nothing is known of the file."""
    path = source_path(source, media)
    facts = sources.get(path) if path is not None else None
    if facts is None:
        return None
    entry = media.get(source.media) if source.media is not None else None
    interpret = entry.interpret if entry is not None else Interpret()
    video = _pick_video(facts, source.video_stream)
    looped = source.loop if source.loop is not None else facts.demuxer in LOOPING_DEMUXERS
    interlaced = video is not None and video.interlaced in ("tff", "bff")
    taken, tempo = _taken(video, interpret)
    return FileReading(
        facts=facts,
        video=None if video is None else interpreted(video, interpret),
        audio=_pick_audio(facts, source.audio_stream),
        looped=looped,
        alpha=video is not None and video.alpha and interpret.alpha != "ignore",
        straight=interpret.alpha != "premultiplied",
        deinterlace=interpret.deinterlace in ("tff", "bff") or (interpret.deinterlace == "auto" and interlaced),
        frame_rate=taken,
        tempo=tempo,
    )


def _taken(video: SourceVideo | None, interpret: Interpret) -> tuple[Fraction | None, Fraction]:
    """Return the rate that the frames are taken to come at, and how much faster the file then plays.

    On frames of no rate the mean rate is what they came at.
    """
    if video is None or video.still or interpret.frame_rate is None:
        return None, Fraction(1)
    rate = parse_rate(interpret.frame_rate)
    if video.frames and video.duration:
        return rate, rate * video.duration / video.frames
    return (rate, rate / video.rate) if video.rate is not None else (None, Fraction(1))


def _primaries(video: SourceVideo, interpret: Interpret) -> Primaries:
    """Return the primaries to read by. Those of BT.601 are two: 576 lines have the ones of 625, all else of 525."""
    if interpret.primaries == "bt601" and (video.color.primaries == "bt601-625" or video.height in (288, 576)):
        return "bt601-625"
    return interpret.primaries or video.color.primaries


def interpreted(video: SourceVideo, interpret: Interpret) -> SourceVideo:
    """Put the readings of `interpret` in place of the stream's own."""
    color = replace(
        video.color,
        range=interpret.range or video.color.range,
        matrix=interpret.matrix or video.color.matrix,
        primaries=_primaries(video, interpret),
        transfer=interpret.transfer or video.color.transfer,
    )
    turned = interpret.rotation is not None
    return replace(
        video,
        color=color,
        pixel_aspect=video.pixel_aspect if interpret.pixel_aspect is None else Fraction(interpret.pixel_aspect),
        rotation=video.rotation if interpret.rotation is None else interpret.rotation,
        mirrored=video.mirrored and not turned,
        interlaced=interpret.deinterlace if interpret.deinterlace in ("tff", "bff") else video.interlaced,
    )


def _pick_video(facts: SourceFacts, index: int | None) -> SourceVideo | None:
    return next((stream for stream in facts.video if stream.index == index), None)


def _pick_audio(facts: SourceFacts, index: int | None) -> SourceAudio | None:
    return next((stream for stream in facts.audio if stream.index == index), None)

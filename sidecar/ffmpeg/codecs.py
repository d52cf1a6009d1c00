"""Which codecs each container holds, and which FFmpeg encoder and muxer write them.

A pair stands here when FFmpeg writes it and reads it back as the same codec; pairs that only FFmpeg itself plays
(FFV1 in MP4, Vorbis in AVI) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from protocol.project.export import AudioCodec, Container, VideoCodec

Family = Literal["nvenc", "qsv", "vaapi", "amf", "videotoolbox", "v4l2"]


@dataclass(frozen=True, slots=True)
class Holds:
    """What a container carries: codecs in order of preference, the first being its usual one; empty: none."""

    muxer: str
    video: tuple[VideoCodec, ...] = ()
    audio: tuple[AudioCodec, ...] = ()


_PCM: tuple[AudioCodec, ...] = ("pcm_s16le", "pcm_s24le", "pcm_f32le")

CONTAINERS: dict[Container, Holds] = {
    "mp4": Holds("mp4", ("h264", "hevc", "av1", "vp9", "mpeg4"), ("aac", "opus", "mp3", "flac")),
    "mov": Holds("mov", ("h264", "hevc", "prores", "dnxhr", "mpeg4", "ffv1", "png"), ("aac", "mp3", *_PCM)),
    "mkv": Holds(
        "matroska",
        ("h264", "hevc", "av1", "vp9", "ffv1", "prores", "dnxhr", "mpeg4", "png"),
        ("aac", "opus", "flac", "mp3", "vorbis", *_PCM),
    ),
    "webm": Holds("webm", ("vp9", "av1"), ("opus", "vorbis")),
    "avi": Holds("avi", ("h264", "mpeg4", "ffv1", "png"), ("mp3", "aac", "flac", *_PCM)),
    "gif": Holds("gif", ("gif",)),
    "webp": Holds("webp", ("webp",)),
    "png": Holds("image2", ("png",)),
    "m4a": Holds("ipod", (), ("aac",)),
    "mp3": Holds("mp3", (), ("mp3",)),
    "wav": Holds("wav", (), _PCM),
    "flac": Holds("flac", (), ("flac",)),
    "ogg": Holds("ogg", (), ("opus", "vorbis", "flac")),
}

VIDEO_ENCODERS: dict[VideoCodec, str] = {
    "h264": "libx264",
    "hevc": "libx265",
    "vp9": "libvpx-vp9",
    "av1": "libsvtav1",
    "prores": "prores_ks",
    "dnxhr": "dnxhd",
    "ffv1": "ffv1",
    "mpeg4": "mpeg4",
    "gif": "gif",
    "webp": "libwebp_anim",
    "png": "png",
}

AUDIO_ENCODERS: dict[AudioCodec, str] = {
    "aac": "aac",
    "opus": "libopus",
    "mp3": "libmp3lame",
    "flac": "flac",
    "pcm_s16le": "pcm_s16le",
    "pcm_s24le": "pcm_s24le",
    "pcm_f32le": "pcm_f32le",
    "vorbis": "libvorbis",
}

HARDWARE: dict[Family, tuple[VideoCodec, ...]] = {
    "nvenc": ("h264", "hevc", "av1"),
    "qsv": ("h264", "hevc", "av1", "vp9"),
    "vaapi": ("h264", "hevc", "av1", "vp9"),
    "amf": ("h264", "hevc", "av1"),
    "videotoolbox": ("h264", "hevc", "prores"),
    "v4l2": ("h264", "hevc"),
}
"""Codecs that an encoder of each family exists for; that this machine has it is proved by a test encode only."""


def encoder_of(codec: VideoCodec, family: Family | None = None) -> str | None:
    """Return FFmpeg's name of the encoder, in software or of a family of hardware; None where there is none."""
    if family is None:
        return VIDEO_ENCODERS[codec]
    if codec not in HARDWARE[family]:
        return None
    return f"{codec}_v4l2m2m" if family == "v4l2" else f"{codec}_{family}"


def usual_video(container: Container) -> VideoCodec | None:
    """Return the video codec that a container gets when none is asked for; None: it carries no picture."""
    return next(iter(CONTAINERS[container].video), None)


def usual_audio(container: Container) -> AudioCodec | None:
    """Return the audio codec that a container gets when none is asked for; None: it carries no sound."""
    return next(iter(CONTAINERS[container].audio), None)


def containers_for(*, video: VideoCodec | None = None, audio: AudioCodec | None = None) -> tuple[Container, ...]:
    """List the containers that carry the codecs asked for, in the order of the schema."""
    return tuple(
        name
        for name in get_args(Container)
        if (video is None or video in CONTAINERS[name].video) and (audio is None or audio in CONTAINERS[name].audio)
    )

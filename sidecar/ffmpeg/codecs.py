"""The muxer of each container and the encoder of each codec, by FFmpeg's names.

Which codecs a container holds is the schema's knowledge: `protocol.project.formats`.
"""

from __future__ import annotations

from typing import Literal

from protocol.project.export import AudioCodec, Container, VideoCodec

Family = Literal["nvenc", "qsv", "vaapi", "amf", "videotoolbox", "v4l2"]


MUXERS: dict[Container, str] = {
    "mp4": "mp4",
    "mov": "mov",
    "mkv": "matroska",
    "webm": "webm",
    "avi": "avi",
    "gif": "gif",
    "webp": "webp",
    "png": "image2",
    "m4a": "ipod",
    "mp3": "mp3",
    "wav": "wav",
    "flac": "flac",
    "ogg": "ogg",
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

LOSSLESS_AV1 = "libaom-av1"
"""The encoder of AV1 that loses nothing."""

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

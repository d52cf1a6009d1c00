"""How many bytes a file may spend on its picture. Pure; sizes in bytes, rates in bit/s, times in seconds."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from msgspec.structs import replace

from protocol.errors import LimitExceeded
from protocol.project import AudioExport, Export, VideoExport
from protocol.project.export import AudioCodec
from protocol.project.formats import audio_codec, video_codec

SIZE_POINTER = "/export/video/sizeLimit"
SMALLEST = "bytes of the smallest file"

LEAST_BITRATE = 1_000
"""Bit/s below which no encoder is asked to go."""

LEAST_FRAME = 12
"""Bytes of the smallest frame that any encoder writes."""

HEADERS = 4_096
"""Bytes of everything in a file that there is once."""

PACKET = 24
"""Bytes that the greediest container, AVI, adds to each packet: a header and an entry of its index."""

AIM = Fraction(98, 100)
"""Share of what is left that the first attempt aims at: encoders keep to a bitrate within two per cent."""

_DEPTH: dict[AudioCodec, int] = {"pcm_s16le": 16, "pcm_s24le": 24, "pcm_f32le": 32}
_FLAC = Fraction(7, 10)
_SURPLUS: dict[AudioCodec, Fraction] = {"opus": Fraction(11, 10), "vorbis": Fraction(11, 10)}
_SAMPLES = 960
"""Samples of the shortest packets."""


def sound_bytes(export: Export, seconds: Fraction) -> int:
    """Return about how many bytes the sound will have."""
    audio, codec = export.audio, audio_codec(export)
    if audio is None or codec is None:
        return 0
    return ceil(_sound_rate(audio, codec) * seconds / 8)


def overhead_bytes(export: Export, frames: int, seconds: Fraction) -> int:
    """Return about how many bytes the container adds to its streams, at most."""
    audio = export.audio if audio_codec(export) is not None else None
    packets = frames + (0 if audio is None else ceil(audio.sample_rate * seconds / _SAMPLES))
    return HEADERS + PACKET * packets


def least_bytes(export: Export, frames: int, seconds: Fraction) -> int:
    """Return the bytes below which a file of this length cannot be, however little its picture shows."""
    audio, codec = export.audio, audio_codec(export)
    sound = 0 if audio is None or codec is None or codec == "flac" else sound_bytes(export, seconds)
    return sound + LEAST_FRAME * frames


def check_limit(export: Export, frames: int, seconds: Fraction) -> None:
    """Raise LimitExceeded for a size that no file of this length can have; `value` is the least."""
    video = export.video
    if video is None or video.rate_control != "size" or video.size_limit is None:
        return
    least = least_bytes(export, frames, seconds)
    if video.size_limit < least:
        raise LimitExceeded(what=SMALLEST, value=least, limit=video.size_limit, pointer=SIZE_POINTER)


def first_bitrate(export: Export, limit: int, frames: int, seconds: Fraction) -> int:
    """Return the bitrate of the picture with which a file should be just below `limit`."""
    left = limit - sound_bytes(export, seconds) - overhead_bytes(export, frames, seconds)
    return max(LEAST_BITRATE, int(left * AIM * 8 / seconds))


def held_to(export: Export, bitrate: int) -> Export:
    """Return the export with its picture held to a bitrate, in two passes, in place of a size."""
    if export.video is None:
        raise AssertionError("only a picture is held to a bitrate")
    return replace(export, video=picture_held_to(export.video, bitrate, one_pass=video_codec(export) == "mpeg4"))


def picture_held_to(video: VideoExport, bitrate: int, *, one_pass: bool = False) -> VideoExport:
    """Return the settings with a bitrate in place of a size.

    MPEG-4 takes one pass: its second pass refuses bitrates that it cannot keep, instead of coming near.
    """
    passes = 1 if one_pass else 2
    return replace(video, rate_control="bitrate", bitrate=bitrate, size_limit=None, passes=passes)


def _sound_rate(audio: AudioExport, codec: AudioCodec) -> Fraction:
    if codec in _DEPTH or codec == "flac":
        plain = Fraction(audio.sample_rate * audio.channels * _DEPTH.get(codec, 16))
        return plain * _FLAC if codec == "flac" else plain
    return audio.bitrate * _SURPLUS.get(codec, Fraction(101, 100))

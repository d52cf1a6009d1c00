"""Export settings that make a concatenation like its first input, as far as the container lets it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any, Literal

from protocol.errors import InvalidParams
from protocol.project.export import AudioCodec, ChannelCount, Container, PixelFormat, VideoCodec, VideoExport
from protocol.project.formats import AUDIO_CODECS, CONTAINERS, PCM, PROFILES, VIDEO_CODECS, has_alpha
from protocol.time import MAX_TERM, parse_rate
from sidecar.core.copying.spans import BITS_A_PIXEL
from sidecar.core.copying.untouched import SOURCE_CODECS
from sidecar.core.source import SourceAudio, SourceVideo, unpack_stamps
from sidecar.services.concat.parts import Part

Mode = Literal["auto", "copy", "encode"]

SUFFIXES: dict[str, Container] = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "mkv",
    ".mka": "mkv",
    ".webm": "webm",
    ".avi": "avi",
    ".gif": "gif",
    ".webp": "webp",
    ".m4a": "m4a",
    ".mp3": "mp3",
    ".wav": "wav",
    ".flac": "flac",
    ".ogg": "ogg",
    ".oga": "ogg",
    ".opus": "ogg",
}
"""The container that each suffix of an output stands for."""

OUT_OF_PLACE: frozenset[tuple[str | None, Container]] = frozenset(
    [(codec, "mp4") for codec in PCM] + [("mpeg4", "mp4"), ("mpeg4", "mov"), ("mpeg4", "mkv")]
)
"""Codecs that a container holds, but few players take in it, or that only an older file has: the usual one is better."""

HEARD_RATE = 44_100
"""Samples a second below which a codec that loses something is given 48,000: its encoders take few bits there."""

CHANNEL_BITRATE = 96_000
RATES = (Fraction(1), Fraction(240))
STILL_RATE = Fraction(25)
COMMON_RATES = tuple(
    parse_rate(rate) for rate in ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60")
)
"""Rates that a file whose frames come at no steady rate may have been meant to have."""


def container_of(output: Path) -> Container:
    """Return the container that an output's name stands for. Raises InvalidParams for any other name."""
    container = SUFFIXES.get(output.suffix.lower())
    if container is None:
        raise InvalidParams(
            detail=f"{output.suffix or 'no suffix'} stands for no container; there are {', '.join(SUFFIXES)}",
            path="/output",
        )
    return container


def video_export(container: Container, parts: Sequence[Part], profile: str | None, mode: Mode) -> dict[str, Any] | None:
    """Choose how the picture is encoded; None where there is none. `profile` is the first picture's own name for it."""
    first = leading_picture(parts)
    codecs = CONTAINERS[container].video
    if first is None or not codecs:
        return None
    own = codec_of(first)
    codec = own if own in codecs and not first.still and (own, container) not in OUT_OF_PLACE else codecs[0]
    pixel_format = _pixel_format(first, codec, container)
    settings: dict[str, Any] = {
        "codec": codec,
        "pixelFormat": pixel_format,
        "copy": "off" if mode == "encode" else "auto",
    }
    if VIDEO_CODECS[codec].scaled and not VIDEO_CODECS[codec].intra:
        settings["quality"] = 100 if mode == "copy" else _quality(parts, codec)
    named = _profile(profile, codec)
    if VIDEO_CODECS[codec].intra and named is not None and pixel_format in PROFILES[codec][named]:
        settings["profile"] = named
    return settings


def audio_export(container: Container, parts: Sequence[Part]) -> dict[str, Any] | None:
    """Choose how the sound is encoded; None where there is none."""
    first = next((part.audio for part in parts if part.audio is not None), None)
    codecs = CONTAINERS[container].audio
    if first is None or not codecs:
        return None
    own = _sound_codec(first)
    codec = own if own in codecs and (own, container) not in OUT_OF_PLACE else codecs[0]
    facts = AUDIO_CODECS[codec]
    channels = min(channels_of(parts), facts.channels)
    settings: dict[str, Any] = {"codec": codec, "channels": channels, "sampleRate": _sample_rate(first, codec)}
    if not facts.lossless:
        settings["bitrate"] = min(CHANNEL_BITRATE * channels, (facts.per_channel or CHANNEL_BITRATE) * channels)
    return settings


def leading_picture(parts: Sequence[Part]) -> SourceVideo | None:
    """Return the picture that the others are made like: the first that moves, else the first still."""
    pictures = [part.video for part in parts if part.video is not None]
    return next((picture for picture in pictures if not picture.still), next(iter(pictures), None))


def codec_of(video: SourceVideo) -> VideoCodec | None:
    """Return the codec of a stream as an export names it; None for one that nothing is encoded in."""
    copied = {name: codec for codec, name in SOURCE_CODECS.items()}
    return copied.get(video.codec) or next((codec for codec in VIDEO_CODECS if codec == video.codec), None)


def channels_of(parts: Sequence[Part]) -> ChannelCount:
    """Return the least count of channels that a project may have and that holds all inputs', else the most."""
    counts: tuple[ChannelCount, ...] = (1, 2, 6, 8)
    most = max((part.audio.channels for part in parts if part.audio is not None), default=1)
    return next((count for count in counts if count >= most), 8)


def picture_rate(container: Container, video: SourceVideo) -> Fraction:
    """Return the frame rate of a concatenation that is made like a picture."""
    rate = STILL_RATE if video.still else video.rate or _unsteady_rate(video)
    low, high = RATES
    fastest = CONTAINERS[container].fastest
    if max(rate.numerator, rate.denominator) >= MAX_TERM:
        rate = rate.limit_denominator(1001)
    return max(low, min(rate, high if fastest is None else Fraction(fastest)))


def _unsteady_rate(video: SourceVideo) -> Fraction:
    """Return the common rate nearest to that of the frames that come quickest: at their mean some would be left out."""
    steps = sorted(after - before for before, after in pairwise(unpack_stamps(video.stamps))) if video.stamps else []
    if steps:
        quick = 1 / (steps[len(steps) // 10] * video.time_base)
    else:
        quick = Fraction(video.frames or 1) / (video.duration or 1)
    return min(COMMON_RATES, key=lambda common: abs(common - quick) / common)


def _pixel_format(video: SourceVideo, codec: VideoCodec, container: Container) -> PixelFormat:
    """Return the format nearest to the stream's: the same, else with its alpha, else as deep, else the usual one."""
    known = [each for each in VIDEO_CODECS[codec].pixel_formats if not has_alpha(each)]
    alpha = [each for each in VIDEO_CODECS[codec].pixel_formats if has_alpha(each)]
    if video.alpha and alpha and container in VIDEO_CODECS[codec].alpha_in:
        return next((each for each in alpha if ("10" in each) == (video.bits > 8)), alpha[0])
    name = video.pixel_format.replace("yuvj", "yuv")
    same = next((each for each in known if each == name), None)
    deep = next((each for each in known if ("10" in each) == (video.bits > 8)), None)
    return same or deep or known[0]


def _quality(parts: Sequence[Part], codec: VideoCodec) -> int:
    """Return the quality at which encoding takes as many bits as the largest of the inputs in the codec has.

    So nothing is encoded worse than it was, and every one of them may be copied.
    """
    most = max(
        (_bits_a_pixel(part) for part in parts if part.video is not None and codec_of(part.video) == codec), default=0.0
    )
    if codec == "hevc":
        most *= 1.5
    usual = VideoExport().quality
    for (low, least), (high, bits) in pairwise(BITS_A_PIXEL):
        if most <= bits:
            return max(usual, ceil(low + (high - low) * max(0.0, most - least) / (bits - least)))
    return 100


def _bits_a_pixel(part: Part) -> float:
    video = part.video
    if video is None or not video.frames:
        return 0.0
    return part.facts.bytes * 8 / (video.width * video.height * video.frames)


def _profile(name: str | None, codec: VideoCodec) -> str | None:
    """Return the export's name of a profile that a decoder named: "HQ", "XQ", "DNXHR SQ"."""
    plain = (name or "").lower().replace(" ", "_")
    wanted = "4444xq" if plain == "xq" else plain
    return wanted if wanted in PROFILES.get(codec, {}) else None


def _sound_codec(audio: SourceAudio) -> AudioCodec | None:
    if not audio.codec.startswith("pcm_"):
        return next((codec for codec in AUDIO_CODECS if codec == audio.codec), None)
    depth = audio.codec.removeprefix("pcm_")
    if depth.startswith(("f", "s32", "s64", "u32")):
        return "pcm_f32le"
    return "pcm_s24le" if "24" in depth else "pcm_s16le"


def _sample_rate(audio: SourceAudio, codec: AudioCodec) -> int:
    facts = AUDIO_CODECS[codec]
    rate = min(max(audio.sample_rate, 8_000), 192_000)
    if not facts.lossless and rate < HEARD_RATE:
        rate = 48_000
    return (
        rate if not facts.rates or rate in facts.rates else min(facts.rates, key=lambda each: (abs(each - rate), -each))
    )

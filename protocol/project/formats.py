"""What containers hold and codecs encode: the facts behind the rules of export.

Measured with FFmpeg 9 by muxing every pair; pairs that it writes and nothing reads back whole (alpha of VP9 in MP4,
AV1 in AVI) count as impossible.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.project.export import AudioCodec, Container, Export, PixelFormat, VideoCodec

PCM: tuple[AudioCodec, ...] = ("pcm_s16le", "pcm_s24le", "pcm_f32le")


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """The first codec of each kind is the one taken where the export names none; no codec: it holds none of the kind.

    `subtitles`, `chapters`, `tags`: whether it carries them. `faststart`: whether its index can stand first.
    `fastest` is the most frames a second that players show as written: below two hundredths of a second for GIF, and
    below eleven thousandths for WebP, browsers wait for a tenth.
    """

    video: tuple[VideoCodec, ...] = ()
    audio: tuple[AudioCodec, ...] = ()
    subtitles: bool = False
    chapters: bool = False
    tags: bool = True
    faststart: bool = False
    fastest: int | None = None


CONTAINERS: dict[Container, ContainerFacts] = {
    "mp4": ContainerFacts(
        video=("h264", "hevc", "av1", "vp9", "mpeg4", "ffv1"),
        audio=("aac", "opus", "mp3", "flac", *PCM),
        subtitles=True,
        chapters=True,
        faststart=True,
    ),
    "mov": ContainerFacts(
        video=("h264", "hevc", "prores", "dnxhr", "mpeg4", "ffv1", "png"),
        audio=("aac", "mp3", *PCM),
        subtitles=True,
        chapters=True,
        faststart=True,
    ),
    "mkv": ContainerFacts(
        video=("h264", "hevc", "vp9", "av1", "prores", "dnxhr", "ffv1", "mpeg4", "png"),
        audio=("aac", "opus", "mp3", "flac", "vorbis", *PCM),
        subtitles=True,
        chapters=True,
    ),
    "webm": ContainerFacts(video=("vp9", "av1"), audio=("opus", "vorbis"), subtitles=True, chapters=True),
    "avi": ContainerFacts(video=("h264", "mpeg4", "ffv1", "png"), audio=("mp3", "aac", "flac", *PCM)),
    "gif": ContainerFacts(video=("gif",), tags=False, fastest=50),
    "webp": ContainerFacts(video=("webp",), tags=False, fastest=90),
    "png": ContainerFacts(video=("png",), tags=False),
    "m4a": ContainerFacts(audio=("aac",), chapters=True, faststart=True),
    "mp3": ContainerFacts(audio=("mp3",), chapters=True),
    "wav": ContainerFacts(audio=PCM),
    "flac": ContainerFacts(audio=("flac",)),
    "ogg": ContainerFacts(audio=("opus", "vorbis", "flac"), chapters=True),
}

EIGHT_BIT: tuple[PixelFormat, ...] = ("yuv420p", "yuv422p", "yuv444p")
TEN_BIT: tuple[PixelFormat, ...] = ("yuv420p10le", "yuv422p10le", "yuv444p10le")
ALPHA: tuple[PixelFormat, ...] = ("yuva420p", "yuva444p10le")


@dataclass(frozen=True, slots=True)
class VideoCodecFacts:
    """`modes` are the rate controls it knows, `capped` those under which it heeds a highest bitrate.

    `alpha_in` are the containers that keep its alpha; `smallest` and `largest` sides (width, height) in pixels;
    `smallest_held` where it is held to a bitrate or a size.
    `delays` says whether it has B-frames, `intra` that every frame is a keyframe; `scaled`, `tuned` and `profiled`
    whether quality, preset and profile mean anything to it.
    """

    pixel_formats: tuple[PixelFormat, ...]
    modes: tuple[str, ...] = ("quality",)
    alpha_in: tuple[Container, ...] = ()
    smallest: tuple[int, int] = (16, 16)
    smallest_held: tuple[int, int] = (16, 16)
    largest: tuple[int, int] = (16_384, 16_384)
    delays: bool = False
    intra: bool = False
    capped: tuple[str, ...] = ()
    scaled: bool = True
    tuned: bool = False
    profiled: bool = False


_CONTROLLED = ("quality", "bitrate", "size", "lossless")
_CAPPED = ("quality", "bitrate", "size")

VIDEO_CODECS: dict[VideoCodec, VideoCodecFacts] = {
    "h264": VideoCodecFacts(
        (*EIGHT_BIT, *TEN_BIT), _CONTROLLED, delays=True, capped=_CAPPED, tuned=True, profiled=True
    ),
    "hevc": VideoCodecFacts(
        (*EIGHT_BIT, *TEN_BIT, "gbrp"), _CONTROLLED, delays=True, capped=_CAPPED, tuned=True, profiled=True
    ),
    "vp9": VideoCodecFacts(
        (*EIGHT_BIT, *TEN_BIT, *ALPHA, "gbrp"),
        _CONTROLLED,
        alpha_in=("webm", "mkv"),
        capped=_CAPPED,
        tuned=True,
        profiled=True,
    ),
    "av1": VideoCodecFacts(
        ("yuv420p", "yuv420p10le"),
        _CONTROLLED,
        smallest_held=(64, 64),
        capped=("quality",),
        tuned=True,
        profiled=True,
    ),
    "prores": VideoCodecFacts(
        ("yuv422p10le", "yuv444p10le", "yuva444p10le"), alpha_in=("mov", "mkv"), intra=True, profiled=True
    ),
    "dnxhr": VideoCodecFacts(("yuv422p", "yuv422p10le", "yuv444p10le"), smallest=(256, 120), intra=True, profiled=True),
    "ffv1": VideoCodecFacts(
        (*EIGHT_BIT, *TEN_BIT, *ALPHA, "gbrp"),
        ("quality", "lossless"),
        alpha_in=("mkv", "mov", "mp4", "avi"),
        intra=True,
        scaled=False,
    ),
    "mpeg4": VideoCodecFacts(
        ("yuv420p",),
        ("quality", "bitrate", "size"),
        largest=(8_190, 8_190),
        delays=True,
        capped=("bitrate", "size"),
    ),
    "gif": VideoCodecFacts((*EIGHT_BIT, "yuva420p", "gbrp"), alpha_in=("gif",), intra=True),
    "webp": VideoCodecFacts(
        ("yuv420p", "yuva420p"), ("quality", "lossless"), alpha_in=("webp",), largest=(16_382, 16_382), intra=True
    ),
    "png": VideoCodecFacts(
        (*EIGHT_BIT, "yuv444p10le", *ALPHA, "gbrp"),
        ("quality", "lossless"),
        alpha_in=("png", "mov", "mkv", "avi"),
        intra=True,
        scaled=False,
    ),
}


_420: tuple[PixelFormat, ...] = ("yuv420p",)
_420_DEEP: tuple[PixelFormat, ...] = ("yuv420p", "yuv420p10le")
_422: tuple[PixelFormat, ...] = ("yuv420p", "yuv422p", "yuv420p10le", "yuv422p10le")
_444: tuple[PixelFormat, ...] = (*_422, "yuv444p", "yuv444p10le")

PROFILES: dict[VideoCodec, dict[str, tuple[PixelFormat, ...]]] = {
    "h264": {
        "baseline": _420,
        "main": _420,
        "high": _420,
        "high10": _420_DEEP,
        "high422": _422,
        "high444": _444,
    },
    "hevc": {
        "main": _420,
        "main10": _420_DEEP,
        "main422-10": _422,
        "main444-8": ("yuv420p", "yuv422p", "yuv444p"),
        "main444-10": _444,
    },
    "vp9": {
        "0": ("yuv420p", "yuva420p"),
        "1": ("yuv422p", "yuv444p", "gbrp"),
        "2": ("yuv420p10le",),
        "3": ("yuv422p10le", "yuv444p10le", "yuva444p10le"),
    },
    "av1": {"main": _420_DEEP},
    "prores": {
        **dict.fromkeys(("proxy", "lt", "standard", "hq"), ("yuv422p10le",)),
        **dict.fromkeys(("4444", "4444xq"), ("yuv444p10le", "yuva444p10le")),
    },
    "dnxhr": {
        **dict.fromkeys(("dnxhr_lb", "dnxhr_sq", "dnxhr_hq"), ("yuv422p",)),
        "dnxhr_hqx": ("yuv422p10le",),
        "dnxhr_444": ("yuv444p10le",),
    },
}
"""Profiles that can be asked for, and what their encoders take. VP9, AV1 and the others have theirs from the format."""


@dataclass(frozen=True, slots=True)
class AudioCodecFacts:
    """Bounds of an audio codec: `rates` in Hz (empty: any), `per_channel` the highest bitrate of one channel."""

    channels: int = 8
    rates: tuple[int, ...] = ()
    per_channel: int | None = None
    lossless: bool = False


AUDIO_CODECS: dict[AudioCodec, AudioCodecFacts] = {
    "aac": AudioCodecFacts(
        rates=(8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000)
    ),
    "opus": AudioCodecFacts(rates=(8_000, 12_000, 16_000, 24_000, 48_000), per_channel=256_000),
    "mp3": AudioCodecFacts(channels=2, rates=(8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)),
    "vorbis": AudioCodecFacts(per_channel=240_000),
    "flac": AudioCodecFacts(lossless=True),
    "pcm_s16le": AudioCodecFacts(lossless=True),
    "pcm_s24le": AudioCodecFacts(lossless=True),
    "pcm_f32le": AudioCodecFacts(lossless=True),
}


def video_codec(export: Export) -> VideoCodec | None:
    """Return the picture's codec, the container's usual one where none is named; None without a picture."""
    known = CONTAINERS[export.container].video
    if export.video is None or not known:
        return None
    return export.video.codec or known[0]


def audio_codec(export: Export) -> AudioCodec | None:
    """Return the sound's codec, the container's usual one where none is named; None without a sound."""
    known = CONTAINERS[export.container].audio
    if export.audio is None or not known:
        return None
    return export.audio.codec or known[0]


def has_alpha(pixel_format: PixelFormat) -> bool:
    """Whether a pixel format carries alpha."""
    return pixel_format in ALPHA

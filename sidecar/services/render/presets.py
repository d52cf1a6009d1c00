"""Named export settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from protocol.commands.render import Platform, RenderPreset

if TYPE_CHECKING:
    from sidecar.services.render.planning import Planned

_AAC: dict[str, Any] = {"codec": "aac", "bitrate": 192_000, "sampleRate": 48_000, "channels": 2}
_BEST_AAC: dict[str, Any] = {**_AAC, "bitrate": 384_000}
_SOUND_ALONE: dict[str, Any] = {"video": None, "subtitles": "none"}

DISCORD_BYTES = 10_000_000


def _preset(
    name: str, title: str, description: str, export: dict[str, Any], platform: Platform | None = None
) -> RenderPreset:
    return RenderPreset(id=name, name=title, description=description, export=export, platform=platform)


def _film(size: tuple[int, int] | None, quality: int, audio: dict[str, Any]) -> dict[str, Any]:
    """H.264 in MP4, which every platform takes."""
    shape = {} if size is None else {"width": size[0], "height": size[1]}
    return {"container": "mp4", **shape, "video": {"codec": "h264", "quality": quality}, "audio": audio}


PRESETS: tuple[RenderPreset, ...] = (
    _preset(
        "mp4",
        "MP4",
        "H.264 and AAC: plays everywhere.",
        {"container": "mp4", "video": {"codec": "h264", "quality": 85}, "audio": {"codec": "aac"}},
    ),
    _preset(
        "mp4-small",
        "MP4, small",
        "HEVC and AAC: about half the size of H.264 at the same quality; slower.",
        {
            "container": "mp4",
            "video": {"codec": "hevc", "quality": 70},
            "audio": {"codec": "aac", "bitrate": 128_000},
        },
    ),
    _preset(
        "youtube-1080p",
        "YouTube, 1080p",
        "H.264 in 1920 × 1080, better than YouTube will show it: it is encoded again there.",
        _film((1920, 1080), 92, _BEST_AAC),
        "youtube",
    ),
    _preset(
        "youtube-4k",
        "YouTube, 4K",
        "H.264 in 3840 × 2160, better than YouTube will show it.",
        _film((3840, 2160), 90, _BEST_AAC),
        "youtube",
    ),
    _preset(
        "vertical",
        "Vertical short",
        "H.264 in 1080 × 1920, for Shorts, Reels and the like.",
        _film((1080, 1920), 90, _AAC),
        "youtube-shorts",
    ),
    _preset("square", "Square", "H.264 in 1080 × 1080, for feeds.", _film((1080, 1080), 88, _AAC)),
    _preset(
        "x",
        "X",
        "H.264 in 1920 × 1080 with at most 25 Mbit/s.",
        {
            "container": "mp4",
            "width": 1920,
            "height": 1080,
            "video": {"codec": "h264", "quality": 85, "maxBitrate": 20_000_000, "profile": "high"},
            "audio": {**_AAC, "bitrate": 128_000},
        },
        "x",
    ),
    _preset(
        "vimeo",
        "Vimeo",
        "H.264 in 1920 × 1080, better than Vimeo will show it: it is encoded again there.",
        _film((1920, 1080), 93, {**_AAC, "bitrate": 320_000}),
        "vimeo",
    ),
    _preset(
        "telegram",
        "Telegram",
        "H.264 that plays while it is loaded.",
        _film(None, 75, {**_AAC, "bitrate": 128_000}),
        "telegram",
    ),
    _preset(
        "discord",
        "Discord, 10 MB",
        "H.264 in 1280 × 720 that never has more bytes than everybody may send.",
        {
            "container": "mp4",
            "width": 1280,
            "height": 720,
            "video": {"codec": "h264", "rateControl": "size", "sizeLimit": DISCORD_BYTES},
            "audio": {**_AAC, "bitrate": 96_000},
        },
        "discord",
    ),
    _preset(
        "web",
        "Web",
        "VP9 and Opus in WebM, free of licences.",
        {"container": "webm", "video": {"codec": "vp9", "quality": 80}, "audio": {"codec": "opus"}},
    ),
    _preset(
        "web-av1",
        "Web, AV1",
        "AV1 and Opus in WebM: the smallest files.",
        {"container": "webm", "video": {"codec": "av1", "quality": 80}, "audio": {"codec": "opus"}},
    ),
    _preset(
        "archive",
        "Archive",
        "FFV1 and FLAC in Matroska: nothing is lost.",
        {
            "container": "mkv",
            "video": {"codec": "ffv1", "rateControl": "lossless", "pixelFormat": "yuv444p"},
            "audio": {"codec": "flac"},
        },
    ),
    _preset(
        "edit",
        "Editing",
        "ProRes and PCM in QuickTime, for other editors and for keeping.",
        {
            "container": "mov",
            "video": {"codec": "prores", "pixelFormat": "yuv422p10le"},
            "audio": {"codec": "pcm_s24le"},
        },
    ),
    _preset(
        "gif",
        "GIF",
        "480 pixels wide, 12.5 pictures a second, for ever again.",
        {
            "container": "gif",
            "width": 480,
            "height": 270,
            "frameRate": "25/2",
            "video": {"codec": "gif", "pixelFormat": "gbrp"},
            "audio": None,
        },
    ),
    _preset(
        "webp",
        "WebP",
        "An animated picture, smaller than a GIF and in all colours.",
        {
            "container": "webp",
            "width": 480,
            "height": 270,
            "frameRate": "25",
            "video": {"codec": "webp", "quality": 75},
            "audio": None,
        },
    ),
    _preset(
        "frames",
        "Pictures",
        "Every frame as a PNG, in a folder.",
        {"container": "png", "video": {"codec": "png", "pixelFormat": "gbrp"}, "audio": None},
    ),
    _preset(
        "audio-mp3",
        "Sound, MP3",
        "The sound alone.",
        {"container": "mp3", **_SOUND_ALONE, "audio": {"codec": "mp3", "bitrate": 256_000}},
    ),
    _preset(
        "audio-wav",
        "Sound, WAV",
        "The sound alone, uncompressed.",
        {"container": "wav", **_SOUND_ALONE, "audio": {"codec": "pcm_s24le"}},
    ),
    _preset(
        "audio-m4a",
        "Sound, AAC",
        "The sound alone, small.",
        {"container": "m4a", **_SOUND_ALONE, "audio": {"codec": "aac", "bitrate": 192_000}},
    ),
)
"""Merged over a project's own export settings as `render.start.export` is."""


def presets(container: str | None) -> list[RenderPreset]:
    """List the presets, of one container if named."""
    return [preset for preset in PRESETS if container is None or preset.export["container"] == container]


def for_platform(platform: Platform | None, planned: Planned) -> Planned:
    """Add to a plan's warnings what a platform does not take of it."""
    if platform is None:
        return planned
    from sidecar.services.render.platforms import platform_problems  # noqa: PLC0415 - start-up time

    return replace(planned, problems=[*planned.problems, *platform_problems(platform, planned)])

"""Named export settings."""

from __future__ import annotations

from protocol.commands.render import RenderPreset

PRESETS: tuple[RenderPreset, ...] = (
    RenderPreset(
        id="mp4",
        name="MP4",
        description="H.264 and AAC: plays everywhere.",
        export={"container": "mp4", "video": {"codec": "h264", "quality": 85}, "audio": {"codec": "aac"}},
    ),
    RenderPreset(
        id="mp4-small",
        name="MP4, small",
        description="HEVC and AAC: about half the size of H.264 at the same quality; slower.",
        export={
            "container": "mp4",
            "video": {"codec": "hevc", "quality": 70},
            "audio": {"codec": "aac", "bitrate": 128_000},
        },
    ),
    RenderPreset(
        id="web",
        name="Web",
        description="VP9 and Opus in WebM, free of licences.",
        export={"container": "webm", "video": {"codec": "vp9", "quality": 80}, "audio": {"codec": "opus"}},
    ),
    RenderPreset(
        id="web-av1",
        name="Web, AV1",
        description="AV1 and Opus in WebM: the smallest files.",
        export={"container": "webm", "video": {"codec": "av1", "quality": 80}, "audio": {"codec": "opus"}},
    ),
    RenderPreset(
        id="archive",
        name="Archive",
        description="FFV1 and FLAC in Matroska: nothing is lost.",
        export={
            "container": "mkv",
            "video": {"codec": "ffv1", "rateControl": "lossless", "pixelFormat": "yuv444p"},
            "audio": {"codec": "flac"},
        },
    ),
    RenderPreset(
        id="edit",
        name="Editing",
        description="ProRes and PCM in QuickTime, for other editors.",
        export={
            "container": "mov",
            "video": {"codec": "prores", "pixelFormat": "yuv422p10le"},
            "audio": {"codec": "pcm_s24le"},
        },
    ),
    RenderPreset(
        id="audio-mp3",
        name="Sound, MP3",
        description="The sound alone.",
        export={"container": "mp3", "video": None, "audio": {"codec": "mp3", "bitrate": 256_000}},
    ),
    RenderPreset(
        id="audio-wav",
        name="Sound, WAV",
        description="The sound alone, uncompressed.",
        export={"container": "wav", "video": None, "audio": {"codec": "pcm_s24le"}},
    ),
)
"""Merged over a project's own export settings as `render.start.export` is."""


def presets(container: str | None) -> list[RenderPreset]:
    """List the presets, of one container if named."""
    return [preset for preset in PRESETS if container is None or preset.export["container"] == container]

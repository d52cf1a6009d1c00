"""What of the project file is not built yet, all of it export settings, and what an encoder of the list cannot hold."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.problem import Problem
from protocol.project import AudioExport, Export, Project, VideoExport
from protocol.project.export import PixelFormat, VideoCodec
from protocol.project.formats import video_codec
from sidecar.core.timeline.findings import finding, not_supported

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


def unsupported(project: Project) -> list[Problem]:
    """List what a project uses that is not built, each an error `notSupported` with its place.

    Profiles that cannot hold what is asked of them are `invalidProject`.
    """
    return list(_export(project.export))


def _export(export: Export) -> Iterator[Problem]:
    if export.video is not None:
        yield from _video(export, export.video)
    if export.audio is not None:
        yield from _audio(export.audio)
    if export.subtitles in ("embed", "sidecar"):
        what = f"Subtitles as {export.subtitles}"
        yield not_supported("/export/subtitles", what, suggestion='Use "burn" or "none"')
    if export.copy_source_metadata:
        yield not_supported("/export/copySourceMetadata", "Copying the sources' metadata", suggestion="Use metadata")


def _video(export: Export, video: VideoExport) -> Iterator[Problem]:
    at, codec = "/export/video", video_codec(export)
    if video.hardware != "off":
        yield not_supported(f"{at}/hardware", f"The hardware encoder {video.hardware}", suggestion='Use "off"')
    if export.container == "avi" and video.b_frames:
        yield not_supported(f"{at}/bFrames", "B-frames in avi", suggestion="Use 0, or another container")
    if codec is None or video.profile is None:
        return
    known = PROFILES.get(codec, {})
    if video.profile not in known:
        suggestion = f"Use one of {', '.join(known)}" if known else "Leave it out"
        yield not_supported(f"{at}/profile", f"The profile {video.profile} of {codec}", suggestion=suggestion)
    else:
        yield from _profile(codec, video.profile, video)


def _profile(codec: VideoCodec, profile: str, video: VideoExport) -> Iterator[Problem]:
    """Name what a profile cannot hold: its encoder would refuse it, or write something else."""
    pointer, known = "/export/video/profile", PROFILES[codec]
    if video.pixel_format not in known[profile]:
        able = next((name for name, formats in known.items() if video.pixel_format in formats), None)
        message = f"The profile {profile} of {codec} cannot hold {video.pixel_format}"
        suggestion = "Leave it out" if able is None else f'Use "{able}"'
        yield finding("invalidProject", pointer, message, suggestion=suggestion, nearest=able)
    elif codec == "h264" and video.rate_control == "lossless" and profile != "high444":
        message = f"The profile {profile} of h264 cannot be lossless"
        yield finding("invalidProject", pointer, message, suggestion='Use "high444"', nearest="high444")
    if profile == "baseline" and video.b_frames:
        message = "The profile baseline of h264 has no B-frames"
        yield finding("invalidProject", "/export/video/bFrames", message, suggestion="Use 0", nearest=0)


def _audio(audio: AudioExport) -> Iterator[Problem]:
    if audio.loudness is not None and audio.loudness.range is not None:
        # One gain moves the whole programme and leaves its range as it is: another needs a compressor, by ear.
        what = "A loudness range: levelling is one gain"
        yield not_supported("/export/audio/loudness/range", what, suggestion="Use null, and the effect compressor")

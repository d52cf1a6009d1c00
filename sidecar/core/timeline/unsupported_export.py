"""What of the export settings is not built yet."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.problem import Problem
from protocol.project import AudioExport, Export, VideoExport
from protocol.project.export import VideoCodec
from protocol.project.formats import has_alpha, video_codec
from sidecar.core.timeline.findings import not_supported

PROFILES: dict[VideoCodec, tuple[str, ...]] = {
    "h264": ("baseline", "main", "high", "high10", "high422", "high444"),
    "hevc": ("main", "main10", "main422-10", "main444-8", "main444-10"),
    "prores": ("proxy", "lt", "standard", "hq", "4444", "4444xq"),
    "dnxhr": ("dnxhr_lb", "dnxhr_sq", "dnxhr_hq", "dnxhr_hqx", "dnxhr_444"),
}
"""Profiles that can be asked for. VP9, AV1 and the others have theirs from the pixel format."""

_STILLS = ("gif", "webp", "png")


def export_unsupported(export: Export) -> Iterator[Problem]:
    """Name what an export asks for that is not built."""
    if export.container in _STILLS:
        yield not_supported("/export/container", f"Writing {export.container}", suggestion='Use "mp4" or "mov"')
    elif export.video is not None:
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
    if has_alpha(video.pixel_format):
        yield not_supported(f"{at}/pixelFormat", f"The pixel format {video.pixel_format}", suggestion='Use "yuv420p"')
    if video.rate_control == "size":
        what = "Rate control by size"
        yield not_supported(f"{at}/rateControl", what, suggestion='Use "bitrate" or "quality"')
    if video.rate_control == "lossless" and codec == "av1":
        # SVT-AV1 4.2 writes a stream that no decoder reads.
        what = "Lossless av1"
        yield not_supported(f"{at}/rateControl", what, suggestion='Use "hevc", "vp9" or "ffv1"')
    if video.passes == 2:
        yield not_supported(f"{at}/passes", "Encoding in two passes", suggestion="Use 1")
    if video.hardware != "off":
        yield not_supported(f"{at}/hardware", f"The hardware encoder {video.hardware}", suggestion='Use "off"')
    if export.container == "avi" and video.b_frames:
        yield not_supported(f"{at}/bFrames", "B-frames in avi", suggestion="Use 0, or another container")
    if codec is None or video.profile is None:
        return
    known = PROFILES.get(codec, ())
    if video.profile not in known:
        suggestion = f"Use one of {', '.join(known)}" if known else "Leave it out"
        yield not_supported(f"{at}/profile", f"The profile {video.profile} of {codec}", suggestion=suggestion)


def _audio(audio: AudioExport) -> Iterator[Problem]:
    if audio.loudness is not None:
        yield not_supported("/export/audio/loudness", "Loudness normalisation", suggestion="Use null")
    if audio.limiter is not None:
        yield not_supported("/export/audio/limiter", "The limiter", suggestion="Use null")

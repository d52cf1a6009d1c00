"""What becomes of a job whose hardware encoder gives out: its work is done again on the processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol.commands.render import Fallback
from protocol.errors import EncoderUnavailable, FfmpegCrashed, FfmpegFailed, RenderFailed, SidecarError, Stalled
from protocol.project.formats import video_codec
from sidecar.ffmpeg.builder.encode_hardware import family_of
from sidecar.ffmpeg.builder.encode_video import video_encoder

if TYPE_CHECKING:
    from sidecar.services.render.planning import Planned

SOFTWARE = {"video": {"hardware": "off"}}
"""What is changed of the export settings."""

GAVE_OUT = (EncoderUnavailable, FfmpegFailed, FfmpegCrashed, Stalled, RenderFailed)
"""Errors that may be the encoder's doing. If they are not, software meets them too, and its error is the job's."""

REASON_LENGTH = 300


def fallback_from(planned: Planned, error: SidecarError) -> Fallback | None:
    """Say what stands in for the encoder of a job that failed; None where no hardware was in it, or it is no cause.

    `used` is filled in by the plan that takes its place.
    """
    video, codec = planned.export.video, video_codec(planned.export)
    if video is None or codec is None or family_of(video) is None or not isinstance(error, GAVE_OUT):
        return None
    reason = " ".join(error.message.split())[:REASON_LENGTH]
    return Fallback(wanted=video_encoder(video, codec), used="", reason=reason, segments=[])


def with_plan(fallback: Fallback, planned: Planned) -> Fallback:
    """Say which encoder a new plan uses instead, and for which segments: all, for hardware encodes in one piece."""
    return Fallback(
        wanted=fallback.wanted,
        used=planned.summary.encoder.video or "",
        reason=fallback.reason,
        segments=[segment.index for segment in planned.segments()],
    )

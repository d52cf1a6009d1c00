"""Small clips of parts of projects and files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from protocol.commands.preview.clip import LONGEST_CLIP, PreviewClip, PreviewedClip
from protocol.errors import LimitExceeded
from protocol.problem import Problem
from protocol.project import Export, VideoTrack
from protocol.project.export import AudioExport, ChannelCount, VideoExport
from protocol.time import format_exact, format_rate
from sidecar.ffmpeg.builder.sound.sources import sound_of
from sidecar.services.preview.excerpts import Excerpts, offer
from sidecar.services.preview.stage import Stage
from sidecar.services.preview.telling import Tell, Telling
from sidecar.services.preview.written import Target, write
from sidecar.services.resources import Resources

SOUND_BITRATE = 96_000
SOUND_RATE = 48_000


@dataclass(frozen=True, slots=True, eq=False)
class Clips:
    """Makes clips."""

    excerpts: Excerpts
    resources: Callable[[], Resources]

    async def clip(
        self, request: PreviewClip, stage: Stage, span: tuple[int, int], target: Target | None, tell: Tell
    ) -> PreviewedClip:
        """Make the clip of project frames [first, end), or find it, and write it where it is asked for.

        Cancelled or failed, no process is left, and nothing at the target. Raises what `Excerpts.make` and `write`
        raise, and LimitExceeded for more than ten minutes.
        """
        check_length(stage, span, LONGEST_CLIP)
        if request.sound:
            stage.check_sound(span)
        if target is not None:
            target.check(stage.sources)
            target.check_suffix(f".{request.container}")
        export = clip_export(stage, span, Look(request.width, request.container, request.quality, request.sound))
        telling = Telling("Making the clip", tell)
        made = await self.excerpts.make(stage, export, suffix=f".{request.container}", told=telling)
        with made.file:
            telling.end()
            written = [] if target is None else [await write(target, made.file.path)]
            size = small(stage, request.width)
            offered = await offer(self.resources(), made, f"video/{request.container}", size)
        return PreviewedClip(
            clip=offered,
            frame=span[0],
            time=stage.time(span[0]),
            frames=span[1] - span[0],
            duration=format_exact((span[1] - span[0]) / stage.rate),
            frame_rate=format_rate(stage.rate),
            width=size[0],
            height=size[1],
            sound=export.audio is not None,
            problems=problems_of(stage, span),
            cached=not telling.begun,
            written=written,
        )


@dataclass(frozen=True, slots=True)
class Look:
    """How a clip is made."""

    width: int
    container: Literal["mp4", "webm"]
    quality: int
    sound: bool


def clip_export(stage: Stage, span: tuple[int, int], look: Look) -> Export:
    """Return the export that writes a clip of project frames [first, end)."""
    width, height = small(stage, look.width)
    heard = look.sound and sounds(stage)
    return Export(
        container=look.container,
        width=width,
        height=height,
        range=range_of(stage, span),
        video=VideoExport(quality=look.quality, preset="fastest"),
        audio=AudioExport(bitrate=SOUND_BITRATE, sample_rate=SOUND_RATE, channels=_channels(stage)) if heard else None,
        subtitles="burn" if stage.export.subtitles == "burn" else "none",
        chapters=False,
    )


def sounds(stage: Stage) -> bool:
    """Whether anything of a stage has sound that is not switched off."""
    return any(
        sound_of(item, video=isinstance(lane.track, VideoTrack)) is not None
        for lane in stage.timeline.lanes
        if lane.audible
        for item in lane.items
    )


def small(stage: Stage, width: int) -> tuple[int, int]:
    """Return the size of something that wide in the shape of what a stage shows, at most as large as that."""
    own, _ = stage.size(None, None)
    return stage.size(min(width, own), None)


def problems_of(stage: Stage, span: tuple[int, int]) -> list[Problem]:
    """Return the problems that concern a file of these frames: analyses that were missing are made for it."""
    return [problem for problem in stage.problems_of(span) if problem.code != "analysisMissing"]


def range_of(stage: Stage, span: tuple[int, int]) -> tuple[str, str]:
    """Return project frames as the range of an export."""
    return stage.time(span[0]), stage.time(span[1])


def check_length(stage: Stage, span: tuple[int, int], most: int) -> None:
    """Raise LimitExceeded for frames that last more than so many seconds, and the error of what cannot be shown."""
    seconds = (span[1] - span[0]) / stage.rate
    if seconds > most:
        raise LimitExceeded(what="seconds", value=float(seconds), limit=most, pointer="/range")
    stage.check(span)


def _channels(stage: Stage) -> ChannelCount:
    return 1 if stage.timeline.channels == 1 else 2

"""What something would look like in a project or on a file: an effect, or cues, without touching the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from protocol.commands.preview.filter import FilterPreview, PreviewFilter
from protocol.commands.preview.subtitles import PreviewSubtitles, SubtitlePreview
from protocol.commands.shared import ProjectRef
from protocol.errors import InvalidParams
from sidecar.effects import catalogue
from sidecar.effects.validation import require_picture_effect
from sidecar.ffmpeg.builder.split import build_split
from sidecar.services.preview.clips import Look as ClipLook
from sidecar.services.preview.clips import clip_export, problems_of, small
from sidecar.services.preview.edited import with_cues, with_effect
from sidecar.services.preview.excerpts import offer
from sidecar.services.preview.pictures import look_of, offered
from sidecar.services.preview.telling import Telling
from sidecar.services.preview.written import Target, write

if TYPE_CHECKING:
    from protocol.commands.shared import Resource
    from sidecar.services.access import ReadAccess
    from sidecar.services.preview.excerpts import Excerpts
    from sidecar.services.preview.pictures import Look, Pictures
    from sidecar.services.preview.stage import Stage
    from sidecar.services.preview.stages import Stages
    from sidecar.services.preview.telling import Tell
    from sidecar.services.resources import Resources

CLIP = "clip"
"""The id of the one clip of a file."""


@dataclass(frozen=True, slots=True)
class Given:
    """A project as JSON values, the folder that its paths start from, and what may be read for it."""

    raw: dict[str, Any]
    base: Path | None
    read: ReadAccess


def of_file(stage: Stage, read: ReadAccess) -> Given:
    """Return the project that a stage of a file plays; its one clip is called `CLIP`."""
    raw = msgspec.json.decode(msgspec.json.encode(stage.timeline.project))
    raw["tracks"][0]["clips"][0]["id"] = CLIP
    return Given(raw, None, read)


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Shows them. Cancelled or failed, no process is left, and nothing at a target."""

    stages: Stages
    pictures: Pictures
    excerpts: Excerpts
    resources: Callable[[], Resources]

    async def filter(self, request: PreviewFilter, given: Given, target: Target | None, tell: Tell) -> FilterPreview:
        """Show frames without an effect and with it, and write the latter where it is asked for.

        Raises EffectUnknown, EffectInvalid, InvalidParams, what setting a stage, `Pictures.picture`, `Excerpts.make`
        and `write` raise.
        """
        if request.split and request.duration:
            raise InvalidParams(detail="a split picture is one of pictures, not of clips", path="/split")
        require_picture_effect(request.effect, catalogue(), "/effect")
        pair = [await self._staged(raw, given) for raw in with_effect(given.raw, request.owner, request.effect)]
        if target is not None:
            target.check(pair[1].sources)
        frame = pair[1].frame(request.frame, request.time)
        if request.duration:
            return await self._clips(request, pair, frame, target, tell)
        looks = [look_of(stage, request.width, None, request.format, request.quality) for stage in pair]
        before, after = [
            await self.pictures.picture(stage, frame, look) for stage, look in zip(pair, looks, strict=True)
        ]
        split = await self._split(pair, frame, request, looks[1]) if request.split else None
        written = [] if target is None else [await write(target, after.data if split is None else split)]
        return FilterPreview(
            before=offered(self.resources(), looks[0], before),
            after=offered(self.resources(), looks[1], after),
            split=None if split is None else self._offer(split, looks[1]),
            frame=frame,
            time=pair[1].time(frame),
            frames=1,
            width=looks[1].size[0],
            height=looks[1].size[1],
            exact=pair[1].complete((frame, frame + 1)),
            problems=pair[1].problems_of((frame, frame + 1)),
            written=written,
        )

    async def subtitles(self, request: PreviewSubtitles, given: Given, target: Target | None) -> SubtitlePreview:
        """Show a frame with cues, and write it where it is asked for. Raises what `filter` does, but for effects."""
        raw = with_cues(given.raw, request.cues, request.style, request.position)
        stage = await self._staged(raw, given)
        if target is not None:
            target.check(stage.sources)
        frame = stage.frame(request.frame, request.time)
        look = look_of(stage, request.width, request.height, request.format, request.quality)
        picture = await self.pictures.picture(stage, frame, look)
        written = [] if target is None else [await write(target, picture.data)]
        return SubtitlePreview(
            image=offered(self.resources(), look, picture),
            frame=frame,
            time=stage.time(frame),
            width=look.size[0],
            height=look.size[1],
            exact=stage.complete((frame, frame + 1)),
            problems=stage.problems_of((frame, frame + 1)),
            written=written,
        )

    async def _staged(self, raw: dict[str, Any], given: Given) -> Stage:
        base = None if given.base is None else str(given.base)
        return await self.stages.of_project(ProjectRef(inline=raw, base_path=base), given.read)

    async def _split(self, pair: list[Stage], frame: int, request: PreviewFilter, look: Look) -> bytes:
        """Draw one picture of both, from pictures without loss."""
        lossless = look_of(pair[1], look.size[0], look.size[1], "png", 0)
        before, after = [await self.pictures.picture(stage, frame, lossless, scan=True) for stage in pair]
        command = build_split(before.data, after.data, look.size, request.format, request.quality)
        return await self.excerpts.drawing.drawn(command)

    async def _clips(
        self, request: PreviewFilter, pair: list[Stage], frame: int, target: Target | None, tell: Tell
    ) -> FilterPreview:
        """Make the clips of both, without sound."""
        stage = pair[1]
        length = max(1, round(Fraction(repr(request.duration)) * stage.rate))
        span = frame, min(stage.frames, frame + length)
        if span[0] >= span[1]:
            raise InvalidParams(detail="it begins after the end", path="/time")
        telling = Telling("Making the clips", tell)
        look = ClipLook(request.width, "mp4", request.quality, sound=False)
        resources: list[Resource] = []
        written: list[str] = []
        size = small(stage, request.width)
        for at, each in enumerate(pair):
            each.check(span)

            def told(done: int, frames: int, before: int = at) -> None:
                telling(before * frames + done, 2 * frames)

            made = await self.excerpts.make(each, clip_export(each, span, look), suffix=".mp4", told=told)
            with made.file:
                resources.append(await offer(self.resources(), made, "video/mp4", size))
                if target is not None and at:
                    written.append(await write(target, made.file.path))
        telling.end()
        return FilterPreview(
            before=resources[0],
            after=resources[1],
            split=None,
            frame=frame,
            time=stage.time(frame),
            frames=span[1] - span[0],
            width=size[0],
            height=size[1],
            exact=True,
            problems=problems_of(stage, span),
            written=written,
        )

    def _offer(self, split: bytes, look: Look) -> Resource:
        kind = f"image/{look.image[0]}"
        return self.resources().offer_bytes(split, kind, scan=True, width=look.size[0], height=look.size[1])

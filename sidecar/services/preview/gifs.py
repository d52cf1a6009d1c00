"""Animated GIFs of parts of projects and files, made again with less until they are small enough."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from protocol.commands.preview.gif import LONGEST_GIF, PreviewedGif, PreviewGif
from protocol.errors import LimitExceeded
from protocol.project import Export
from protocol.project.export import VideoExport
from protocol.time import format_exact, format_rate
from sidecar.core.timeline import output_span
from sidecar.ffmpeg.builder.gif_passes import Shape, gif_pass, palette_pass
from sidecar.services.cache.selection import source_id
from sidecar.services.preview.clips import check_length, problems_of, range_of, small
from sidecar.services.preview.excerpts import Excerpt, Excerpts, offer
from sidecar.services.preview.gif_shapes import smaller
from sidecar.services.preview.stage import Stage
from sidecar.services.preview.telling import Tell, Telling
from sidecar.services.preview.written import Target, write

if TYPE_CHECKING:
    from sidecar.services.resources import Resources

VERSION = "1"
"""Raised whenever the same film begins to give another GIF."""

MOST_PIXELS = 1_000_000_000
"""Pixels of all frames together."""

MOST_ATTEMPTS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Gifs:
    """Makes GIFs: composed once, without loss, at the size and rate asked for; what is too large is drawn again."""

    excerpts: Excerpts
    resources: Callable[[], Resources]

    async def gif(
        self, request: PreviewGif, stage: Stage, span: tuple[int, int], target: Target | None, tell: Tell
    ) -> PreviewedGif:
        """Make the GIF of project frames [first, end), or find it, and write it where it is asked for.

        Cancelled or failed, no process is left, and nothing at the target. Raises what `Excerpts.make` and `write`
        raise, and LimitExceeded for more than a minute, for too many pixels, and where nothing of `max_bytes` can be
        made.
        """
        check_length(stage, span, LONGEST_GIF)
        if target is not None:
            target.check(stage.sources)
            target.check_suffix(".gif")
        export = film_export(stage, span, request)
        frames = output_span(stage.timeline, export).frames
        wanted = Shape(small(stage, request.width), 1, request.colors, request.dither)
        if frames * wanted.size[0] * wanted.size[1] > MOST_PIXELS:
            pixels = frames * wanted.size[0] * wanted.size[1]
            raise LimitExceeded(what="pixels of all frames", value=pixels, limit=MOST_PIXELS, pointer="/width")
        telling = Telling("Making the GIF", tell)
        film = await self.excerpts.make(stage, export, suffix=".mkv", told=telling)
        with film.file:
            rate = rate_of(export, stage)
            made = await self._kept(film, Wish(wanted, rate, frames, request.loop, request.max_bytes), stage)
        with made.file:
            telling.end()
            meta = made.file.meta
            size = int(meta["width"]), int(meta["height"])
            written = [] if target is None else [await write(target, made.file.path)]
            offered = await offer(self.resources(), made, "image/gif", size)
        return PreviewedGif(
            gif=offered,
            frame=span[0],
            time=stage.time(span[0]),
            frames=int(meta["frames"]),
            duration=format_exact(frames / rate),
            frame_rate=format_rate(rate / meta["step"]),
            width=size[0],
            height=size[1],
            colors=int(meta["colors"]),
            dither=meta["dither"],
            attempts=int(meta["attempts"]),
            problems=problems_of(stage, span),
            cached=not telling.begun,
            written=written,
        )

    async def _kept(self, film: Excerpt, wish: Wish, stage: Stage) -> Excerpt:
        """Return the GIF of a film, from the cache where it was drawn before."""
        decides = repr((VERSION, film.key, stage.ffmpeg, wish))
        key = hashlib.sha256(decides.encode()).hexdigest()

        async def draw(target: Path) -> Mapping[str, Any]:
            async with self.excerpts.places:
                return await self._drawn(film.file.path, wish, target)

        cache = self.excerpts.cache()
        names = tuple(map(source_id, film.sources))
        made = await cache.make("play", key, draw, owners=stage.owners, sources=names, suffix=".gif")
        return Excerpt(key, made, film.sources)

    async def _drawn(self, film: Path, wish: Wish, target: Path) -> Mapping[str, Any]:
        """Draw a film until it is small enough; returns what it was drawn with."""
        shape, least = wish.wanted, 0
        for attempt in range(1, MOST_ATTEMPTS + 1):
            await self._passes(film, shape, wish, target)
            least = (await trio.to_thread.run_sync(target.stat)).st_size
            if wish.most is None or least <= wish.most:
                return {
                    "width": shape.size[0],
                    "height": shape.size[1],
                    "step": shape.step,
                    "frames": ceil(wish.frames / shape.step),
                    "colors": shape.colors,
                    "dither": shape.dither,
                    "attempts": attempt,
                }
            following = smaller(shape, wish.wanted, float(wish.rate), wish.most / least)
            if following is None:
                break
            shape = following
        raise LimitExceeded(
            what="bytes of the smallest GIF",
            value=least,
            limit=wish.most or 0,
            pointer="/maxBytes",
            suggestion="Allow more, or take a shorter range",
        )

    async def _passes(self, film: Path, shape: Shape, wish: Wish, target: Path) -> None:
        frames = ceil(wish.frames / shape.step)
        gif = gif_pass(str(film), shape, loop=wish.loop, frames=frames, written=str(target))
        await self.excerpts.drawing.run(palette_pass(str(film), shape), gif)


@dataclass(frozen=True, slots=True)
class Wish:
    """How a film is drawn: as `wanted`, smaller where it would be more than `most` bytes."""

    wanted: Shape
    rate: Fraction
    frames: int
    loop: int
    most: int | None


def film_export(stage: Stage, span: tuple[int, int], request: PreviewGif) -> Export:
    """Return the export that writes what is drawn: every frame that the GIF may show, without loss."""
    width, height = small(stage, request.width)
    return Export(
        container="mkv",
        width=width,
        height=height,
        frame_rate=None if request.fps >= stage.rate else str(request.fps),
        range=range_of(stage, span),
        video=VideoExport(codec="ffv1", pixel_format="gbrp"),
        audio=None,
        subtitles="burn" if stage.export.subtitles == "burn" else "none",
        chapters=False,
    )


def rate_of(export: Export, stage: Stage) -> Fraction:
    """Return the frames a second of an export."""
    return output_span(stage.timeline, export).rate

"""The file that a join writes: its muxer, tags and chapters are those of a render in one piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from math import ceil, lcm
from pathlib import Path
from typing import TYPE_CHECKING

from protocol.errors import RenderFailed
from protocol.project import Export
from protocol.project.formats import audio_codec
from sidecar.core.timeline import OutputSpan
from sidecar.ffmpeg.builder.chapters import CHAPTER_TICKS, Chapter, ticks
from sidecar.ffmpeg.builder.encode import container_options
from sidecar.ffmpeg.codecs import MUXERS
from sidecar.services.files import write_error

if TYPE_CHECKING:
    import av
    from av.container import OutputContainer

LEAST_TICKS, MOST_TICKS = 1_000, 2**31 - 1
"""Ticks a second of a film's clock."""

SUBTITLE_TICKS = 1_000_000
"""Ticks a second of FFmpeg's subtitles in MP4."""


class UnforeseenPiece(Exception):
    """A piece is not what was foreseen of all; what was written so far stays, to be written anew."""


@contextmanager
def open_output(
    target: Path,
    export: Export,
    span: OutputSpan,
    chapters: Sequence[Chapter],
    given: Sequence[tuple[str, str]],
    *,
    subtitled: bool,
) -> Iterator[OutputContainer]:
    """Open the file of an export; it is finished when the block ends.

    What fails in the block removes the file, UnforeseenPiece aside, and is raised. Raises RenderFailed, DiskFull and
    OutputUnwritable for what muxing and the disk say.
    """
    import av  # noqa: PLC0415 - start-up time

    options, tags = _muxing(export, span, given, subtitled=subtitled)
    container: OutputContainer | None = None
    try:
        container = av.open(str(target), "w", format=MUXERS[export.container], container_options=options)
        container.metadata.update(tags)
        container.set_chapters([_chapter(number, each) for number, each in enumerate(chapters)])
        yield container
        container.close()
    except BaseException as error:
        # First, for closing would finish the file, whose index may have to move all that was written.
        if not isinstance(error, UnforeseenPiece):
            target.unlink(missing_ok=True)
        if container is not None:
            with suppress(av.error.FFmpegError):
                container.close()
        if isinstance(error, OSError):
            raise write_error(target, error) from error
        if isinstance(error, av.error.FFmpegError):
            raise RenderFailed(detail=f"the pieces cannot be joined: {error}") from error
        raise


def _muxing(
    export: Export, span: OutputSpan, given: Sequence[tuple[str, str]], *, subtitled: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the muxer's options and the file's tags: those of a render in one piece."""
    options, tags = {}, {}
    for name, value in container_options(export, span.rate, chapters=False, tags=given):
        if name == "metadata" and value is not None:
            key, _, text = value.partition("=")
            tags[key] = _writable(text)
        elif value is not None and name != "f" and not name.startswith(("map_", "flags:", "metadata")):
            options[name] = value
    if export.container in ("mp4", "mov"):
        options["movie_timescale"] = str(_movie_timescale(export, span.rate, subtitled=subtitled))
    return options, tags


def _movie_timescale(export: Export, rate: Fraction, *, subtitled: bool) -> int:
    """Ticks a second in which a frame and a sample are whole numbers, so that chapters and edits are exact."""
    audio = export.audio if audio_codec(export) is not None else None
    scale = rate.numerator if audio is None else lcm(rate.numerator, audio.sample_rate)
    scale = lcm(scale, SUBTITLE_TICKS) if subtitled else scale
    return scale * ceil(LEAST_TICKS / scale) if scale <= MOST_TICKS else LEAST_TICKS


def _chapter(number: int, chapter: Chapter) -> av.container.Chapter:
    return {
        "id": number,
        "start": ticks(chapter.start),
        "end": ticks(chapter.end),
        "time_base": Fraction(1, CHAPTER_TICKS),
        "metadata": {"title": _writable(chapter.title)},
    }


def _writable(text: str) -> str:
    """Return text that can be UTF-8."""
    return text.encode("utf-8", "replace").decode()

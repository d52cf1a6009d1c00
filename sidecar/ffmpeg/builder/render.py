"""A timeline as the one command that renders it."""

from __future__ import annotations

from protocol.errors import NothingToRender, ResourceLimit
from protocol.project import Export
from sidecar.core.timeline import Timeline, output_span
from sidecar.ffmpeg.builder.command import Command, Output, SideFile, arguments
from sidecar.ffmpeg.builder.encode import output_options
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.picture import build_picture
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT, FontSet

MAX_FILTERS = 2_000
"""Filters that one process is given."""


def build_render(
    timeline: Timeline, export: Export, *, target: str, fonts: FontSet, window: tuple[int, int] | None = None
) -> Command:
    """Build the command that writes an export of a timeline to `target`.

    `window` (project frames, half open) takes the place of the export's range.

    Raises NothingToRender for a window without frames, ResourceLimit for a timeline that one process cannot take.
    """
    span = output_span(timeline, export, window)
    if span.frames == 0:
        raise NothingToRender
    streams: list[Stream] = []
    files: tuple[SideFile, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    if export.video is not None:
        picture = build_picture(timeline, export, export.video, span, fonts)
        streams.append(picture.stream)
        files, environment = picture.files, FONT_ENVIRONMENT if picture.text else ()
    command = Command(
        outputs=(Output(tuple(streams), output_options(export, span.rate), target),),
        files=files,
        globals_=(("copyts", None),),
        frames=span.frames if export.video is not None else None,
        environment=environment,
    )
    filters = arguments(command).filters
    if filters > MAX_FILTERS:
        raise ResourceLimit(what="filters of one process", value=filters, limit=MAX_FILTERS)
    return command

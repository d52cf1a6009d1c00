"""The cells of a render: pieces of its output that are encoded one by one, each known by a key of what decides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocol.project import Export
from protocol.project.formats import video_codec
from sidecar.core.grid import cell_frames, cut_cells
from sidecar.core.keys import plan_key
from sidecar.ffmpeg.builder.cells import RunJob, build_run, plan_run
from sidecar.ffmpeg.builder.encode_video import keyframe_distance
from sidecar.ffmpeg.builder.picture import Cutter
from sidecar.ffmpeg.builder.picture.sceneries import Theatre, sceneries
from sidecar.ffmpeg.builder.staged import MOST_FILTERS, Cost, composing_cost
from sidecar.services.render.join import joinable

if TYPE_CHECKING:
    from sidecar.core.copying import CopySpan
    from sidecar.core.timeline import OutputSpan, Timeline
    from sidecar.ffmpeg.builder.resources import Resources

WHOLE = ("gif", "webp", "png")
"""Containers that are written in one piece: what they show of a frame depends on the others."""

STILL = 2
"""A picture that stands for at least one of as many parts of a cell is encoded once for all cells that show it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Frames [first, end) of the output, and what they are known by: equal keys are equal files.

    `encoded` is how many frames the file of the key holds: those of the cell, or, where it is `still`, a cell's usual
    number of one picture. Then any of its packets, from the first on in the order in which they are stored, are the
    cell. `cost` is what composing it asks of its process. `copy` are packets of a source that stand for the cell as
    they are; then there is no file. `sources` are the paths of the files that it shows.
    """

    index: int
    first: int
    end: int
    key: str
    encoded: int
    cost: Cost
    still: bool = False
    copy: CopySpan | None = None
    sources: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        return self.end - self.first


def in_cells(export: Export) -> bool:
    """Whether an export is put together of cells: where no frame's bytes depend on another cell's."""
    video = export.video
    if video is None or video_codec(export) is None or export.container in WHOLE:
        return False
    alone = video.rate_control in ("quality", "lossless") and video.max_bitrate is None and video.hardware == "off"
    return alone and joinable(export) is None


def plan_cells(
    timeline: Timeline,
    export: Export,
    resources: Resources,
    span: OutputSpan,
    *,
    fingerprints: Mapping[str, str],
    ffmpeg: str,
    copies: Sequence[CopySpan] = (),
) -> tuple[Cell, ...]:
    """Cut an output into cells and say what each is known by; none where it is written in one piece.

    `fingerprints` are those of the sources by path, `ffmpeg` its version; `copies` are spans of the output whose
    packets are taken as they are. Meant for a thread: it takes about a millisecond a cell. Raises ResourceLimit for
    an instant that no process can take.
    """
    video = export.video
    if video is None or not in_cells(export):
        return ()
    cutter = Cutter(timeline, resources.catalogue)
    every = cell_frames(span.rate, keyframe_distance(video, span.rate))
    theatre = Theatre(timeline, export, video, span, resources, cutter)
    shown = sceneries(theatre, every * span.project_rate / span.rate / STILL)
    copied = {copy.first: copy for copy in copies}
    cells = []
    for index, cut in enumerate(cut_cells(shown, span, every, [(copy.first, copy.end) for copy in copies])):
        copy, met = copied.get(cut.first), set[str]()
        if copy is not None:
            packets = "copied", copy.fingerprint, copy.stream, copy.packets
            key, cost = plan_key(packets, {}, ffmpeg), Cost(0, 0, 0)
        else:
            spans, held = ((cut.first, cut.end),), every if cut.still else None
            command = build_run(timeline, export, resources, spans, ("-",), cutter=cutter, sketch=True, held=held)
            key, cost = plan_key(command, fingerprints, ffmpeg, met), composing_cost(command.outputs[0].streams[0])
            if cost.filters > MOST_FILTERS:
                # So many at one instant are refused.
                plan_run(timeline, export, resources, spans, cutter=cutter, held=held)
        encoded = every if cut.still else cut.frames
        shows = tuple(sorted(met))
        cells.append(Cell(index, cut.first, cut.end, key, encoded, cost, still=cut.still, copy=copy, sources=shows))
    return tuple(cells)


def run_job(
    cells: Sequence[Cell], timeline: Timeline, export: Export, resources: Resources, *, cutter: Cutter | None = None
) -> RunJob:
    """Return how neighbouring cells are made; a still one is alone. Raises ResourceLimit as `plan_run` does."""
    held = cells[0].encoded if cells[0].still else None
    spans = [(cell.first, cell.end) for cell in cells]
    return plan_run(timeline, export, resources, spans, cutter=cutter, held=held)

"""Copied parts of a render: which there are, their pieces for the join, and whether the finished file shows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from protocol.errors import SidecarError
from protocol.problem import Problem
from protocol.project import Export
from protocol.project.formats import video_codec
from sidecar.ffmpeg.builder.encode_video import video_options
from sidecar.services.media.messages import Copied
from sidecar.services.media.units import UNITS
from sidecar.services.render.control import JobControl, given_up_paused
from sidecar.services.render.crew import open_crew
from sidecar.services.render.join_pieces import EncodedPiece
from sidecar.services.render.uncopied import CopyFailed, Stream

if TYPE_CHECKING:
    from sidecar.core.copying import CopySpan, Piece, Refusal
    from sidecar.core.packets import PacketTable
    from sidecar.core.timeline import OutputSpan, Timeline
    from sidecar.services.media.service import MediaService
    from sidecar.services.render.cells import Cell

AT_ONCE = 4
"""Batches that are worked on at a time; there are as many workers at most."""

BATCH_SPANS = 12
BATCH_BYTES = 64 * 2**20
"""What a worker is given at a time, but at least one span: opening the files costs more than reading a short one."""

LOOKED_AT = 4
"""Copied cells of which frames are decoded, of those that stand between the same things."""


@dataclass(frozen=True, slots=True)
class Copies:
    """The spans of an output that are copied, in order, and why clips (or all) are not, or not wholly."""

    spans: tuple[CopySpan, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    def problems(self) -> list[Problem]:
        """Warn of clips that could not be copied though nothing seemed to forbid it."""
        from sidecar.core.timeline.findings import finding  # noqa: PLC0415 - start-up time

        return [
            finding("notCopied", refusal.pointer, f"The clip was encoded: {refusal.reason}", severity="warning")
            for refusal in self.refusals
            if refusal.rule == "check"
        ]


@dataclass(frozen=True, slots=True)
class Extracted:
    """A span's packets in a file at `path`, and the digest that they keep in the finished file."""

    span: CopySpan
    path: Path
    digest: str

    @property
    def piece(self) -> EncodedPiece:
        """What the output is joined from."""
        delay = self.span.delay if self.span.codec in UNITS else 0
        return EncodedPiece(self.path, self.span.frames, delay=delay)


async def find_copies(
    timeline: Timeline,
    export: Export,
    span: OutputSpan,
    media: MediaService,
    *,
    without: Collection[Stream] = (),
) -> Copies:
    """Find what of an output can be copied.

    Streams `without` are left out: a check found that they cannot be. Files whose packets cannot be listed are encoded.
    """
    from sidecar.core.copying import Fit, Refusal, copy_spans, hopeless, untouched  # noqa: PLC0415 - start-up time

    found = await trio.to_thread.run_sync(untouched, timeline, export, span)
    fit = Fit(export, span.frames, span.rate, intra_profile(export, span.rate))
    pieces: list[Piece] = []
    left: list[Refusal] = []
    for piece in found.pieces:
        rule = "check" if piece.key in without else "bitrate" if hopeless(piece, fit) else None
        if rule is None:
            pieces.append(piece)
        else:
            left += [Refusal(pointer, rule) for pointer in piece.pointers]
    tables: dict[Stream, PacketTable] = {}

    async def list_packets(stream: Stream) -> None:
        try:
            tables[stream] = await media.packets(Path(stream[0]), stream[1])
        except SidecarError:
            return

    async with trio.open_nursery() as nursery:
        for stream in {piece.key for piece in pieces}:
            nursery.start_soon(list_packets, stream)
    spans, refusals = await trio.to_thread.run_sync(copy_spans, pieces, tables.get, fit)
    return Copies(spans, (*found.refusals, *left, *refusals))


def copied_bytes(cells: Sequence[Cell]) -> tuple[int, int]:
    """Return how many bytes are copied into an output, and how many of them are written to a folder before."""
    copies = [(cell.key, cell.copy.bytes) for cell in cells if cell.copy is not None]
    return sum(size for _, size in copies), sum(dict(copies).values())


async def take_copies(
    cells: Sequence[Cell], folder: Path, media: MediaService, control: JobControl
) -> dict[str, Extracted]:
    """Write the packets of all copied cells of a job into its folder; returns them by the cells' keys.

    A job that is paused meanwhile begins anew with what was not whole. Raises CopyFailed where a source cannot be
    read, DiskFull, OutputUnwritable.
    """
    taken: dict[str, Extracted] = {}
    copies = [*{cell.key: cell.copy for cell in cells if cell.copy is not None}.items()]
    targets = [folder / f"copied-{number}" for number in range(len(copies))]

    async def take(places: Sequence[int]) -> None:
        spans = [copies[place][1] for place in places]
        writing = partial(media.extract, spans, [targets[place] for place in places])
        try:
            digests = await given_up_paused(control, writing)
        except SidecarError as error:
            if error.kind in ("diskFull", "outputUnwritable"):
                raise
            raise CopyFailed(spans[0], error.message) from error
        for place, span, digest in zip(places, spans, digests, strict=True):
            taken[copies[place][0]] = Extracted(span, targets[place], digest)

    await _at_once([partial(take, places) for places in batches([span for _, span in copies])])
    return taken


async def check_copies(
    output: Path, cells: Sequence[Cell], copies: Mapping[str, Extracted], media: MediaService, control: JobControl
) -> None:
    """Look at every copied cell of a finished file: raises CopyFailed for one that is not the source's."""
    looked = looked_at(cells)
    asked = [
        Copied(cell.copy, copies[cell.key].digest, cell.index in looked) for cell in cells if cell.copy is not None
    ]

    async def look(places: Sequence[int]) -> None:
        spans = [asked[place].span for place in places]
        looking = partial(media.check_copies, output, [asked[place] for place in places])
        try:
            wrong = await given_up_paused(control, looking)
        except SidecarError as error:
            wrong = 0, error.message
        if wrong is not None:
            raise CopyFailed(spans[wrong[0]], wrong[1])

    await _at_once([partial(look, places) for places in batches([copy.span for copy in asked])])


async def _at_once(tasks: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Do all, several at a time; the first to fail ends the others."""
    room = trio.CapacityLimiter(AT_ONCE)

    async def one(task: Callable[[], Awaitable[None]]) -> None:
        async with room:
            await task()

    async with open_crew() as crew:
        for task in tasks:
            crew.start(partial(one, task))


def batches(spans: Sequence[CopySpan]) -> list[list[int]]:
    """Group spans, by their places, to what a worker is given at a time: some of one stream, in their order."""
    found: list[list[int]] = []
    last: dict[Stream, list[int]] = {}
    for place, span in enumerate(spans):
        batch = last.get((span.path, span.stream))
        full = batch is None or len(batch) == BATCH_SPANS
        if batch is None or full or sum(spans[each].bytes for each in batch) + span.bytes > BATCH_BYTES:
            batch = last[span.path, span.stream] = []
            found.append(batch)
        batch.append(place)
    return found


def looked_at(cells: Sequence[Cell]) -> frozenset[int]:
    """Choose copied cells at whose ends frames are decoded: some, evenly, of those that stand between the same things."""
    sides = [None, *(None if cell.copy is None else (cell.copy.path, cell.copy.stream) for cell in cells), None]
    alike: dict[tuple[Stream | None, ...], list[int]] = {}
    for place, cell in enumerate(cells):
        if cell.copy is not None:
            alike.setdefault(tuple(sides[place : place + 3]), []).append(cell.index)
    return frozenset(found[at] for found in alike.values() for at in _evenly(len(found)))


def _evenly(count: int) -> list[int]:
    """Return numbers below `count`, at most LOOKED_AT, the first and the last among them."""
    if count <= LOOKED_AT:
        return list(range(count))
    return [(count - 1) * number // (LOOKED_AT - 1) for number in range(LOOKED_AT)]


def intra_profile(export: Export, rate: Fraction) -> str | None:
    """Name the profile of ProRes or DNxHR that an export is encoded in; None for other codecs."""
    codec, video = video_codec(export), export.video
    if video is None or codec not in ("prores", "dnxhr"):
        return None
    return dict(video_options(video, export, codec, rate)).get("profile:v")

"""Copied parts of a render: which there are, their pieces for the join, and whether the finished file shows them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
from sidecar.services.media.units import UNITS
from sidecar.services.render.crew import open_crew
from sidecar.services.render.join_pieces import EncodedPiece
from sidecar.services.render.uncopied import CopyFailed, Stream

if TYPE_CHECKING:
    from sidecar.core.copying import CopySpan, Piece, Refusal
    from sidecar.core.packets import PacketTable
    from sidecar.core.timeline import OutputSpan, Timeline
    from sidecar.services.media import MediaService
    from sidecar.services.render.cells import Cell

AT_ONCE = 4
"""Spans that are worked on at a time; there are as many workers at most."""


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
        return EncodedPiece(self.path, self.span.frames, delays=self.span.codec in UNITS)


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


async def extract(span: CopySpan, target: Path, media: MediaService) -> Extracted:
    """Write a span's packets to `target`. Raises CopyFailed where the source cannot be read, DiskFull, OutputUnwritable."""
    try:
        return Extracted(span, target, await media.extract(span, target))
    except SidecarError as error:
        if error.kind in ("diskFull", "outputUnwritable"):
            raise
        raise CopyFailed(span, error.message) from error


async def take_copies(cells: Sequence[Cell], folder: Path, media: MediaService) -> dict[str, Extracted]:
    """Extract all copied cells of a job into its folder, several at a time; returns them by the cells' keys."""
    taken: dict[str, Extracted] = {}
    room = trio.CapacityLimiter(AT_ONCE)
    copies = {cell.key: cell.copy for cell in cells if cell.copy is not None}

    async def take(key: str, span: CopySpan, target: Path) -> None:
        async with room:
            taken[key] = await extract(span, target, media)

    async with open_crew() as crew:
        for number, (key, span) in enumerate(copies.items()):
            crew.start(partial(take, key, span, folder / f"copied-{number}"))
    return taken


async def check_copies(output: Path, copies: Sequence[Extracted], media: MediaService) -> None:
    """Look at every copied span of a finished file: raises CopyFailed for one that is not the source's."""
    failed: list[CopyFailed] = []
    room = trio.CapacityLimiter(AT_ONCE)

    async def look(copy: Extracted) -> None:
        async with room:
            if failed:
                return
            try:
                wrong = await media.check_copy(output, copy.span, copy.digest)
            except SidecarError as error:
                wrong = error.message
            if wrong is not None:
                failed.append(CopyFailed(copy.span, wrong))

    async with trio.open_nursery() as nursery:
        for copy in copies:
            nursery.start_soon(look, copy)
    if failed:
        raise failed[0]


def intra_profile(export: Export, rate: Fraction) -> str | None:
    """Name the profile of ProRes or DNxHR that an export is encoded in; None for other codecs."""
    codec, video = video_codec(export), export.video
    if video is None or codec not in ("prores", "dnxhr"):
        return None
    return dict(video_options(video, export, codec, rate)).get("profile:v")

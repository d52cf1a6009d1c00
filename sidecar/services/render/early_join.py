"""Joins while cells are still being made: what was cached is written by the time that the last cell is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import trio

from sidecar.services.render.join_pieces import EncodedPiece, OpenPiece, Piece, Scan

if TYPE_CHECKING:
    from sidecar.services.render.cell_run import CellRun
    from sidecar.services.render.cells import Cell

TELLING = 25
"""Frames of a cell that lets expect in which order the packets of all others come: fewer may all be of one kind."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """A piece that may not be there yet. Both methods wait for it, in one of trio's threads."""

    frames: int
    get: Callable[[], Piece]

    def scan(self, rate: Fraction) -> Scan:
        return self.get().scan(rate)

    @contextmanager
    def open(self, rate: Fraction, *, shown: bool = False) -> Iterator[OpenPiece]:
        with self.get().open(rate, shown=shown) as opened:
            yield opened


def encoded_piece(cells: CellRun, cell: Cell) -> EncodedPiece:
    """Return what a cell that is there is joined from."""
    delay = None if cell.still else cells.delays.get(cell.key)
    return EncodedPiece(cells.files[cell.key], cell.frames, delay=delay, still=cell.still)


def arriving(cells: CellRun) -> list[Piece]:
    """Return the pieces of all cells, made or yet to be made; none of them is a copy."""

    async def wait(cell: Cell) -> Piece:
        await cells.arrival(cell.key)
        return encoded_piece(cells, cell)

    return [Arriving(cell.frames, partial(trio.from_thread.run, wait, cell)) for cell in cells.planned.cells]


async def foresee_scan(cells: CellRun) -> Scan | None:
    """Wait for a cell that was cached, and return what it lets expect of all; None where a join cannot begin early."""
    planned = cells.planned
    if any(cell.copy is not None for cell in planned.cells):
        return None
    telling = (cell for cell in planned.cells if cell.key in planned.known and not cell.still)
    first = next((cell for cell in telling if cell.frames >= TELLING), None)
    if first is None:
        return None
    await cells.arrival(first.key)
    return await trio.to_thread.run_sync(encoded_piece(cells, first).scan, planned.span.rate)

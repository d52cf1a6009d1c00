"""Timelines of one made-up file, and made-up packets of it, for tests of copying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sidecar.core.copying import Fit, Untouched, copy_spans, untouched
from sidecar.core.packets import IDR, KEY, CopySpan, PacketTable, packed_table
from sidecar.core.timeline import Timeline, output_span

TICK = 512
"""Ticks of a frame at 25 a second."""

TABLE = PacketTable(
    codec="h264",
    profile="High",
    level=10,
    pixel_format="yuv420p",
    width=96,
    height=48,
    pixel_aspect=Fraction(1),
    tags=(1, 1, 1, 1),
    interlaced=False,
    upright=True,
    form="lengths",
    sets="digest",
    set_ids=(0,),
    sets_change=False,
    time_base=Fraction(1, 12800),
    pts=b"",
    sizes=b"",
    kinds=b"",
)


def table(
    frames: Sequence[int],
    starts: Sequence[int],
    *,
    size: int = 100,
    kinds: dict[int, int] | None = None,
    **members: Any,
) -> PacketTable:
    """Packets in decoding order that hold these frames; those of `starts` are keyframes that decoding can begin with."""
    pts, sizes = packed_table([frame * TICK for frame in frames], [size] * len(frames))
    own = [KEY | IDR if frame in starts else 0 for frame in frames]
    for place, kind in (kinds or {}).items():
        own[place] = kind
    return replace(TABLE, **{"pts": pts, "sizes": sizes, "kinds": bytes(own)} | members)


EVEN = table(range(250), range(0, 250, 25))


def looked(found: Timeline, window: tuple[int, int] | None = None) -> Untouched:
    return untouched(found, found.project.export, output_span(found, found.project.export, window))


def copies(found: Timeline, packets: PacketTable = EVEN, **members: Any) -> tuple[list[CopySpan], list[str]]:
    """What is copied, and the rules by which the rest is not."""
    export = found.project.export
    span = output_span(found, export)
    fit = replace(Fit(export, span.frames, span.rate), **members)
    spans, refusals = copy_spans(looked(found).pieces, lambda _: packets, fit)
    return list(spans), [refusal.rule for refusal in refusals]

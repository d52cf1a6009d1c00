"""Clips that were cut and not changed, taken for the one clip that they were: cuts alone make nothing new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

import msgspec
from msgspec import structs

from protocol.project import Clip, Color, ColorSource, Crop, FileSource, GradientSource, PatternSource, Transform
from sidecar.core.timeline.model import Item, Lane, Timeline

LASTING = FileSource | ColorSource | GradientSource | PatternSource
"""Sources that know nothing of how long their clip is, nor when it began."""


def joined(timeline: Timeline, *, heard: bool = False) -> Timeline:
    """Return a timeline of the same pictures and sounds, in which clips that go on through a cut are one.

    Such clips touch, with neither a transition nor a fade between, are alike in all that is seen and heard, have no
    effects and nothing that changes over time, and the second goes on in the source where the first ends.
    `heard`: only the sounds are the same; what is but seen of clips counts for nothing then.
    """
    goes_on = partial(_goes_on, timeline=timeline, heard=heard)
    return replace(
        timeline,
        video=tuple(_lane(lane, goes_on) for lane in timeline.video),
        audio=tuple(_lane(lane, goes_on) for lane in timeline.audio),
    )


def _lane(lane: Lane, goes_on: Callable[[Item, Item], bool]) -> Lane:
    items: list[Item] = []
    became: dict[int, int] = {}
    for item in lane.items:
        if items and goes_on(items[-1], item):
            items[-1] = _through(items[-1], item)
        else:
            items.append(item)
        became[id(item)] = len(items) - 1
    if len(items) == len(lane.items):
        return lane

    def now(item: Item | None) -> Item | None:
        return None if item is None else items[became[id(item)]]

    crossings = tuple(
        replace(crossing, outgoing=now(crossing.outgoing), incoming=now(crossing.incoming))
        for crossing in lane.crossings
    )
    return replace(lane, items=tuple(items), crossings=crossings)


def _goes_on(before: Item, after: Item, *, timeline: Timeline, heard: bool) -> bool:
    if before.end != after.first or before.tail or after.head or before.audio_fade_out or after.audio_fade_in:
        return False
    if not heard and (before.fade_out or after.fade_in or before.cell != after.cell):
        return False
    counting = _heard if heard else _shown
    if before.file != after.file or not _steady((before, after), counting):
        return False
    lasts = before.frames / timeline.rate
    moved = Fraction(0) if before.frozen else lasts * before.speed
    on = not isinstance(before.clip.source, FileSource) or after.source_start == before.source_start + moved
    if before.file is not None and before.file.audio is not None and not before.clip.muted:
        # Sound goes on to the sample where samples meet the cut, and what stretches it remembers nothing.
        meets = (before.first / timeline.rate, lasts, before.source_start)
        on = on and before.speed == 1 and all((time * timeline.sample_rate).denominator == 1 for time in meets)
    return on and counting(before.clip) == counting(after.clip)


def _steady(items: Sequence[Item], counting: Callable[[Clip], Clip]) -> bool:
    return all(
        isinstance(item.clip.source, LASTING)
        and item.time_map is None
        and not item.clip.reverse
        and not item.clip.effects
        and b'"keyframes"' not in msgspec.json.encode(counting(item.clip))
        for item in items
    )


def _shown(clip: Clip) -> Clip:
    """A clip without its place, and without what is neither seen nor heard of it."""
    return structs.replace(
        clip,
        start=0,
        duration=0,
        source_start=0,
        fade_in=0,
        fade_out=0,
        audio_fade_in=0,
        audio_fade_out=0,
        id=None,
        name="",
        link=None,
        markers=[],
        notes="",
        tags=[],
        metadata={},
    )


def _heard(clip: Clip) -> Clip:
    """A clip as `_shown` has it, without what is only seen of it."""
    return structs.replace(
        _shown(clip),
        fit="contain",
        crop=Crop(),
        transform=Transform(),
        opacity=1.0,
        blend="normal",
        color=Color(),
        layout=None,
        retime="nearest",
    )


def _through(before: Item, after: Item) -> Item:
    return replace(before, end=after.end, tail=after.tail, fade_out=after.fade_out, audio_fade_out=after.audio_fade_out)

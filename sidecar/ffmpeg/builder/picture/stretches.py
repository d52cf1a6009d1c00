"""The timeline cut where what is on screen changes: within a stretch every track shows one clip or one transition."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from protocol.project import ColorSource, TitleSource
from sidecar.core.timeline import Crossing, Item, Lane, Timeline


@dataclass(frozen=True, slots=True)
class Shown:
    """What a lane shows during a stretch."""

    lane: Lane
    what: Item | Crossing

    @property
    def items(self) -> tuple[Item, ...]:
        if isinstance(self.what, Item):
            return (self.what,)
        return tuple(item for item in (self.what.outgoing, self.what.incoming) if item is not None)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Project frames [first, end), and what is shown, from the bottom to the top.

    `plain`: everything shown can be composed in the format with subsampled colour.
    """

    first: int
    end: int
    shown: tuple[Shown, ...]
    plain: bool = True

    @property
    def frames(self) -> int:
        return self.end - self.first


def stretches(timeline: Timeline) -> list[Stretch]:
    """Cut the timeline at the edges of clips, fades and transitions."""
    edges = {0, timeline.frames}
    for lane in timeline.video:
        for item in lane.items:
            edges |= {item.first - item.head, item.first + item.fade_in, item.end - item.fade_out, item.end + item.tail}
        for crossing in lane.crossings:
            edges |= {crossing.first, crossing.end}
    cuts = sorted(edge for edge in edges if 0 <= edge <= timeline.frames)
    lanes = [_Cursor(lane) for lane in timeline.video]
    found = []
    for start, stop in pairwise(cuts):
        shown = tuple(part for cursor in lanes if (part := cursor.at(start)) is not None)
        found.append(Stretch(start, stop, shown))
    return found


def factor(item: Item, frame: int) -> float:
    """Opacity of a clip at a project frame: its own × fades × a colour's alpha (docs/project.md §4, step 11)."""
    opacity = item.clip.opacity
    value = float(opacity) if isinstance(opacity, int | float) else 1.0
    into, left = frame - item.first, item.end - 1 - frame
    if 0 <= into < item.fade_in:
        value *= into / item.fade_in
    if 0 <= left < item.fade_out:
        value *= left / item.fade_out
    if isinstance(item.clip.source, ColorSource) and len(item.clip.source.color) == 9:
        value *= int(item.clip.source.color[7:9], 16) / 255
    return value


def is_title(item: Item) -> bool:
    return isinstance(item.clip.source, TitleSource)


class _Cursor:
    """Walks along a lane; frames are asked for in rising order."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.item = 0
        self.crossing = 0

    def at(self, frame: int) -> Shown | None:
        crossings, items = self.lane.crossings, self.lane.items
        while self.crossing < len(crossings) and crossings[self.crossing].end <= frame:
            self.crossing += 1
        if self.crossing < len(crossings) and crossings[self.crossing].first <= frame:
            return Shown(self.lane, crossings[self.crossing])
        while self.item < len(items) and items[self.item].end <= frame:
            self.item += 1
        if self.item < len(items) and items[self.item].first <= frame:
            return Shown(self.lane, items[self.item])
        return None

"""The timeline cut where what is on screen changes: within a stretch every track shows one clip or one transition."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from protocol.project import AdjustmentSource, VideoTrack
from sidecar.core.timeline import Crossing, Item, Lane, Timeline
from sidecar.ffmpeg.builder.catalogue import Catalogue
from sidecar.ffmpeg.builder.picture.effects import acts, reach


@dataclass(frozen=True, slots=True)
class Shown:
    """What a lane shows during a stretch: a clip, a transition, or (None) its layer as its effects leave it."""

    number: int
    lane: Lane
    what: Item | Crossing | None

    @property
    def items(self) -> tuple[Item, ...]:
        if self.what is None:
            return ()
        if isinstance(self.what, Item):
            return (self.what,)
        return tuple(item for item in (self.what.outgoing, self.what.incoming) if item is not None)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Project frames [first, end), and what is shown, from the bottom to the top."""

    first: int
    end: int
    shown: tuple[Shown, ...]

    @property
    def frames(self) -> int:
        return self.end - self.first


class Cutter:
    """Cuts any neighbouring lanes of one timeline into stretches, each lot of lanes once.

    A lane whose track has effects is shown as one layer, what they leave of it; `inside` it, as what they are given.
    `decided` is what its planners found of whole stretches and whole clips: it holds for every window.
    """

    def __init__(self, timeline: Timeline, catalogue: Catalogue) -> None:
        self.timeline = timeline
        self.decided: dict[Hashable, Any] = {}
        self._layers = [_islands(lane, catalogue) for lane in timeline.video]
        self._cuts: dict[tuple[range, bool], tuple[list[int], list[Stretch]]] = {}

    def cut(self, lanes: range, first: int, end: int, *, inside: bool = False) -> list[Stretch]:
        """Return the stretches of some lanes, whole, that hold frames [first, end) of the project."""
        key = lanes, inside
        if key not in self._cuts:
            made = self._stretches(lanes, inside=inside)
            self._cuts[key] = [stretch.first for stretch in made], made
        starts, found = self._cuts[key]
        place = max(0, bisect_right(starts, first) - 1)
        kept = []
        while place < len(found) and found[place].first < end:
            if found[place].end > first:
                kept.append(found[place])
            place += 1
        return kept

    def _stretches(self, lanes: range, *, inside: bool) -> list[Stretch]:
        frames = self.timeline.frames
        cursors = []
        edges = {0, frames}
        for number in lanes:
            cursor = _Cursor(number, self.timeline.video[number], None if inside else self._layers[number])
            edges.update(cursor.edges())
            cursors.append(cursor)
        cuts = sorted(edge for edge in edges if 0 <= edge <= frames)
        return [
            Stretch(start, stop, tuple(part for cursor in cursors if (part := cursor.at(start)) is not None))
            for start, stop in pairwise(cuts)
        ]


def _islands(lane: Lane, catalogue: Catalogue) -> list[tuple[int, int]] | None:
    """Where a lane with effects of its own may show something: its clips, and as far around as its effects look."""
    effects = lane.track.effects
    if not isinstance(lane.track, VideoTrack) or not acts(effects, catalogue):
        return None
    before, after = reach(effects, catalogue)
    spans = sorted((item.first - item.head - after, item.end + item.tail + before) for item in lane.items)
    found: list[tuple[int, int]] = []
    for first, end in spans:
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((first, end))
    return found


class _Cursor:
    """Walks along a lane; frames are asked for in rising order."""

    def __init__(self, number: int, lane: Lane, islands: list[tuple[int, int]] | None) -> None:
        self.number = number
        self.lane = lane
        self.islands = islands
        self.item = 0
        self.crossing = 0
        self.island = 0
        # They act on what lies below the track, not on its own layer, so its effects have nothing to do with them.
        self.adjustments = [item for item in lane.items if isinstance(item.clip.source, AdjustmentSource)]

    def edges(self) -> set[int]:
        if self.islands is not None:
            spans = [*self.islands, *((item.first, item.end) for item in self.adjustments)]
            if len({item.clip.blend for item in self.lane.items}) > 1:
                # One piece is laid in one mode.
                spans += [(item.first, item.end) for item in self.lane.items]
                spans += [(crossing.first, crossing.end) for crossing in self.lane.crossings]
            return {edge for span in spans for edge in span} | {
                edge for item in self.adjustments for edge in (item.first + item.fade_in, item.end - item.fade_out)
            }
        edges = set()
        for item in self.lane.items:
            edges |= {item.first - item.head, item.first + item.fade_in, item.end - item.fade_out, item.end + item.tail}
        for crossing in self.lane.crossings:
            edges |= {crossing.first, crossing.end}
        return edges

    def at(self, frame: int) -> Shown | None:
        if self.islands is not None:
            while self.item < len(self.adjustments) and self.adjustments[self.item].end <= frame:
                self.item += 1
            if self.item < len(self.adjustments) and self.adjustments[self.item].first <= frame:
                return Shown(self.number, self.lane, self.adjustments[self.item])
            while self.island < len(self.islands) and self.islands[self.island][1] <= frame:
                self.island += 1
            inside = self.island < len(self.islands) and self.islands[self.island][0] <= frame
            return Shown(self.number, self.lane, None) if inside else None
        crossings, items = self.lane.crossings, self.lane.items
        while self.crossing < len(crossings) and crossings[self.crossing].end <= frame:
            self.crossing += 1
        if self.crossing < len(crossings) and crossings[self.crossing].first <= frame:
            return Shown(self.number, self.lane, crossings[self.crossing])
        while self.item < len(items) and items[self.item].end <= frame:
            self.item += 1
        if self.item < len(items) and items[self.item].first <= frame:
            return Shown(self.number, self.lane, items[self.item])
        return None

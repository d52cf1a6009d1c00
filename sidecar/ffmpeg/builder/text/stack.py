"""Where overlapping cues stand: a matter of the whole project, so that every window of it shows the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from protocol.project import Style
from sidecar.core.timeline import CueLane, TimedCue
from sidecar.ffmpeg.builder.text.acts import SCALES, widest_blur
from sidecar.ffmpeg.builder.text.fontset import FontSet
from sidecar.ffmpeg.builder.text.layout import Block, lay_out
from sidecar.ffmpeg.builder.text.look import look_of, merge
from sidecar.ffmpeg.builder.text.motion import Motion
from sidecar.ffmpeg.builder.text.words import sung_words

NEIGHBOURS = 64
"""How many earlier cues of the list a cue makes way for; more never fit on a screen."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A cue in its place, on frames [first, end), and how it moves."""

    block: Block
    first: int
    end: int
    motion: Motion


@dataclass(frozen=True, slots=True)
class _Place:
    order: int
    cue: TimedCue
    lane: CueLane


def place_cues(lanes: Sequence[CueLane], window: tuple[int, int], size: tuple[int, int], fonts: FontSet) -> list[Shown]:
    """Place the cues that a window of project frames shows, in the order of tracks and lists.

    A cue that would cover an earlier one of the list stands above it (below, at the top of the frame), for as long as
    it lasts. Cues at a point (x, y) stay there and push nobody.
    """
    first, end = window
    shown: list[tuple[int, Shown]] = []
    for group in _groups(_Lanes(lanes)):
        if group[-1][1] <= first or group[0][0].cue.first >= end:
            continue
        placed = _place_group([place for place, _ in group], size, fonts)
        for place, block in placed:
            cue = place.cue
            if cue.first < end and cue.end_frame > first:
                shown.append((place.order, Shown(block, cue.first, cue.end_frame, _motion(cue))))
    return [entry for _, entry in sorted(shown, key=lambda entry: entry[0])]


def cue_blur(lanes: Sequence[CueLane], size: tuple[int, int]) -> float:
    """Widest blur of any cue, in project pixels."""
    styles = {
        (lane.track.style, cue.cue.style, any(each.type in SCALES for each in cue.cue.animations))
        for lane in lanes
        for cue in lane.cues
        if _may_blur(lane.track.style) or _may_blur(cue.cue.style)
    }
    blurs = [
        widest_blur(look_of(merge(track, style), None, *size)[0].shadow_blur, scales=scales)
        for track, style, scales in styles
    ]
    return max(blurs, default=0.0)


def _may_blur(style: Style) -> bool:
    return style.shadow_blur is not None or style.preset is not None


def _motion(cue: TimedCue) -> Motion:
    words = sung_words(cue.cue.text, cue.cue.words)
    return Motion(cue.start, cue.end, tuple(cue.cue.animations), words)


@dataclass(frozen=True, slots=True, eq=False)
class _Lanes:
    """The cues of one timeline; the same object is the same cues."""

    lanes: Sequence[CueLane]

    def __hash__(self) -> int:
        return id(self.lanes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Lanes) and other.lanes is self.lanes


@lru_cache(maxsize=1)
def _groups(of: _Lanes) -> list[list[tuple[_Place, int]]]:
    """Cues that are tied by overlaps in time, each with the end of the group up to it.

    Kept for the timeline that asked last: its windows ask one after the other.
    """
    places = [
        _Place(order, cue, lane)
        for order, (lane, cue) in enumerate((lane, cue) for lane in of.lanes for cue in lane.cues)
        if cue.first < cue.end_frame
    ]
    groups: list[list[tuple[_Place, int]]] = []
    for place in sorted(places, key=lambda place: (place.cue.first, place.order)):
        if groups and place.cue.first < groups[-1][-1][1]:
            groups[-1].append((place, max(groups[-1][-1][1], place.cue.end_frame)))
        else:
            groups.append([(place, place.cue.end_frame)])
    return groups


def _place_group(group: list[_Place], size: tuple[int, int], fonts: FontSet) -> list[tuple[_Place, Block]]:
    placed: list[tuple[_Place, Block]] = []
    for place in sorted(group, key=lambda place: place.order):
        block = _lay_out(place, size, fonts)
        if not block.anchor.fixed:
            others = [
                other
                for known, other in placed[-NEIGHBOURS:]
                if not other.anchor.fixed
                and known.cue.first < place.cue.end_frame
                and place.cue.first < known.cue.end_frame
            ]
            block = _make_way(block, others, size[1])
        placed.append((place, block))
    return placed


def _lay_out(place: _Place, size: tuple[int, int], fonts: FontSet) -> Block:
    cue, track = place.cue.cue, place.lane.track
    look, anchor = look_of(merge(track.style, cue.style), cue.position or track.position, *size)
    return lay_out(cue.text, look, anchor, fonts)


def _make_way(block: Block, others: list[Block], height: int) -> Block:
    """Move a block away from its edge until it covers none of the others, or has left the frame."""
    down = block.anchor.align_y == "top"
    left = list(others)
    while block.bottom > 0 and block.top < height:
        hit = next((other for other in left if block.overlaps(other)), None)
        if hit is None:
            break
        # It is passed for good; what rounding leaves of an overlap must not bring it back.
        left.remove(hit)
        block = block.moved(hit.bottom if down else hit.top - block.height)
    return block

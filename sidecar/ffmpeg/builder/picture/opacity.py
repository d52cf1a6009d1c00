"""How much of a clip or a track is seen at each frame (docs/project.md §4, steps 11, 13 and 14)."""

from __future__ import annotations

from fractions import Fraction

from protocol.project import ColorSource, VideoTrack
from sidecar.core.timeline import Item, Lane
from sidecar.core.timeline.animation import bounded, sampled


def item_opacity(item: Item, span: tuple[int, int], rate: Fraction) -> list[float]:
    """Return a clip's opacity × its fades × a colour's own alpha at project frames [first, end), handles included."""
    first, end = span
    values = sampled(bounded(item.clip).opacity, first - item.first, end - first, rate)
    if isinstance(item.clip.source, ColorSource) and len(item.clip.source.color) == 9:
        alpha = int(item.clip.source.color[7:9], 16) / 255
        values = [value * alpha for value in values]
    if first >= item.first + item.fade_in and end <= item.end - item.fade_out:
        return values
    return [value * _fade(item, frame) for frame, value in enumerate(values, first)]


def track_opacity(lane: Lane, span: tuple[int, int], rate: Fraction) -> list[float]:
    """Return a track's opacity at project frames [first, end)."""
    first, end = span
    track = lane.track
    return sampled(bounded(track).opacity if isinstance(track, VideoTrack) else 1.0, first, end - first, rate)


def _fade(item: Item, frame: int) -> float:
    """Frame k of a fade-in of F frames has factor k/F, the last but j of a fade-out j/F."""
    into, left = frame - item.first, item.end - 1 - frame
    factor = 1.0
    if 0 <= into < item.fade_in:
        factor *= into / item.fade_in
    if 0 <= left < item.fade_out:
        factor *= left / item.fade_out
    return factor

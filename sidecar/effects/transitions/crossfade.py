"""Runs FFmpeg's xfade with a progress of its own for every frame (docs/engine.md).

xfade reckons progress from the timestamps of its first input alone: so a frame is given its progress as its timestamp,
and nothing depends on where a strip begins. Frames that are all of one side never pass through the filter: some of its
transitions leave a line of the other. Alpha is tagged as multiplied in from the start: FFmpeg divides and multiplies
by itself where the tags of streams that meet differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby

from sidecar.effects.parameters import Parameters
from sidecar.ffmpeg.builder.catalogue import PictureScene
from sidecar.ffmpeg.builder.commanded import commanded
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture.convert import convert, premultiplied
from sidecar.ffmpeg.builder.picture.deep import RGB, rematrixed
from sidecar.ffmpeg.builder.picture.select import counted, part

TICKS = 10_000_000
"""Ticks of a whole transition: a progress of 1. Below 2²⁴, so that xfade's 32-bit floats hold every one."""

TICK = Fraction(1, 1_000_000)
"""The unit in which FFmpeg reads times, so that the offset is exact."""


class NoParameters(Parameters):
    """A transition that has none."""


@dataclass(frozen=True, slots=True)
class Run:
    """How one of xfade's transitions is run.

    `bits`: mix with as many a channel (xfade cuts fractions off, which darkens 8 bits by half a level), None: in the
    frames' own. `clamp`: keep colour ≤ alpha where the transition treats every component by itself. `scale_free`
    false: it runs at the project's size or above, never below.
    """

    transition: str
    bits: int | None
    clamp: bool
    scale_free: bool


def crossfaded(a: Stream, b: Stream, progress: Sequence[float], scene: PictureScene, run: Run) -> Stream:
    """Cross from `a` to `b`; a progress outside 0–1 counts as 0 or 1."""
    ticks = [round(min(1.0, max(0.0, value)) * TICKS) for value in progress]
    sides = [_tagged(side, scene) for side in (a, b)]
    parts: list[Stream] = []
    first = 0
    for side, group in groupby(ticks, key=lambda tick: {0: "a", TICKS: "b"}.get(tick, "both")):
        count = len(list(group))
        end = first + count
        cut = [stream if count == len(ticks) else part(stream, first, end) for stream in sides]
        if side == "both":
            parts.append(_sized(cut[0], cut[1], ticks[first:end], scene, run))
        else:
            parts.append(cut[0] if side == "a" else cut[1])
        first = end
    if len(parts) == 1:
        return parts[0]
    return counted(node("concat", *parts, n=len(parts), v=1, a=0), scene.rate)


def _sized(a: Stream, b: Stream, ticks: Sequence[int], scene: PictureScene, run: Run) -> Stream:
    """Cross at the size that the transition asks for."""
    if run.scale_free or scene.scale >= 1:
        return _mixed(a, b, ticks, scene, run)
    width, height = (max(1, round(length / scene.scale)) for length in scene.size)
    large = replace(scene, size=(width, height), scale=1.0)
    grown = [_tagged(convert(side, scene.pixel_format, color=RGB, size=large.size), scene) for side in (a, b)]
    made = convert(
        _mixed(grown[0], grown[1], ticks, large, run), scene.pixel_format, color=RGB, size=scene.size, shrinks=True
    )
    return _clamped(_tagged(made, scene), scene)


def _mixed(a: Stream, b: Stream, ticks: Sequence[int], scene: PictureScene, run: Run) -> Stream:
    """Cross frames that are neither all of `a` nor all of `b`."""
    mixing = scene.pixel_format if run.bits is None else f"{'gbrap' if scene.alpha else 'gbrp'}{run.bits}le"
    outgoing, incoming = (_ready(stream, scene, mixing) for stream in (a, b))
    stamped = commanded(outgoing, "setpts", {"expr": [float(tick) for tick in ticks]}, scene.rate, scene.files)
    crossed: Stream = node(
        "xfade",
        stamped,
        incoming,
        transition=run.transition,
        duration=float(TICKS * TICK),
        offset=float(-ticks[0] * TICK),
    )
    crossed = counted(crossed, scene.rate)
    crossed = _clamped(crossed, scene) if run.clamp else crossed
    return crossed if mixing == scene.pixel_format else rematrixed(crossed, scene.pixel_format, RGB, RGB)


def _tagged(stream: Stream, scene: PictureScene) -> Stream:
    """State that colour is multiplied by alpha, where there is alpha."""
    return premultiplied(stream) if scene.alpha else stream


def _clamped(stream: Stream, scene: PictureScene) -> Stream:
    """Cut colour to alpha, where there is alpha."""
    if not scene.alpha:
        return stream
    return node("blend", stream, node("shuffleplanes", stream, map0=3, map1=3, map2=3, map3=3), all_mode="darken")


def _ready(stream: Stream, scene: PictureScene, pixel_format: str) -> Stream:
    """Give a side its rate in writing, which xfade asks for, and the depth to be mixed in."""
    stream = node("fps", stream, fps=scene.rate, start_time=0)
    if pixel_format != scene.pixel_format:
        stream = rematrixed(stream, pixel_format, RGB, RGB)
    return node("settb", stream, expr=TICK)

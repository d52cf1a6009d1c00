"""Planted faults of time: frames, instants, animated values, transitions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor
from typing import Any

from tests.faults.changing import CORE, PICTURE, changed
from tests.faults.planting import EMITTED, Fault, called, constant, result, text

HALF = Fraction(1, 2)


def _moved(take: Any, video: Any, frames: Fraction | int) -> Any:
    """Take from so many source frames later."""
    return replace(take, start=take.start + frames * take.speed / video.rate) if video.rate else take


def _aligned(transition: Any) -> Any:
    return changed(transition, align="center")


TIME = (
    Fault(
        "edit points round down",
        "floor in place of the nearest frame",
        "protocol.time:edit_frame",
        called(lambda _, seconds, rate: floor(seconds * rate)),
        "times",
    ),
    Fault(
        "rates lose their 1001",
        "30000/1001 taken for 30",
        "protocol.time:parse_rate",
        result(lambda rate, *_: Fraction(round(rate))),
        "edges",
    ),
    Fault(
        "one frame late",
        "the frame after the one on screen",
        f"{CORE}.frames:FrameTimes.index",
        result(lambda index, *_: index + 1),
        "times",
    ),
    Fault(
        "one frame early",
        "the frame before the one on screen",
        f"{PICTURE}.select:select",
        called(lambda select, stream, facts, video, take: select(stream, facts, video, _moved(take, video, -1))),
        "numbers",
    ),
    Fault(
        "no slack",
        "a strict comparison with rounded timestamps",
        f"{PICTURE}.select:slack",
        constant(lambda _: Fraction(0)),
        "ticks",
    ),
    Fault(
        "no slack backwards",
        "the same where frames are picked by a table",
        f"{CORE}.frames:newest",
        constant(lambda _: Fraction(0)),
        "ticks",
    ),
    Fault(
        "nearest frame",
        "the nearest source frame in place of the newest at or before",
        f"{PICTURE}.select:select",
        called(lambda select, stream, facts, video, take: select(stream, facts, video, _moved(take, video, HALF))),
        "numbers",
    ),
    Fault(
        "reverse off by one",
        "begins at D/fps in place of (D - 1)/fps",
        f"{CORE}.model:Item.unlooped",
        result(lambda at, item, frame, rate: at + item.speed / rate if item.reverse else at),
        "times",
    ),
    Fault(
        "freeze one late",
        "the frame after sourceStart",
        f"{CORE}.model:Item.unlooped",
        result(lambda at, item, frame, rate: at + 1 / rate if item.frozen else at),
        "times",
    ),
    Fault(
        "ramps are straight",
        "the easing of a time map ignored",
        f"{CORE}.timemap:ease",
        constant(lambda _, progress: progress),
        "times",
    ),
    Fault(
        "speed ignored",
        "the source runs at its own speed",
        f"{PICTURE}.select:select",
        called(lambda select, *rest: select(*rest[:-1], replace(rest[-1], speed=Fraction(1)))),
        "times",
    ),
    Fault(
        "handle dropped",
        "a clip stands still in its handles",
        f"{CORE}.model:Item.unlooped",
        called(lambda unlooped, item, frame, rate: unlooped(item, min(max(frame, item.first), item.end - 1), rate)),
        "crossing",
    ),
    Fault(
        "loop begins late",
        "a looped source brought back by a frame less",
        f"{CORE}.model:Item.unlooped",
        result(lambda at, item, frame, rate: at + 1 / rate if item.looped else at),
        "times",
    ),
    Fault(
        "range start ignored",
        "the export begins with the project",
        f"{CORE}.model:output_span",
        result(lambda span, *_: replace(span, first=0, end=span.end - span.first)),
        "export",
    ),
)

VALUES = (
    Fault(
        "hold is linear",
        "the easing hold",
        "protocol.project.curves:ease",
        called(lambda ease, easing, progress: ease("linear" if easing == "hold" else easing, progress)),
        "layers",
    ),
    Fault(
        "curves are straight",
        "easeIn and its like taken for linear",
        "protocol.project.curves:ease",
        called(lambda ease, easing, progress: ease(easing if easing == "hold" else "linear", progress)),
        "crossing",
    ),
    Fault(
        "keys one frame late",
        "values taken at the frame before",
        f"{CORE}.animation:sampled",
        called(lambda sampled, animated, first, frames, rate: sampled(animated, first - 1, frames, rate)),
        "layers",
    ),
    Fault(
        "early fade in",
        "frame k has (k + 1)/F",
        f"{PICTURE}.opacity:_fade",
        called(
            lambda fade, item, frame: (
                fade(item, frame + 1) if frame - item.first + 1 < item.fade_in else fade(item, frame)
            )
        ),
        "layers",
    ),
    Fault(
        "fade out off by one",
        "the last frame is not yet transparent",
        f"{PICTURE}.opacity:_fade",
        called(
            lambda fade, item, frame: (
                fade(item, frame - 1) if item.end - 1 - frame < item.fade_out else fade(item, frame)
            )
        ),
        "layers",
    ),
    Fault(
        "opacity squared",
        "opacity applied twice",
        f"{PICTURE}.opacity:item_opacity",
        result(lambda values, *_: [value * value for value in values]),
        "crossing",
    ),
    Fault(
        "track opacity ignored",
        "tracks always full",
        f"{PICTURE}.opacity:track_opacity",
        result(lambda values, *_: [1.0] * len(values)),
        "layers",
    ),
    Fault(
        "fades under transitions",
        "a fade applied on an edge with a transition",
        f"{PICTURE}.opacity:item_opacity",
        called(lambda opacity, item, *rest: opacity(replace(item, fade_out=item.fade_out or 2), *rest)),
        "crossing",
    ),
)

CROSSINGS = (
    Fault(
        "B comes late",
        "progress i/D: the last frame is not all B",
        f"{PICTURE}.crossings:progress",
        result(lambda values, crossing, span: [value * (crossing.frames - 1) / crossing.frames for value in values]),
        "crossing",
    ),
    Fault(
        "alignment ignored",
        "every transition lies around its cut",
        f"{CORE}.spans:transition_span",
        called(lambda span, transition, *rest: span(_aligned(transition), *rest)),
        "crossing",
    ),
    Fault(
        "transition one frame late",
        "its span moved",
        f"{CORE}.spans:transition_span",
        result(lambda span, *_: span and replace(span, first=span.first + 1, end=span.end + 1)),
        "crossing",
    ),
    Fault("wipe from the wrong side", "wipeleft for wiperight", EMITTED, text("wipeleft", "wiperight"), "crossing"),
)

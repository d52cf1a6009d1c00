"""Small timelines as hypothesis draws them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from tests.harness.reference.films import FILMS
from tests.reference.rendered import DEEP, RGB, YUV, Json

RATES = ("24", "25", "30", "24000/1001", "30000/1001", "50")
SIZES = ((128, 72), (144, 80), (160, 90), (192, 96))
LENGTHS = {film.name: film.footage().duration for film in FILMS if film.name != "dot.mkv"}
STILLS = ("still.png", "veil.png")
EASINGS: list[Any] = ["linear", "hold", "easeIn", "easeOut", "easeInOut", {"cubicBezier": [0.3, -0.4, 0.6, 1.5]}]
BLENDS = (
    "multiply",
    "screen",
    "overlay",
    "darken",
    "lighten",
    "difference",
    "addition",
    "softlight",
    "hardlight",
)
# How far each control goes before the rounding of 8-bit sources shows.
CONTROLS = {
    "brightness": (-0.3, 0.3),
    "contrast": (0.5, 1.4),
    "saturation": (0.0, 1.5),
    "hue": (-120, 120),
    "gamma": (0.7, 1.4),
    "highlights": (-0.8, 0.8),
    "shadows": (-0.8, 0.8),
    "whites": (-0.8, 0.8),
    "blacks": (-0.8, 0.8),
    "temperature": (-0.8, 0.8),
    "tint": (-0.8, 0.8),
}
MOVES = {
    "x": (0.2, 0.8),
    "y": (0.2, 0.8),
    "scaleX": (0.3, 1.6),
    "scaleY": (0.3, 1.6),
    "rotation": (-180, 180),
    "anchorX": (0, 1),
    "anchorY": (0, 1),
}


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(0, 40).map(lambda step: round(low + (high - low) * step / 40, 4))


@st.composite
def animated(draw: st.DrawFn, low: float, high: float, seconds: float) -> Any:
    """A constant, or two or three keys."""
    if draw(st.integers(0, 2)):
        return draw(numbers(low, high))
    times = sorted(draw(st.sets(st.integers(0, 20), min_size=2, max_size=3)))
    return {
        "keyframes": [
            {
                "time": round(seconds * time / 20, 4),
                "value": draw(numbers(low, high)),
                "easing": draw(st.sampled_from(EASINGS)),
            }
            for time in times
        ]
    }


@st.composite
def colors(draw: st.DrawFn, alpha: bool = True) -> str:  # noqa: FBT001, FBT002 - a strategy's argument
    levels = [draw(st.sampled_from((0, 40, 90, 150, 200, 255))) for _ in range(3)]
    levels += [draw(st.sampled_from((60, 128, 255)))] if alpha else []
    return "#" + "".join(f"{level:02X}" for level in levels)


@st.composite
def sources(draw: st.DrawFn) -> Json:
    kind = draw(st.sampled_from(("file", "file", "file", "file", "color", "gradient")))
    if kind == "color":
        return {"kind": "color", "color": draw(colors())}
    if kind == "gradient":
        shape = draw(st.sampled_from(("linear", "radial")))
        made: Json = {"kind": "gradient", "shape": shape}
        made["colors"] = draw(st.lists(colors(alpha=False), min_size=2, max_size=3))
        return made | ({"angle": draw(numbers(0, 360))} if shape == "linear" else {})
    return {"kind": "file", "path": draw(st.sampled_from(sorted(LENGTHS)))}


@st.composite
def timing(draw: st.DrawFn, source: Json, seconds: Fraction) -> Json:
    """Speed, reverse, freeze, ramps and start in the source, so that the source holds them."""
    if source["kind"] != "file" or source["path"] in STILLS:
        return {}
    length = LENGTHS[source["path"]]
    way = draw(st.sampled_from(("plain", "plain", "speed", "reverse", "freeze", "map", "loop")))
    if way == "freeze":
        return {"freeze": True, "sourceStart": str(length * draw(st.integers(0, 9)) / 10)}
    if way == "map":
        places = [draw(st.integers(0, 10)) for _ in range(draw(st.integers(2, 3)))]
        return {
            "timeMap": [
                {
                    "time": str(seconds * number / (len(places) - 1)),
                    "source": str(length * place / 10),
                    "easing": draw(st.sampled_from(("linear", "easeInOut"))),
                }
                for number, place in enumerate(places)
            ]
        }
    speed = Fraction("1")
    if way != "plain":
        speed = Fraction(draw(st.sampled_from(("0.5", "0.73", "1.5", "2", "1"))))
    if way == "loop":
        return {"source": {**source, "loop": True}, "speed": float(speed), "sourceStart": str(length / 2)}
    free = length - seconds * speed
    if free < 0:
        speed, free = Fraction("0.25"), length - seconds * Fraction("0.25")
    start = free * draw(st.integers(0, 6)) / 6
    made: Json = {"speed": float(speed), "sourceStart": str(start)}
    if way == "reverse":
        made["reverse"] = True
    elif draw(st.booleans()):
        made["retime"] = draw(st.sampled_from(("nearest", "blend")))
    return made


@st.composite
def looks(draw: st.DrawFn, seconds: Fraction, frame: Fraction) -> Json:
    """What is done to a clip's picture: a few things of many."""
    chosen = draw(st.sets(st.sampled_from(("fit", "crop", "move", "opacity", "fades", "color", "blend")), max_size=3))
    made: Json = {}
    whole = float(seconds)
    if "fit" in chosen:
        made["fit"] = draw(st.sampled_from(("contain", "cover", "stretch", "none")))
    if "crop" in chosen:
        sides = draw(st.sets(st.sampled_from(("left", "top", "right", "bottom")), min_size=1, max_size=2))
        made["crop"] = {side: draw(numbers(0, 0.4)) for side in sorted(sides)}
    if "move" in chosen:
        names = draw(st.sets(st.sampled_from(sorted(MOVES)), min_size=1, max_size=4))
        made["transform"] = {name: draw(animated(*MOVES[name], whole)) for name in sorted(names)}
    if "opacity" in chosen:
        made["opacity"] = draw(animated(0, 1, whole))
    if "fades" in chosen:
        into = frame * draw(st.integers(0, 3))
        made["fadeIn"], made["fadeOut"] = str(into), str(min(frame * draw(st.integers(0, 3)), seconds - into))
    if "color" in chosen:
        names = draw(st.sets(st.sampled_from(sorted(CONTROLS)), min_size=1, max_size=2))
        made["color"] = {name: draw(animated(*CONTROLS[name], whole)) for name in sorted(names)}
    if "blend" in chosen:
        made["blend"] = draw(st.sampled_from(BLENDS))
    return made


@st.composite
def effects(draw: st.DrawFn, seconds: Fraction) -> list[Json]:
    """One or two effects that have a model."""
    made: list[Json] = []
    for _ in range(draw(st.integers(1, 2))):
        kind = draw(st.sampled_from(("basic", "hue")))
        values: Json = {"angle": draw(animated(-120, 120, float(seconds)))}
        if kind == "basic":
            values = {
                "brightness": draw(animated(-0.3, 0.3, float(seconds))),
                "contrast": draw(numbers(0.5, 1.4)),
                "saturation": draw(numbers(0, 1.5)),
            }
        effect: Json = {"type": kind, "parameters": values}
        if draw(st.booleans()):
            effect["mix"] = draw(numbers(0, 1))
        if draw(st.integers(0, 2)) == 0:
            effect["start"], effect["end"] = str(seconds * draw(st.integers(0, 2)) / 5), str(seconds * 4 / 5)
        made.append(effect)
    return made


CELLS: list[Json] = [
    {"x": 0, "y": 0, "width": 0.5, "height": 1, "fit": "cover", "alignX": "left"},
    {"x": 0.5, "y": 0, "width": 0.5, "height": 0.5, "fit": "contain", "alignY": "bottom"},
    {"x": 0.5, "y": 0.5, "width": 0.5, "height": 0.5, "fit": "stretch"},
    {"x": 0.25, "y": 0.25, "width": 0.5, "height": 0.6, "polygon": [[0, 0], [1, 0.2], [0.7, 1]]},
]


@st.composite
def templates(draw: st.DrawFn) -> list[Json]:
    return [{"id": "cells", "gap": draw(st.sampled_from((0.0, 0.05, 0.13))), "cells": CELLS}]


@st.composite
def tracks(draw: st.DrawFn, number: int, rate: Fraction, frames: int) -> Json:
    """Clips one behind the other, some of them touching, with transitions where they do."""
    clips: list[Json] = []
    transitions: list[Json] = []
    at, before, under = draw(st.integers(0, 2)), 0, 0
    while at < frames - 2 and len(clips) < 3:
        length = min(draw(st.integers(3, 9)), frames - at)
        # Edit points lie anywhere in the half frames around the frame's own instant.
        shift = draw(st.sampled_from((Fraction(0), Fraction(1, 3), Fraction(-2, 5)))) if at else Fraction(0)
        source = draw(sources())
        seconds = Fraction(length) / rate
        name = f"t{number}c{len(clips)}"
        clip: Json = {"id": name, "source": source, "start": str((at + shift) / rate), "duration": str(seconds)}
        if draw(st.integers(0, 9)) == 0:
            clip["source"] = {"kind": "adjustment"}
            clip |= {"opacity": draw(animated(0, 1, float(seconds))), "effects": draw(effects(seconds))}
        else:
            clip |= draw(looks(seconds, 1 / rate)) | draw(timing(source, seconds))
            if draw(st.integers(0, 5)) == 0:
                clip["effects"] = draw(effects(seconds))
            if draw(st.integers(0, 5)) == 0:
                clip["layout"] = {"template": "cells", "cell": draw(st.integers(0, 3))}
                clip.pop("fit", None)
        clips.append(clip)
        spare = min(before - under, length)
        free = clip["source"]["kind"] != "adjustment"
        if free and before and spare >= 2 and draw(st.booleans()):
            covers = draw(st.integers(2, min(spare, 6)))
            transitions.append(
                {
                    "from": clips[-2]["id"],
                    "to": name,
                    "type": draw(st.sampled_from(("fade", "fade", "wipeleft", "wipedown", "slideleft", "slideup"))),
                    "duration": str(Fraction(covers) / rate),
                    "align": draw(st.sampled_from(("center", "start", "end"))),
                    "easing": draw(st.sampled_from(EASINGS[:-1])),
                }
            )
            under = covers
        else:
            under = 0
        at += length
        before = length if free else 0
        if draw(st.integers(0, 3)) == 0:
            at, before = at + draw(st.integers(1, 2)), 0
    made: Json = {"kind": "video", "clips": clips, "transitions": transitions}
    if draw(st.integers(0, 3)) == 0:
        made["opacity"] = draw(animated(0, 1, float(frames / rate)))
    if draw(st.integers(0, 5)) == 0:
        made["blend"] = draw(st.sampled_from(BLENDS))
    if draw(st.integers(0, 7)) == 0:
        made["effects"] = draw(effects(Fraction(frames) / rate))
    return made


@st.composite
def timelines(draw: st.DrawFn, most: int = 20) -> Json:
    """A project of two or three tracks."""
    written = draw(st.sampled_from(RATES))
    width, height = draw(st.sampled_from(SIZES))
    frames = draw(st.integers(6, most))
    made = [draw(tracks(number, Fraction(written), frames)) for number in range(draw(st.integers(2, 3)))]
    raw: Json = {
        "schema": "timeline/1",
        "frameRate": written,
        "width": width,
        "height": height,
        "background": draw(colors(alpha=False)),
        "tracks": made,
        "templates": draw(templates()),
        "export": draw(st.sampled_from((RGB, RGB, RGB, DEEP, YUV))),
    }
    if draw(st.integers(0, 5)) == 0:
        raw["effects"] = draw(effects(Fraction(frames) / Fraction(written)))
    return raw

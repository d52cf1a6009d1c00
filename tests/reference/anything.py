"""Clips with every member that the format has, as hypothesis draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, get_args

from hypothesis import strategies as st

from protocol.project.graphics import GRAPHICS
from protocol.project.layouts import BUILT_IN
from protocol.project.styles import PRESETS
from protocol.project.words import Blend, Fit
from sidecar.effects import catalogue
from sidecar.effects.declarations import Parameter, parameters_of
from tests.reference.material import LUT, PICTURES, SOUNDS
from tests.reference.rendered import Json
from tests.reference.timelines import EASINGS, animated, colors, numbers

BLENDS: tuple[str, ...] = get_args(Blend)
FITS: tuple[str, ...] = get_args(Fit)
CELLS = 4
"""Cells of the template of the project's own."""

COLOR = {
    "brightness": (-1, 1),
    "contrast": (0, 4),
    "saturation": (0, 4),
    "hue": (-180, 180),
    "gamma": (0.1, 10),
    **dict.fromkeys(("highlights", "shadows", "whites", "blacks", "temperature", "tint"), (-1, 1)),
}
MOVES = {
    "x": (-1, 2),
    "y": (-1, 2),
    "scaleX": (-3, 3),
    "scaleY": (-3, 3),
    "rotation": (-720, 720),
    "anchorX": (-1, 2),
    "anchorY": (-1, 2),
}
WORDS = ("Hello", "a", "Ünïcödé — “x”", "two\nlines", "%{n} \\N{\\b1}", "one two three four five six seven")
MOVING = ("fadeIn", "fadeOut", "slideIn", "slideOut", "scaleIn", "scaleOut", "typewriter")
PERIODIC = ("wave", "bounce", "shake", "blink", "pulse")
_RARE = 4


@dataclass(frozen=True, slots=True)
class Stage:
    """What clips are drawn for: frames and rate of the project, tracks that may be keys, channels."""

    frames: int
    rate: Fraction
    keys: Sequence[str]
    channels: int


def some(draw: st.DrawFn, one_in: int = _RARE) -> bool:
    return draw(st.integers(0, one_in - 1)) == one_in - 1


def picked(draw: st.DrawFn, members: dict[str, st.SearchStrategy[Any]], most: int = 3) -> Json:
    """A few members of many."""
    names = draw(st.sets(st.sampled_from(sorted(members)), max_size=most))
    return {name: draw(members[name]) for name in sorted(names)}


@st.composite
def values(draw: st.DrawFn, parameter: Parameter, seconds: float, keys: Sequence[str]) -> Any:
    """A value that a parameter of an effect may have."""
    low, high = parameter.range or (0.0, 1.0)
    if parameter.kind == "number":
        return draw(animated(low, high, seconds) if parameter.animated else numbers(low, high))
    if parameter.kind == "whole":
        return draw(st.sampled_from((int(low), int(high), int(low + high) // 2)))
    if parameter.kind == "word":
        return draw(st.sampled_from(parameter.choices))
    if parameter.kind == "switch":
        return draw(st.booleans())
    if parameter.kind == "color":
        return draw(colors())
    if parameter.kind == "file":
        return LUT
    if parameter.kind == "track":
        return draw(st.sampled_from(keys))
    if parameter.kind == "curve":
        return [[place, draw(numbers(0, 1))] for place in (0, 0.4, 1)]
    return [[draw(numbers(-0.5, 1.5)), draw(numbers(-0.5, 1.5))] for _ in range(draw(st.integers(3, 5)))]


@st.composite
def effects(
    draw: st.DrawFn, seconds: float, media: Sequence[str] = ("video",), keys: Sequence[str] = (), most: int = 2
) -> list[Json]:
    """Any effects of the catalogue that go with these media."""
    kinds = sorted(name for name, kind in catalogue().effects.items() if kind.medium in media)
    made: list[Json] = []
    for _ in range(draw(st.integers(1, most))):
        kind = catalogue().effects[draw(st.sampled_from(kinds))]
        parameters = {
            entry.name: draw(values(entry, seconds, keys))
            for entry in parameters_of(kind.parameters)
            if (keys if entry.kind == "track" else entry.kind == "file" or draw(st.booleans()))
        }
        effect: Json = {"type": kind.name, "parameters": parameters}
        effect |= picked(
            draw,
            {
                "mix": numbers(0, 1),
                "start": numbers(0, seconds),
                "end": numbers(0, 1.5 * seconds),
                "enabled": st.booleans(),
            },
            2,
        )
        made.append(effect)
    return made


@st.composite
def styles(draw: st.DrawFn) -> Json:
    pixels = numbers(0, 40)
    return picked(
        draw,
        {
            "preset": st.sampled_from(sorted(PRESETS)),
            "fontSize": numbers(1, 120),
            "fontWeight": st.sampled_from((100, 400, 900)),
            "italic": st.booleans(),
            **dict.fromkeys(("color", "outlineColor", "shadowColor", "backgroundColor"), colors()),
            **dict.fromkeys(("opacity", "backgroundOpacity"), numbers(0, 1)),
            **dict.fromkeys(("outlineWidth", "shadowBlur", "padding", "borderRadius"), pixels),
            **dict.fromkeys(("shadowX", "shadowY", "letterSpacing"), numbers(-30, 30)),
            "lineHeight": numbers(0.1, 4),
            "maxWidth": numbers(0.01, 1),
            "align": st.sampled_from(("left", "center", "right")),
        },
    )


@st.composite
def positions(draw: st.DrawFn) -> Json:
    if draw(st.booleans()):
        return {"x": draw(numbers(0, 1)), "y": draw(numbers(0, 1))}
    return picked(
        draw,
        {
            "alignX": st.sampled_from(("left", "center", "right")),
            "alignY": st.sampled_from(("top", "center", "bottom")),
            "marginX": numbers(0, 80),
            "marginY": numbers(0, 80),
        },
    )


@st.composite
def animations(draw: st.DrawFn, seconds: float) -> list[Json]:
    made = []
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from((*MOVING, *PERIODIC)))
        animation: Json = {"type": kind, "easing": draw(st.sampled_from(EASINGS))}
        animation |= picked(
            draw,
            {"duration": st.one_of(st.none(), numbers(0, seconds)), "delay": numbers(0, seconds)},
        )
        if kind in PERIODIC and draw(st.booleans()):
            animation["parameters"] = {"period": draw(st.sampled_from((0.01, 0.1, 0.5, 3)))}
        if kind in ("slideIn", "slideOut", "wave", "bounce"):
            animation["direction"] = draw(st.sampled_from(("top", "bottom", "left", "right")))
        made.append(animation)
    return made


@st.composite
def fields(draw: st.DrawFn, name: str) -> Json:
    kinds = {
        field.name: colors()
        if field.kind == "color"
        else numbers(field.low, field.high)
        if field.kind == "number"
        else st.sampled_from(WORDS)
        for field in GRAPHICS[name].fields
    }
    return picked(draw, kinds)


@st.composite
def pictures(draw: st.DrawFn, seconds: float) -> Json:
    """A source for a video track."""
    kind = draw(
        st.sampled_from(
            ("file", "file", "file", "file", "color", "gradient", "pattern", "noise", "title", "graphic", "adjustment")
        )
    )
    made: Json = {"kind": kind}
    if kind == "file":
        made["path"] = draw(st.sampled_from(sorted(PICTURES)))
    elif kind == "color":
        made["color"] = draw(colors())
    elif kind == "gradient":
        made["colors"] = draw(st.lists(colors(), min_size=2, max_size=4))
        made |= {"shape": "radial"} if draw(st.booleans()) else {"angle": draw(numbers(-400, 400))}
    elif kind == "pattern":
        made["pattern"] = draw(st.sampled_from(("bars", "test", "grid", "checker")))
    elif kind == "noise":
        made |= {"seed": draw(st.integers(0, 9)), "level": draw(numbers(0, 1))}
    elif kind == "title":
        made |= {"text": draw(st.sampled_from(WORDS)), "style": draw(styles())}
        made |= {"animations": draw(animations(seconds))}
        made |= {"position": draw(positions())} if draw(st.booleans()) else {}
    elif kind == "graphic":
        name = draw(st.sampled_from(sorted(GRAPHICS)))
        made |= {"name": name, "fields": draw(fields(name))}
    return made


@st.composite
def reading(draw: st.DrawFn, source: Json, seconds: Fraction) -> Json:
    """How time passes in a file: what it has, mostly; sometimes more than there is."""
    length = PICTURES.get(source["path"], SOUNDS.get(source["path"]))
    if length is None:
        return {}
    way = draw(st.sampled_from(("plain", "speed", "reverse", "freeze", "map", "loop")))
    made: Json = {"retime": draw(st.sampled_from(("nearest", "blend", "motion")))} if some(draw) else {}
    if way == "freeze":
        return {"freeze": True, "sourceStart": str(length * draw(st.integers(0, 9)) / 10)}
    if way == "map":
        count = draw(st.integers(2, 4))
        keys = [
            {
                "time": str(seconds * number / (count - 1)),
                "source": str(length * draw(st.integers(0, 10)) / 10),
                "easing": draw(st.sampled_from(EASINGS)),
            }
            for number in range(count)
        ]
        return made | {"timeMap": keys}
    speed = Fraction(1)
    if way != "plain":
        speed = Fraction(draw(st.sampled_from(("0.05", "0.3", "0.73", "1", "1.5", "4", "100"))))
    if way == "loop":
        return made | {
            "source": {**source, "loop": True},
            "speed": float(speed),
            "sourceStart": str(length * draw(st.integers(0, 15)) / 10),
        }
    free = length - seconds * speed
    if free < 0:
        speed = min(Fraction(1), max(Fraction(1, 20), round(length / seconds * Fraction(9, 10), 3)))
        free = max(length - seconds * speed, Fraction(0))
    made |= {"speed": float(speed), "sourceStart": str(free * draw(st.integers(0, 6)) / 6)}
    if draw(st.booleans()):
        made["pitch"] = "varispeed"
    return made | ({"reverse": True} if way == "reverse" else {})


def look_members(seconds: float) -> dict[str, st.SearchStrategy[Any]]:
    """What is done to a clip's picture."""
    crop = {side: animated(0, 0.49, seconds) for side in ("left", "top", "right", "bottom")}
    move = {name: animated(low, high, seconds) for name, (low, high) in MOVES.items()}
    grade = {name: animated(low, high, seconds) for name, (low, high) in COLOR.items()}
    cells = sorted((name, place) for name, template in BUILT_IN.items() for place in range(len(template.cells)))
    cell = st.one_of(st.integers(0, CELLS - 1).map(lambda place: ("cells", place)), st.sampled_from(cells))
    return {
        "fit": st.sampled_from(FITS),
        "crop": _several(crop),
        "transform": _several(move),
        "color": _several(grade),
        "opacity": animated(0, 1, seconds),
        "blend": st.sampled_from(BLENDS),
        "layout": cell.map(lambda chosen: {"template": chosen[0], "cell": chosen[1]}),
    }


@st.composite
def _several(draw: st.DrawFn, members: dict[str, st.SearchStrategy[Any]]) -> Json:
    return picked(draw, members)


@st.composite
def clips(draw: st.DrawFn, name: str, frames: int, stage: Stage) -> Json:
    """A clip of a video track, without its start."""
    rate = stage.rate
    seconds = Fraction(frames) / rate
    whole = float(seconds)
    source = draw(pictures(whole))
    kind = source["kind"]
    clip: Json = {"id": name, "source": source, "duration": str(seconds)}
    looks = look_members(whole)
    if kind == "adjustment":
        looks = {"opacity": looks["opacity"]}
    clip |= picked(draw, looks)
    if clip.get("layout") is not None:
        clip.pop("fit", None)
    if some(draw, 3):
        into, out = draw(st.integers(0, frames)), draw(st.integers(0, frames))
        clip |= {"fadeIn": str(into / rate), "fadeOut": str(min(out, frames - into) / rate)}
    heard = kind == "file"
    if kind == "file":
        clip |= draw(reading(source, seconds))
    if heard and draw(st.booleans()):
        clip |= draw(sound_members(clip["source"], frames, stage))
    if some(draw, 3) or kind == "adjustment":
        clip["effects"] = draw(effects(whole, ("video", "audio") if heard else ("video",), stage.keys))
    return clip


@st.composite
def sound_members(draw: st.DrawFn, source: Json, frames: int, stage: Stage) -> Json:
    """What is done to a clip's sound."""
    rate, channels = stage.rate, stage.channels
    seconds = float(frames / rate)
    into, out = draw(st.integers(0, frames)), draw(st.integers(0, frames))
    made = picked(
        draw,
        {
            "volume": animated(0, 4, seconds),
            "pan": animated(-1, 1, seconds),
            "muted": st.booleans(),
            "audioFadeIn": st.just(str(into / rate)),
            "audioFadeOut": st.just(str(min(out, frames - into) / rate)),
        },
    )
    if source.get("path") in SOUNDS and some(draw):
        entries = st.lists(st.one_of(st.none(), st.just(0)), min_size=channels, max_size=channels)
        made["source"] = {**source, "channelMap": draw(entries)}
    return made

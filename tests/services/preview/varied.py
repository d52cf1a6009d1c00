"""Ten projects, each of other things that previews have to get right, and the instants at which they change."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

from protocol.project import Project
from sidecar.core.timeline import resolve
from tests.harness.media import make_clip
from tests.harness.rendering import clip, facts_of, project

Json = dict[str, Any]

SOURCES: dict[str, Json] = {
    "a.mp4": {"gop": 30, "b_frames": 2, "audio": "stereo"},
    "b.webm": {"size": (120, 160), "rate": "30000/1001", "gop": 20},
    "v.mkv": {"rate": "30", "variable": True, "b_frames": 2},
    "turned.mov": {"size": (96, 64), "rotation": 90, "rate": "24000/1001"},
    "deep.mp4": {"pixel_format": "yuv420p10le", "color": ("tv", "bt2020nc", "bt2020", "bt709")},
    "clear.webm": {"pixel_format": "yuva420p", "filters": "format=yuva420p,fade=out:20:30:alpha=1"},
    "still.png": {"filters": "format=rgba,colorchannelmixer=aa=0.6"},
}


def make_sources(folder: Path) -> None:
    """Make the files that the projects are of, two seconds each."""
    for name, told in SOURCES.items():
        make_clip(folder / name, **{"picture": "testsrc2", "size": (160, 96), "seconds": 2, **told})


def exported(pixel_format: str = "yuv420p", **members: Any) -> Json:
    """Frames as PNG: what is shown of what any encoder is given."""
    return {
        "container": "mkv",
        "audio": None,
        "subtitles": "burn",
        "video": {"codec": "png", "pixelFormat": pixel_format},
        **members,
    }


def keys(*pairs: tuple[float, float]) -> Json:
    return {"keyframes": [{"time": time, "value": value, "easing": "easeInOut"} for time, value in pairs]}


def effect(kind: str, **parameters: Any) -> Json:
    return {"type": kind, "parameters": parameters}


def between(kind: str, first: str | None, second: str | None, duration: float) -> Json:
    return {"type": kind, "from": first, "to": second, "duration": duration}


CUTS = project(
    {
        "clips": [
            clip("a.mp4", 0, 0.8, id="one", sourceStart=0.3),
            clip("b.webm", 0.8, 0.8, id="two", sourceStart=0.4, fit="cover"),
            clip("v.mkv", 2, 0.6, id="three", sourceStart=0.2, fadeIn=0.2, fadeOut=0.2),
        ],
        "transitions": [between("fade", "one", "two", 0.4), between("wipeleft", "two", None, 0.2)],
    },
    background="#203040",
    export=exported(),
)

SPEEDS = project(
    {
        "clips": [
            clip("a.mp4", 0, 0.6, speed=2.5, sourceStart=0.1),
            clip("v.mkv", 0.6, 0.6, speed=0.4, retime="blend", sourceStart=0.5),
            clip("b.webm", 1.2, 0.6, reverse=True, speed=1.3),
            clip(
                "a.mp4",
                1.8,
                0.6,
                timeMap=[{"time": 0, "source": 1.5}, {"time": 0.4, "source": 0.2, "easing": "easeIn"}],
            ),
            clip("a.mp4", 2.4, 0.3, freeze=True, sourceStart=0.77),
            clip({"kind": "file", "path": "v.mkv", "loop": True}, 2.7, 1, sourceStart=1.5),
        ]
    },
    export=exported("gbrp"),
)

LAYERS = project(
    {"clips": [clip("a.mp4", 0, 2)]},
    {
        "opacity": 0.8,
        "clips": [
            clip(
                "turned.mov",
                0.4,
                1.2,
                transform={
                    "x": keys((0, 0.2), (1.2, 0.8)),
                    "rotation": keys((0, 0), (1, 90)),
                    "scaleX": 0.5,
                    "scaleY": 0.5,
                },
                opacity=keys((0, 0), (0.5, 1)),
            )
        ],
    },
    {"clips": [clip("still.png", 0.8, 1, blend="multiply", color={"saturation": keys((0, 0.2), (1, 1.4))})]},
    export=exported(),
)

WORDS = project(
    {"clips": [clip("b.webm", 0, 2, fit="cover")]},
    {
        "clips": [
            clip(
                {
                    "kind": "title",
                    "text": "Title\nof two lines",
                    "animations": [{"type": "slideIn", "duration": 0.4, "direction": "left"}],
                },
                0.2,
                1,
                fadeOut=0.3,
            ),
            clip({"kind": "graphic", "name": "callout", "fields": {"text": "Here"}}, 1.4, 0.6, opacity=0.7),
        ]
    },
    {
        "kind": "subtitle",
        "cues": [
            {"start": 0.3, "end": 0.9, "text": "One cue"},
            {"start": 0.9, "end": 1.7, "text": "and another", "animations": [{"type": "fadeOut", "duration": 0.2}]},
        ],
    },
    export=exported("yuv444p"),
)

EFFECTS = project(
    {"clips": [clip("a.mp4", 0, 1, effects=[effect("echo", echoes=2, spacing=3)]), clip("b.webm", 1, 1)]},
    {
        "clips": [
            clip(
                {"kind": "adjustment"},
                0.5,
                1,
                opacity=0.6,
                effects=[effect("noiseReduction", frames=2), effect("blur", radius=4)],
            )
        ]
    },
    effects=[effect("vignette", amount=0.6), effect("grain", amount=0.2)],
    export=exported(),
)

CLEAR = project(
    {"clips": [clip("clear.webm", 0, 1.4)]},
    {"clips": [clip("still.png", 0.6, 1.4, transform={"scaleX": 0.6, "scaleY": 0.6, "rotation": 15}, fadeIn=0.4)]},
    background="#00000000",
    export=exported("yuva420p"),
)

DEEP = project(
    {
        "clips": [clip("deep.mp4", 0, 1, id="d"), clip("a.mp4", 1, 1, id="e", crop={"left": 0.1, "top": 0.2})],
        "transitions": [between("circleopen", "d", "e", 0.4)],
    },
    {"clips": [clip("#FF8000", 0.4, 1, opacity=0.3, transform={"scaleX": 0.5})]},
    export=exported("yuv444p10le"),
)

CELLS = project(
    {"clips": [clip("a.mp4", 0, 1, layout={"template": "own", "cell": 0})]},
    {"clips": [clip("turned.mov", 0.3, 1, layout={"template": "own", "cell": 1})]},
    templates=[
        {
            "id": "own",
            "gap": 0.05,
            "border": {"width": 3, "color": "#FFCC00"},
            "background": "#335577",
            "cells": [
                {"id": "one", "x": 0, "y": 0, "width": 0.5, "height": 1},
                {"id": "two", "x": 0.5, "y": 0, "width": 0.5, "height": 0.8, "polygon": [[0, 0], [1, 0], [0.8, 1]]},
            ],
        }
    ],
    export=exported(),
)

MADE = project(
    {
        "effects": [effect("echo", echoes=1, spacing=2)],
        "clips": [
            clip({"kind": "gradient", "colors": ["#102030", "#E0A040"]}, 0, 0.5),
            clip({"kind": "pattern"}, 0.5, 0.3),
            clip({"kind": "noise"}, 0.9, 0.5),
            clip("a.mp4", 1.4, 0.5, effects=[effect("pixelate", size=8), effect("hue", angle=60)]),
        ],
    },
    background="#405060",
    export=exported(),
)

OTHER_SHAPE = project(
    {"clips": [clip("a.mp4", 0, 1.2), clip("b.webm", 1.2, 0.8, transform={"rotation": 5})]},
    {"clips": [clip("still.png", 0.5, 0.5, transform={"x": 0.3})]},
    background="#800040",
    export=exported(width=160, height=120, frameRate="30"),
)

PROJECTS: dict[str, Json] = {
    "cuts": CUTS,
    "speeds": SPEEDS,
    "layers": LAYERS,
    "words": WORDS,
    "effects": EFFECTS,
    "clear": CLEAR,
    "deep": DEEP,
    "cells": CELLS,
    "made": MADE,
    "other shape": OTHER_SHAPE,
}


def edges_of(decoded: Project, base: Path) -> tuple[list[int], int]:
    """Return the frames around which what is on screen changes, and how many frames the project has."""
    timeline = resolve(decoded, facts_of(decoded, base))
    edges: set[int] = set()
    for lane in timeline.video:
        for item in lane.items:
            edges |= {item.first, item.end, item.first + item.fade_in, item.end - item.fade_out}
        for crossing in lane.crossings:
            edges |= {crossing.first, crossing.cut, crossing.end}
    for cues in timeline.cues:
        edges |= {edge for cue in cues.cues for edge in (cue.first, cue.end_frame)}
    found = {edge + step for edge in edges for step in (-1, 0, 1)} | {0, timeline.frames - 1}
    return sorted(frame for frame in found if 0 <= frame < timeline.frames), timeline.frames


def shown_at(frame: int, raw: Mapping[str, Any]) -> int:
    """Return the first output frame that shows a frame of the project."""
    rate = Fraction(raw["export"].get("frameRate", raw["frameRate"]))
    return ceil(frame * rate / Fraction(raw["frameRate"]))

"""Whole projects of anything: tracks of all kinds, transitions, layouts, subtitles, export."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from sidecar.effects import catalogue
from tests.reference.anything import (
    BLENDS,
    CELLS,
    FITS,
    WORDS,
    Stage,
    animations,
    clips,
    effects,
    picked,
    positions,
    some,
    sound_members,
    styles,
)
from tests.reference.material import SOUNDS
from tests.reference.rendered import Json
from tests.reference.timelines import EASINGS, animated, colors, numbers

RATES = ("1", "5", "12", "24", "24000/1001", "25", "30000/1001", "50", "60", "120", "240", "7/2")
SIDES = (16, 18, 32, 64, 66, 96, 128)
EXACT = {"ffv1": ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le")}
ALPHA = ("yuva420p", "yuva444p10le", "gbrp")
ALIGNS = ("center", "start", "end")
CROSSINGS = sorted(catalogue().transitions)


@st.composite
def crossings(draw: st.DrawFn, made: Sequence[Json], lengths: Sequence[int], touching: Sequence[bool]) -> list[Json]:
    """Transitions in frames: between clips that touch, and at free ends. `duration` is in frames."""
    found: list[Json] = []
    room = list(lengths)
    for index in range(len(made) + 1):
        out = made[index - 1] if index else None
        into = made[index] if index < len(made) else None
        if out is not None and into is not None and not touching[index]:
            if draw(st.booleans()):
                out = None
            else:
                into = None
        sides = [place for place, side in ((index - 1, out), (index, into)) if side is not None]
        if any(made[place]["source"]["kind"] == "adjustment" for place in sides) and not some(draw):
            continue
        most = min(room[place] for place in sides)
        if most < 2 or draw(st.booleans()):
            continue
        covers = draw(st.integers(2, most))
        for place in sides:
            room[place] -= covers
        crossing: Json = {"type": draw(st.sampled_from(CROSSINGS)), "duration": covers}
        crossing |= {"from": out["id"]} if out is not None else {}
        crossing |= {"to": into["id"]} if into is not None else {}
        crossing |= picked(
            draw,
            {
                "align": st.sampled_from(ALIGNS),
                "easing": st.sampled_from(EASINGS),
                "audio": st.sampled_from(("constantPower", "linear", "cut")),
            },
        )
        found.append(crossing)
    return found


@st.composite
def laid(draw: st.DrawFn, kind: str, number: int, stage: Stage) -> Json:
    """A track of clips: some touch, some do not."""
    frames, rate, keys = stage.frames, stage.rate, stage.keys
    made: list[Json] = []
    lengths: list[int] = []
    touching: list[bool] = []
    at = draw(st.integers(0, min(2, frames - 1)))
    while at < frames and len(made) < 3:
        gap = 0 if not made or draw(st.integers(0, 2)) else 1
        at += gap
        if at >= frames:
            break
        length = draw(st.integers(1, frames - at))
        name = f"t{number}c{len(made)}"
        clip = draw((clips if kind == "video" else heard_clips)(name, length, stage))
        made.append({**clip, "start": str(Fraction(at) / rate)})
        lengths.append(length)
        touching.append(bool(len(made) > 1 and not gap))
        at += length
    track: Json = {"id": f"t{number}", "kind": kind, "clips": made}
    if kind == "video" and made:
        found = draw(crossings(made, lengths, [*touching, False]))
        track["transitions"] = [{**each, "duration": str(Fraction(each["duration"]) / rate)} for each in found]
    seconds = float(frames / rate)
    members: dict[str, st.SearchStrategy[Any]] = {
        "volume": animated(0, 4, seconds),
        "pan": animated(-1, 1, seconds),
        "muted": st.booleans(),
        "solo": st.booleans(),
    }
    media: tuple[str, ...] = ("audio",)
    if kind == "video":
        members |= {"opacity": animated(0, 1, seconds), "blend": st.sampled_from(BLENDS)}
        media = ("video", "audio")
    members["effects"] = effects(seconds, media, [key for key in keys if key != f"t{number}"])
    return track | picked(draw, members, 2)


@st.composite
def heard_clips(draw: st.DrawFn, name: str, frames: int, stage: Stage) -> Json:
    kind = draw(st.sampled_from(("file", "file", "tone", "silence", "noise")))
    source: Json = {"kind": kind}
    if kind == "file":
        source["path"] = draw(st.sampled_from(sorted(SOUNDS)))
    elif kind == "tone":
        source |= {"frequency": draw(st.sampled_from((20, 440, 9000))), "level": draw(numbers(0, 1))}
        source["waveform"] = draw(st.sampled_from(("sine", "square", "triangle", "sawtooth")))
    elif kind == "noise":
        source |= {"seed": draw(st.integers(0, 9)), "level": draw(numbers(0, 1))}
    seconds = Fraction(frames) / stage.rate
    clip: Json = {"id": name, "source": source, "duration": str(seconds)}
    if kind == "file":
        source["loop"] = draw(st.booleans())
        length = SOUNDS[source["path"]]
        clip["speed"] = draw(st.sampled_from((0.05, 0.5, 1.0, 1.7, 3.0)))
        if not source["loop"] and length < seconds * Fraction(clip["speed"]):
            clip["speed"] = max(0.05, round(float(length / seconds * Fraction(4, 5)), 3))
        clip |= {"reverse": True} if some(draw) else {}
        clip |= {"pitch": "varispeed"} if some(draw) else {}
    clip |= draw(sound_members(source, frames, stage))
    if some(draw, 3):
        clip["effects"] = draw(effects(float(seconds), ("audio",), stage.keys))
    return clip


@st.composite
def written(draw: st.DrawFn, frames: int, rate: Fraction) -> Json:
    """A track of cues."""
    cues = []
    for _ in range(draw(st.integers(1, 2))):
        first = Fraction(draw(st.integers(0, frames - 1))) / rate
        length = Fraction(draw(st.integers(1, frames))) / rate
        text = draw(st.sampled_from(WORDS))
        cue: Json = {"start": str(first), "end": str(first + length), "text": text, "style": draw(styles())}
        cue["animations"] = draw(animations(float(length)))
        if draw(st.booleans()):
            cue["position"] = draw(positions())
        if text == "Hello" and draw(st.booleans()):
            cue["words"] = [{"start": str(first), "end": str(first + length / 2), "text": "Hello"}]
        cues.append(cue)
    return {
        "kind": "subtitle",
        "language": draw(st.sampled_from(("", "en", "pt-BR"))),
        "style": draw(styles()),
        "cues": cues,
    }


@st.composite
def templates(draw: st.DrawFn) -> list[Json]:
    cells = []
    for _ in range(CELLS):
        cell: Json = {name: draw(numbers(0, 0.6)) for name in ("x", "y")}
        cell |= {"width": draw(numbers(0.1, 0.4)), "height": draw(numbers(0.1, 0.4))}
        cell |= picked(
            draw,
            {
                "fit": st.sampled_from(FITS),
                "alignX": st.sampled_from(("left", "center", "right")),
                "alignY": st.sampled_from(("top", "center", "bottom")),
                "polygon": st.lists(st.tuples(numbers(0, 1), numbers(0, 1)).map(list), min_size=3, max_size=5),
            },
        )
        cells.append(cell)
    template: Json = {"id": "cells", "cells": cells}
    template |= picked(
        draw,
        {
            "gap": numbers(0, 0.3),
            "border": st.fixed_dictionaries({"width": numbers(0, 12), "color": colors()}),
            "background": colors(),
        },
    )
    return [template]


@st.composite
def exports(draw: st.DrawFn, frames: int, rate: Fraction) -> Json:
    """What can be decoded to the frame: FFV1 in Matroska mostly, sometimes what users write."""
    made: Json = {"container": "mkv"}
    video: Json = {"codec": "ffv1", "pixelFormat": draw(st.sampled_from((*EXACT["ffv1"], *ALPHA)))}
    audio: Json = {"codec": "pcm_f32le"}
    if some(draw):
        made["container"] = draw(st.sampled_from(("mp4", "mov", "webm", "mkv", "avi")))
        video = {"preset": "fastest", "quality": 30} if made["container"] != "avi" else {"codec": "mpeg4"}
        audio = {}
    audio |= picked(
        draw,
        {
            "channels": st.sampled_from((1, 2, 6, 8)),
            "sampleRate": st.sampled_from((8_000, 44_100, 48_000, 96_000)),
            "loudness": st.fixed_dictionaries({"target": numbers(-40, -10), "truePeak": numbers(-9, 0)}),
            "limiter": st.fixed_dictionaries({"truePeak": numbers(-9, 0)}),
        },
    )
    made |= {"video": video, "audio": draw(st.sampled_from((audio, audio, None)))}
    if made["audio"] is not None and some(draw, 12):
        made |= {"container": "wav", "video": None, "audio": {**audio, "codec": "pcm_f32le"}}
    first = draw(st.integers(0, frames - 1))
    last = draw(st.integers(first + 1, frames))
    sizes = {"width": st.sampled_from(SIDES), "height": st.sampled_from(SIDES)}
    others: dict[str, st.SearchStrategy[Any]] = {
        "frameRate": st.sampled_from(RATES),
        "range": st.just([str(first / rate), str(last / rate)]),
        "subtitles": st.sampled_from(("burn", "none")),
    }
    if made["video"] is not None:
        others |= sizes
    else:
        others.pop("frameRate")
    return made | picked(draw, others, 2)


@st.composite
def projects(draw: st.DrawFn, most: int = 12) -> Json:
    """A project of one to four tracks, of at most `most` frames."""
    text = draw(st.sampled_from(RATES))
    rate = Fraction(text)
    frames = draw(st.integers(1, most if rate > 6 else min(most, 4)))
    channels = draw(st.sampled_from((1, 2, 2, 6, 8)))
    kinds = draw(st.lists(st.sampled_from(("video", "video", "video", "audio", "subtitle")), max_size=3))
    kinds.insert(0, draw(st.sampled_from(("video", "video", "video", "video", "audio"))))
    keys = [f"t{number}" for number, kind in enumerate(kinds) if kind != "subtitle"]
    made = [
        draw(written(frames, rate))
        if kind == "subtitle"
        else draw(laid(kind, number, Stage(frames, rate, keys[:number], channels)))
        for number, kind in enumerate(kinds)
    ]
    raw: Json = {
        "schema": "timeline/1",
        "frameRate": text,
        "width": draw(st.sampled_from(SIDES)),
        "height": draw(st.sampled_from(SIDES)),
        "channels": channels,
        "tracks": made,
        "export": draw(exports(frames, rate)),
    }
    if any("layout" in clip for track in made for clip in track.get("clips", ())):
        raw["templates"] = draw(templates())
    seconds = float(frames / rate)
    return raw | picked(
        draw,
        {
            "background": colors(),
            "sampleRate": st.sampled_from((8_000, 44_100, 96_000)),
            "masterVolume": animated(0, 4, seconds),
            "effects": effects(seconds, ("video", "audio"), keys),
        },
        2,
    )

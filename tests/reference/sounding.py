"""Renders the sound of projects, and draws timelines of sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.harness.media import decode_sound
from tests.harness.reference.sound import TAKES, Floats, Mixer
from tests.harness.rendering import render
from tests.reference.rendered import Json
from tests.reference.timelines import animated, numbers

RATES = ("24", "25", "30000/1001", "60")
MOST = 1e-4
"""Amplitude that a sample may be off."""


def heard(raw: Json, folder: Path) -> Floats:
    """The sound of a project as floats: (channel, sample)."""
    target = folder / "heard.wav"
    render(raw, folder, target)
    return decode_sound(target)[1].astype(float)


def exported(raw: Json) -> Json:
    """Give a project of sound an export that changes nothing."""
    audio = {
        "codec": "pcm_f32le",
        "sampleRate": raw.get("sampleRate", 48_000),
        "channels": raw.get("channels", 2),
    }
    return {**raw, "export": {"container": "wav", "video": None, "audio": audio}}


def missed(raw: Json, folder: Path) -> tuple[float, int]:
    """The largest error of a project's sound, and at which sample."""
    got, wanted = heard(raw, folder), Mixer(raw, TAKES).mix()
    assert got.shape == wanted.shape, (got.shape, wanted.shape)
    off = np.abs(got - wanted).max(axis=0)
    return float(off.max(initial=0.0)), int(off.argmax()) if off.size else 0


@st.composite
def sounds(draw: st.DrawFn, channels: int) -> Json:
    kind = draw(st.sampled_from(("file", "file", "file", "tone", "silence")))
    if kind == "silence":
        return {"kind": "silence"}
    if kind == "tone":
        return {"kind": "tone", "frequency": draw(st.sampled_from((220.0, 997.0))), "level": draw(numbers(0, 0.6))}
    names = [name for name in TAKES if channels <= 2 or name not in ("six.wav", "eight.wav")]
    made: Json = {"kind": "file", "path": draw(st.sampled_from(names))}
    if draw(st.integers(0, 4)) == 0:
        there = len(TAKES[made["path"]].channels)
        made["channelMap"] = draw(
            st.lists(st.one_of(st.none(), st.integers(0, there - 1)), min_size=channels, max_size=channels)
        )
    return made


@st.composite
def voices(draw: st.DrawFn, number: int, rate: Fraction, frames: int, channels: int) -> Json:
    """A track of sound."""
    clips: list[Json] = []
    transitions: list[Json] = []
    at, before = draw(st.integers(0, 2)), 0
    while at < frames - 3 and len(clips) < 3:
        length = min(draw(st.integers(4, 12)), frames - at)
        whole = Fraction(length) / rate
        source = draw(sounds(channels))
        name = f"s{number}c{len(clips)}"
        clip: Json = {"id": name, "source": source, "start": str(Fraction(at) / rate), "duration": str(whole)}
        clip |= draw(touches(source, whole))
        clips.append(clip)
        if before >= 6 and length >= 6 and draw(st.booleans()):
            transitions.append(
                {
                    "from": clips[-2]["id"],
                    "to": name,
                    "type": "crossfade",
                    "duration": str(Fraction(draw(st.integers(2, 3))) / rate),
                    "align": draw(st.sampled_from(("center", "start", "end"))),
                    "audio": draw(st.sampled_from(("constantPower", "linear", "cut"))),
                }
            )
        at, before = at + length, length
        if draw(st.integers(0, 3)) == 0:
            at, before = at + 2, 0
    made: Json = {"kind": "audio", "clips": clips, "transitions": transitions}
    if draw(st.booleans()):
        made["volume"] = draw(animated(0, 2, float(frames / rate)))
    if draw(st.booleans()):
        made["pan"] = draw(animated(-1, 1, float(frames / rate)))
    for word in ("muted", "solo"):
        if draw(st.integers(0, 7)) == 0:
            made[word] = True
    return made


@st.composite
def touches(draw: st.DrawFn, source: Json, whole: Fraction) -> Json:
    """What is done to a clip's sound."""
    made: dict[str, Any] = {}
    if draw(st.booleans()):
        made["volume"] = draw(animated(0, 2, float(whole)))
    if draw(st.booleans()):
        made["pan"] = draw(animated(-1, 1, float(whole)))
    if draw(st.integers(0, 2)) == 0:
        made["audioFadeIn"], made["audioFadeOut"] = str(whole / 3), str(whole * draw(st.integers(0, 4)) / 8)
    if source["kind"] == "file":
        made["sourceStart"] = str(Fraction(draw(st.integers(0, 9_000)), 10_000))
        way = draw(st.sampled_from(("plain", "plain", "varispeed", "reverse")))
        if way == "varispeed":
            # From a whole sample on: others are taken for the nearest.
            made |= {"speed": draw(st.sampled_from((0.5, 1.25, 2.0))), "pitch": "varispeed"}
            made["sourceStart"] = str(Fraction(draw(st.integers(1, 80)), 100))
        elif way == "reverse":
            made["reverse"] = True
    return made


@st.composite
def mixes(draw: st.DrawFn) -> Json:
    """A project of sound."""
    written = draw(st.sampled_from(RATES))
    channels = draw(st.sampled_from((1, 2, 2, 6)))
    frames = draw(st.integers(8, 24))
    tracks = [draw(voices(number, Fraction(written), frames, channels)) for number in range(draw(st.integers(1, 3)))]
    raw: Json = {
        "schema": "timeline/1",
        "frameRate": written,
        "width": 64,
        "height": 64,
        "sampleRate": draw(st.sampled_from((48_000, 48_000, 44_100))),
        "channels": channels,
        "tracks": tracks,
    }
    if draw(st.booleans()):
        raw["masterVolume"] = draw(animated(0, 1.5, float(frames / Fraction(written))))
    return exported(raw)

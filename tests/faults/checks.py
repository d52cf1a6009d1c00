"""The fixed checks that every planted fault is held against: small timelines, judged by the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.harness.media import make_clip, read_number
from tests.harness.reference.compositor import Frame, composed
from tests.harness.reference.judge import judged
from tests.harness.reference.sound import TAKES, Floats, Mixer, write_takes
from tests.harness.rendering import clip, project, raw_frames
from tests.reference.rendered import RGB, Films, Json, pictures
from tests.reference.sounding import MOST, exported, heard

SIZE = (96, 54)


def picture(*tracks: Json, rate: str = "25", size: tuple[int, int] = SIZE, **members: Any) -> Json:
    return project(*tracks, rate=rate, size=size, **{"export": RGB, **members})


def sound(*tracks: Json, **members: Any) -> Json:
    raw = {"schema": "timeline/1", "frameRate": "25", "width": 64, "height": 64, "channels": 2}
    return exported({**raw, "tracks": [{"kind": "audio", **track} for track in tracks], **members})


def key(time: float, value: float, easing: Any = "linear") -> Json:
    return {"time": time, "value": value, "easing": easing}


def file(path: str, **members: Any) -> Json:
    return {"kind": "file", "path": path, **members}


PICTURES: dict[str, Json] = {
    # Cuts off the grid, rates that do not fit, speeds, reverse, freeze, ramp, loop, and a gap.
    "times": picture(
        {
            "clips": [
                clip("plain.mkv", 0, 0.12, sourceStart=0.24),
                clip("fast.mkv", 0.12, 0.1, sourceStart=0.3, speed=1.5),
                clip("fast.mkv", 0.23, 0.09, sourceStart=0.2, reverse=True),
                clip("frames.mp4", 0.32, 0.07, sourceStart=0.4, freeze=True),
                clip("uneven.mkv", 0.47, 0.13, sourceStart=0.1, speed=0.5),
                clip(file("plain.mkv", loop=True), 0.6, 0.12, sourceStart=0.88),
                clip(
                    "fast.mkv",
                    0.72,
                    0.16,
                    timeMap=[{"time": 0, "source": 0.8, "easing": "easeIn"}, {"time": 0.16, "source": 0.1}],
                ),
            ]
        },
        rate="30000/1001",
    ),
    # Timestamps that a clock of milliseconds has rounded up, at no rate.
    "ticks": picture(
        {"clips": [clip("rough.mkv", 0, "1001/2500"), clip("rough.mkv", "1001/2500", "1001/2500", reverse=True)]},
        rate="30000/1001",
    ),
    "crossing": picture(
        {
            "clips": [
                clip("plain.mkv", 0, 0.2, sourceStart=0.1, id="a", fadeIn=0.08, fadeOut=0.08),
                clip("full.mkv", 0.2, 0.24, sourceStart=0.3, id="b", speed=0.5),
                clip("large.mkv", 0.44, 0.2, sourceStart=0.2, id="c", fadeOut=0.08, opacity=0.8),
            ],
            "transitions": [
                {"type": "fade", "from": "a", "to": "b", "duration": 0.16, "easing": "easeIn"},
                {"type": "wipeleft", "from": "b", "to": "c", "duration": 0.12, "align": "end"},
            ],
        },
        background="#405080",
    ),
    "layers": picture(
        {"clips": [clip("plain.mkv", 0, 0.4)], "opacity": 0.7},
        {
            "clips": [
                clip(
                    "large.mkv",
                    0.04,
                    0.32,
                    opacity={"keyframes": [key(0, 0.2, "hold"), key(0.12, 0.9, "easeInOut"), key(0.28, 0.3)]},
                    transform={"x": 0.3, "scaleX": 0.6, "scaleY": 0.6},
                )
            ]
        },
        {"clips": [clip("veil.mov", 0, 0.4, fadeIn=0.12, fadeOut=0.16)], "opacity": 0.6},
        {"clips": [clip("#FF0000", 0, 0.4)], "enabled": False},
        background="#336699",
    ),
    "places": picture(
        {"clips": [clip("#204060", 0, 0.24)]},
        {
            "clips": [
                clip("plain.mkv", 0, 0.08, crop={"left": 0.2, "top": 0.1}, fit="cover"),
                clip(
                    "old.mkv",
                    0.08,
                    0.08,
                    transform={"rotation": 30, "scaleX": 0.5, "scaleY": 0.7, "anchorX": 0.2, "anchorY": 0.8},
                ),
                clip("turned.mp4", 0.16, 0.08, transform={"x": {"keyframes": [key(0, 0.4), key(0.08, 0.406)]}}),
            ]
        },
    ),
    "shapes": picture(
        {
            "clips": [
                clip("wide.mkv", 0, 0.08),
                clip("mirrored.mp4", 0.08, 0.08, fit="none"),
                clip("ntsc.mkv", 0.16, 0.08, fit="stretch"),
                clip("still.png", 0.24, 0.08, transform={"scaleX": -1}),
            ]
        },
        background="#804020",
    ),
    "colours": picture(
        {"clips": [clip("old.mkv", 0, 0.08), clip("full.mkv", 0.08, 0.08), clip("ntsc.mkv", 0.16, 0.08)]},
    ),
    "grades": picture(
        {
            "clips": [
                clip("large.mkv", number * 0.08, 0.08, color={name: value})
                for number, (name, value) in enumerate(
                    {
                        "temperature": 0.6,
                        "tint": -0.5,
                        "blacks": 0.7,
                        "whites": -0.7,
                        "shadows": 0.6,
                        "highlights": 0.6,
                    }.items()
                )
            ]
            + [
                clip("large.mkv", 0.48, 0.08, color={"gamma": 1.5}),
                clip("large.mkv", 0.56, 0.04, color={"saturation": 0.3, "contrast": 1.3, "brightness": 0.1}),
                clip("large.mkv", 0.6, 0.04, color={"hue": 60}),
            ]
        },
    ),
    "blends": picture(
        {"clips": [clip("plain.mkv", 0, 0.36)]},
        {
            "clips": [
                clip("large.mkv", number * 0.04, 0.04, blend=mode, opacity=0.8)
                for number, mode in enumerate(
                    (
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
                )
            ]
        },
        {"clips": [clip("veil.mov", 0, 0.36)], "blend": "screen"},
    ),
    "cells": picture(
        {"clips": [clip("plain.mkv", 0, 0.12, layout={"template": "own", "cell": 0})]},
        {"clips": [clip("large.mkv", 0, 0.12, layout={"template": "own", "cell": "right"})]},
        templates=[
            {
                "id": "own",
                "gap": 0.1,
                "cells": [
                    {"x": 0, "y": 0, "width": 0.4, "height": 1},
                    {"id": "right", "x": 0.4, "y": 0.2, "width": 0.6, "height": 0.8, "fit": "contain"},
                ],
            }
        ],
        background="#225522",
    ),
    "effects": picture(
        {"clips": [clip("plain.mkv", 0, 0.32, effects=[{"type": "hue", "mix": 0.5, "parameters": {"angle": 90}}])]},
        {
            "clips": [
                clip(
                    {"kind": "adjustment"},
                    0.08,
                    0.2,
                    opacity=0.7,
                    effects=[{"type": "basic", "parameters": {"contrast": 0.6, "saturation": 0.4}}],
                )
            ]
        },
        {"clips": [clip("veil.mov", 0, 0.32, opacity=0.5)]},
        effects=[{"type": "basic", "start": 0.08, "end": 0.16, "parameters": {"brightness": 0.15}}],
    ),
    "export": picture(
        {"clips": [clip("plain.mkv", 0, 0.4)]},
        background="#204060",
        export={**RGB, "width": 128, "height": 96, "frameRate": "30", "range": [0.08, 0.32]},
    ),
    # What a player shows of Y′CbCr.
    "player": picture(
        {"clips": [clip("plain.mkv", 0, 0.12)]},
        {"clips": [clip("#E02040", 0.04, 0.08, transform={"scaleX": 0.5, "scaleY": 0.5})]},
        export={"container": "mkv", "audio": None, "video": {"codec": "ffv1", "pixelFormat": "yuv444p"}},
    ),
}

SOUNDS: dict[str, Json] = {
    "layouts": sound(
        {"clips": [clip(file("mono.wav"), 0, 0.2, sourceStart=0.1, pan=-0.4), clip(file("six.wav"), 0.2, 0.2)]},
        {
            "clips": [
                clip(file("eight.wav"), 0.08, 0.2, volume=0.5),
                clip(file("stereo.wav"), 0.28, 0.2, sourceStart=0.37),
            ]
        },
        {"clips": [clip(file("stereo.wav", channelMap=[1, None]), 0.12, 0.3)], "pan": 0.25, "volume": 0.8},
        masterVolume=0.9,
    ),
    "fades": sound(
        {
            "clips": [
                clip(file("mono.wav"), 0, 0.32, id="a", audioFadeIn=0.11, sourceStart=0.2),
                clip(file("stereo.wav"), 0.32, 0.32, id="b", audioFadeOut=0.13, sourceStart=0.4),
                clip(file("mono.wav"), 0.64, 0.32, id="c", sourceStart=0.4),
            ],
            "transitions": [
                {"type": "crossfade", "from": "a", "to": "b", "duration": 0.12},
                {"type": "crossfade", "from": "b", "to": "c", "duration": 0.16, "audio": "linear", "align": "start"},
            ],
        },
        frameRate="30000/1001",
    ),
    "solo": sound(
        {"clips": [clip({"kind": "tone", "frequency": 600.0, "level": 0.3}, 0, 0.4)], "solo": True},
        {"clips": [clip({"kind": "tone", "frequency": 400.0}, 0, 0.4)]},
        {"clips": [clip(file("stereo.wav"), 0.04, 0.3), clip(file("mono.wav"), 0.34, 0.06, muted=True)], "solo": True},
        {"clips": [clip(file("stereo.wav"), 0, 0.4)], "solo": True, "muted": True},
    ),
    # Frames' edges that lie between samples.
    "edges": sound(
        {
            "clips": [
                clip(file("stereo.wav"), f"{number * 1001}/30000", "1001/30000", sourceStart=0.1 + 0.2 * number)
                for number in range(1, 8)
            ]
        },
        frameRate="30000/1001",
        sampleRate=44_100,
    ),
    "rides": sound(
        {
            "clips": [
                clip(
                    file("stereo.wav"),
                    0.08,
                    0.3,
                    volume={"keyframes": [key(0, 0, "easeIn"), key(0.2, 2), key(0.3, 0.5)]},
                    pan={"keyframes": [key(0, -1), key(0.3, 1)]},
                )
            ],
            "volume": {"keyframes": [key(0, 1, "hold"), key(0.2, 0.4)]},
        },
        {"clips": [clip(file("mono.wav"), 0, 0.4, reverse=True, sourceStart=0.5)]},
        masterVolume={"keyframes": [key(0.1, 1), key(0.3, 0.3)]},
        sampleRate=44_100,
    ),
}


@dataclass(slots=True)
class Checks:
    """The checks, and what the model has made of them so far."""

    films: Films
    pictures: dict[str, list[Frame]] = field(default_factory=dict)
    sounds: dict[str, Floats] = field(default_factory=dict)

    def passes(self, name: str) -> bool:
        """Whether the engine, as it now is, does what the model does."""
        if name in SOUNDS:
            return self._sound(name)
        if name == "numbers":
            return numbers(self.films.folder)
        if name not in self.pictures:
            self.pictures[name] = composed(PICTURES[name], self.films.footage)
        wanted = self.pictures[name]
        raw = PICTURES[name]
        got = pictures(raw, self.films.folder)
        if len(got) != len(wanted):
            return False
        return all(judged(one, frame).good for one, frame in zip(got, wanted, strict=True))

    def _sound(self, name: str) -> bool:
        if name not in self.sounds:
            self.sounds[name] = Mixer(SOUNDS[name], TAKES).mix()
        got = heard(SOUNDS[name], self.films.folder)
        return got.shape == self.sounds[name].shape and bool(np.abs(got - self.sounds[name]).max() <= MOST)


def prepared(films: Films) -> Checks:
    """Write what the checks read beside the films."""
    write_takes(films.folder)
    make_clip(films.folder / "numbers.mp4", seconds=1, rate="30000/1001", b_frames=3, gop=12)
    make_clip(films.folder / "numbers.webm", seconds=1, rate="30")
    return Checks(films)


def numbers(folder: Path) -> bool:
    """Frames that say which they are, of an MP4 with B-frames and a WebM, at the rate of neither."""
    for name, rate in (("numbers.mp4", 30000 / 1001), ("numbers.webm", 30.0)):
        raw = picture({"clips": [clip(name, 0, 0.5, sourceStart=0.2)]}, rate="24", size=(192, 96))
        shown = raw_frames(raw, folder)
        for number, frame in enumerate(shown):
            if read_number(frame.mean(axis=2)) != int((0.2 + number / 24) * rate + 1e-6):
                return False
    return True

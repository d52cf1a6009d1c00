"""Sources whose every frame carries its number, and which numbers a project has to show of them.

What is expected comes from how the sources are made and from docs/project.md §4, steps 1 to 3, written here a second
time and as plainly as can be; nothing is read from the files, and nothing is imported from the engine.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor
from pathlib import Path
from random import Random
from typing import Any

from tests.harness.media import make_clip

SECONDS = 5


@dataclass(frozen=True)
class Made:
    """How a source is made: its file, encoder and rate, and what else `make_clip` is told."""

    name: str
    codec: str | None
    rate: str
    more: tuple[tuple[str, Any], ...] = ()

    @property
    def variable(self) -> bool:
        return bool(dict(self.more).get("variable"))


def made(name: str, codec: str | None, rate: str, **more: Any) -> Made:
    return Made(name, codec, rate, tuple(more.items()))


SOURCES = (
    made("h264.mp4", "libx264", "24000/1001", gop=24, b_frames=3),
    made("h264.mov", "libx264", "50", gop=48, b_frames=3),
    made("h264.mkv", "libx264", "30000/1001", gop=30, b_frames=2),
    made("h264.ts", "libx264", "25", gop=25, b_frames=2, start=1.5),
    made("hevc.mp4", "libx265", "25", gop=25),
    made("hevc.mkv", "libx265", "60", gop=60),
    made("vp9.webm", "libvpx-vp9", "30", gop=20),
    made("vp9.mp4", "libvpx-vp9", "24", gop=48),
    made("av1.mp4", "libsvtav1", "25", gop=25),
    made("av1.webm", "libsvtav1", "24000/1001", gop=32),
    made("mpeg2.ts", "mpeg2video", "60000/1001", gop=15, b_frames=2, start=6.4),
    made("mpeg2.mov", "mpeg2video", "25", gop=12, b_frames=2),
    made("fields.mkv", "mpeg2video", "30000/1001", gop=15, interlaced=True),
    made("mpeg4.avi", "mpeg4", "24000/1001", gop=12, b_frames=1),
    made("variable.mp4", "libx264", "30", gop=30, b_frames=2, variable=True),
    made("variable.mkv", "libx264", "60", gop=30, b_frames=2, variable=True),
    made("variable.webm", "libvpx-vp9", "24", gop=30, variable=True),
)


@dataclass(frozen=True)
class Numbered:
    """A source by its making: frame `numbers[i]` begins at `times[i]` seconds; `slack` is the ε of the rule.

    `vague`: the container rounds the times, which lie on no rate; nothing is asked of it so near before a frame.
    """

    name: str
    times: tuple[Fraction, ...]
    numbers: tuple[int, ...]
    duration: Fraction
    slack: Fraction
    vague: Fraction

    def shown(self, instant: Fraction) -> int:
        """Return the number of the newest frame whose time is at most `slack` after an instant."""
        return self.numbers[max(0, bisect_right(self.times, instant + self.slack) - 1)]

    def clear(self, instant: Fraction) -> bool:
        """Whether the rule says which frame is shown, whatever the container rounds."""
        return not self.vague or all(abs(instant - time) > self.vague for time in self.times)


def make_source(source: Made, folder: Path) -> Numbered:
    """Make a source's file and say what is in it."""
    make_clip(folder / source.name, seconds=SECONDS, rate=source.rate, codec=source.codec, **dict(source.more))
    rate = Fraction(source.rate)
    numbers = [n for n in range(-(-SECONDS * rate.numerator // rate.denominator)) if not source.variable or kept(n)]
    tick = tick_of(source)
    rounds = source.variable and (tick * rate).denominator != 1 and (1 / (tick * rate)).denominator != 1
    return Numbered(
        source.name,
        tuple(n / rate for n in numbers),
        tuple(numbers),
        (numbers[-1] + 1) / rate,
        tick / 2 if source.variable else min(tick / 2, 1 / (4 * rate)),
        2 * tick if rounds else Fraction(0),
    )


def kept(number: int) -> bool:
    """Whether `make_clip` keeps a frame of a variable source."""
    return not (number % 7 in (2, 3) or number % 5 == 1)


def tick_of(source: Made) -> Fraction:
    """Time base that FFmpeg's muxers give a stream: milliseconds, 90 kHz, a frame, or a multiple of the rate's own."""
    rate, suffix = Fraction(source.rate), Path(source.name).suffix
    if suffix in (".mkv", ".webm"):
        return Fraction(1, 1000)
    if suffix == ".ts":
        return Fraction(1, 90_000)
    if suffix == ".avi":
        return 1 / rate
    scale = rate.numerator
    while scale < 10_000:
        scale *= 2
    return Fraction(1, scale)


def exact(value: float | str) -> Fraction:
    """A time or a speed as the project means it."""
    return Fraction(value) if isinstance(value, str) else Fraction(repr(value))


def frames_of(clip: Mapping[str, Any], rate: Fraction) -> tuple[int, int]:
    """First frame of a clip, and the first after it."""
    start, duration = exact(clip["start"]), exact(clip["duration"])
    return floor(start * rate + Fraction(1, 2)), floor((start + duration) * rate + Fraction(1, 2))


def instant(clip: Mapping[str, Any], k: int, rate: Fraction, source: Numbered) -> Fraction:
    """Source instant of a clip's frame k (docs/project.md §4, step 2)."""
    first, end = frames_of(clip, rate)
    begin, speed, tau = exact(clip.get("sourceStart", 0)), exact(clip.get("speed", 1.0)), k / rate
    if clip.get("timeMap"):
        found = mapped(clip["timeMap"], tau)
    elif clip.get("freeze"):
        found = begin
    elif clip.get("reverse"):
        found = begin + (Fraction(end - first - 1) / rate - tau) * speed
    else:
        found = begin + tau * speed
    return found % source.duration if clip["source"].get("loop") else found


def mapped(keys: Sequence[Mapping[str, Any]], tau: Fraction) -> Fraction:
    """Value of a time map: it holds before its first key and after its last."""
    if tau <= exact(keys[0]["time"]):
        return exact(keys[0]["source"])
    for before, after in pairwise(keys):
        if tau < exact(after["time"]):
            start, end = exact(before["time"]), exact(after["time"])
            share = eased(before.get("easing", "linear"), (tau - start) / (end - start))
            return exact(before["source"]) + (exact(after["source"]) - exact(before["source"])) * share
    return exact(keys[-1]["source"])


def eased(easing: Any, share: Fraction) -> Fraction:
    """CSS's timing functions, by halving."""
    if easing == "linear":
        return share
    if easing == "hold":
        return Fraction(0)
    named = {"easeIn": (0.42, 0, 1, 1), "easeOut": (0, 0, 0.58, 1), "easeInOut": (0.42, 0, 0.58, 1)}
    x1, y1, x2, y2 = named[easing] if isinstance(easing, str) else easing["cubicBezier"]
    low, high = 0.0, 1.0
    for _ in range(60):
        u = (low + high) / 2
        low, high = (u, high) if 3 * (1 - u) ** 2 * u * x1 + 3 * (1 - u) * u**2 * x2 + u**3 < share else (low, u)
    u = (low + high) / 2
    return Fraction(3 * (1 - u) ** 2 * u * y1 + 3 * (1 - u) * u**2 * y2 + u**3)


def expected(clips: Sequence[Mapping[str, Any]], rate: Fraction, sources: Mapping[str, Numbered]) -> list[int | None]:
    """Return the number that every frame of a track shows, by its clips alone; None where none does."""
    shown: list[int | None] = [None] * max(frames_of(clip, rate)[1] for clip in clips)
    for clip in clips:
        first, end = frames_of(clip, rate)
        source = sources[clip["source"]["path"]]
        for frame in range(first, end):
            shown[frame] = source.shown(instant(clip, frame - first, rate, source))
    return shown


def clear(clip: Mapping[str, Any], rate: Fraction, source: Numbered) -> bool:
    """Whether the rule says what all frames of a clip show, and the source holds them."""
    first, end = frames_of(clip, rate)
    found = [instant(clip, k, rate, source) for k in range(end - first)]
    if not clip["source"].get("loop"):
        length = (end - first) / rate
        if clip.get("timeMap"):
            last = max(mapped(clip["timeMap"], k / rate / 4) for k in range(4 * (end - first) + 1))
        elif clip.get("freeze"):
            last = found[0]
        else:
            last = exact(clip["sourceStart"]) + length * exact(clip["speed"])
        if last > source.duration or min(found) < 0:
            return False
    return all(source.clear(each) for each in found)


SPEEDS = (0.05, 0.3, 0.5, 1.0, 1.0, 1.0, 1.3333333333333333, 2.0, 3.7, 25.0, 100.0)


def random_clip(source: Numbered, kind: str, chance: Random, rate: Fraction, frame: int) -> dict[str, Any]:
    """Write a clip of a source at a frame of the timeline: "forward", "reverse", "freeze", "ramp" or "loop"."""
    while True:
        frames = chance.choice((1, 2, 3, 5, 8, 13))
        most = float(source.duration)
        start: float | str = round(chance.uniform(0, most), chance.choice((1, 2, 3)))
        if not source.vague and chance.random() < 0.4:
            # Exactly where a frame begins.
            start = str(chance.choice(source.times))
        clip: dict[str, Any] = {
            "source": {"kind": "file", "path": source.name},
            "start": str(Fraction(frame) / rate),
            "duration": str(Fraction(frames) / rate),
        }
        if kind == "ramp":
            clip["timeMap"] = _ramp(chance, float(frames / rate), most)
        else:
            clip |= {"sourceStart": start}
            clip |= {"freeze": True} if kind == "freeze" else {"speed": chance.choice(SPEEDS)}
        if kind == "reverse":
            clip["reverse"] = True
        if kind == "loop":
            clip["source"]["loop"] = True
            clip["reverse"] = chance.random() < 0.3
        if clear(clip, rate, source):
            return clip


def _ramp(chance: Random, length: float, most: float) -> list[dict[str, Any]]:
    """Write a time map of a few keys, some of them falling, some before or after the clip."""
    times = sorted({round(chance.uniform(-0.1, 1.2) * length, 3) for _ in range(chance.randint(2, 5))} | {0.0, length})
    easings: list[Any] = [
        "linear",
        "linear",
        "hold",
        "easeIn",
        "easeOut",
        "easeInOut",
        {"cubicBezier": [0.1, 0.7, 0.9, 0.2]},
    ]
    place = chance.uniform(0, most)
    keys = []
    for time in times:
        keys.append({"time": time, "source": round(place, 3), "easing": chance.choice(easings)})
        place = min(most, max(0.0, place + chance.uniform(-1, 1) * chance.choice((0.05, 0.5, 3))))
    return keys

"""Steps 1 to 3: which clips are shown, at which instant of their source, and which of its frames."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.harness.reference.animation import ease, keyed
from tests.harness.reference.clock import clip_span, edit, seconds, transition_span
from tests.harness.reference.footage import Footage

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """A clip at frame n: `k` counts from its first frame, and it has `frames` of them."""

    clip: Json
    k: int
    frames: int
    head: bool
    tail: bool

    def clock(self, rate: Fraction) -> Fraction:
        """τ: time 0 is the clip's first frame."""
        return self.k / rate


@dataclass(frozen=True, slots=True)
class Crossing:
    """A transition at frame n: its progress after easing, 0–1."""

    transition: Json
    outgoing: Placed | None
    incoming: Placed | None
    progress: float


def shown(track: Json, n: int, rate: Fraction) -> Placed | Crossing | None:
    """What a track shows at frame n."""
    clips = {clip["id"]: clip for clip in track.get("clips", ()) if "id" in clip}
    edges: dict[str, set[str]] = {"from": set(), "to": set()}
    for transition in track.get("transitions", ()):
        for side, ids in edges.items():
            if transition.get(side) is not None:
                ids.add(transition[side])

    def placed(clip: Json | None) -> Placed | None:
        if clip is None or not clip.get("enabled", True):
            return None
        first, end = clip_span(clip, rate)
        name = clip.get("id", "")
        return Placed(clip, n - first, end - first, head=name in edges["to"], tail=name in edges["from"])

    for transition in track.get("transitions", ()):
        first, end = transition_span(transition, clips, rate)
        if first <= n < end:
            sides = [placed(clips.get(transition.get(side) or "")) for side in ("from", "to")]
            progress = ease(transition.get("easing", "linear"), (n - first) / (end - first - 1))
            return None if sides == [None, None] else Crossing(transition, sides[0], sides[1], progress)
    for clip in track.get("clips", ()):
        first, end = clip_span(clip, rate)
        if first <= n < end:
            return placed(clip)
    return None


def instant(placed: Placed, rate: Fraction, footage: Footage | None) -> Fraction:
    """Step 2: the source instant of a clip's frame."""
    clip, tau = placed.clip, placed.clock(rate)
    if footage is None or footage.still:
        return tau
    start, speed = seconds(clip.get("sourceStart", 0)), seconds(clip.get("speed", 1))
    if clip.get("timeMap"):
        keys = [(seconds(key["time"]), seconds(key["source"]), key.get("easing", "linear")) for key in clip["timeMap"]]
        instant = ramp(keys, tau)
    elif clip.get("freeze"):
        instant = start
    elif clip.get("reverse"):
        instant = start + (Fraction(placed.frames - 1) / rate - tau) * speed
    else:
        instant = start + tau * speed
    return instant % footage.duration if clip["source"].get("loop") else instant


def ramp(keys: list[tuple[Fraction, Fraction, Any]], tau: Fraction) -> Fraction:
    """The value of a time map: exact where it is linear."""
    for (start, before, easing), (end, after, _) in itertools.pairwise(keys):
        if start <= tau < end and easing == "linear":
            return before + (after - before) * (tau - start) / (end - start)
    if tau >= keys[-1][0]:
        return keys[-1][1]
    if tau <= keys[0][0]:
        return keys[0][1]
    return Fraction(keyed([(time, float(source), easing) for time, source, easing in keys], tau))


def slack(footage: Footage) -> Fraction:
    """ε of the source frame rule."""
    half = footage.tick / 2
    return half if footage.interval is None else min(half, footage.interval / 4)


def source_frame(footage: Footage, at: Fraction) -> int:
    """Step 3: the newest frame presented at or before the instant; the first is held before, the last after."""
    seen = [number for number, time in enumerate(footage.times) if time <= at + slack(footage)]
    return seen[-1] if seen else 0


def neighbours(footage: Footage, at: Fraction) -> tuple[int, int, float]:
    """Two source frames around an instant and the weight of the later (`retime` blend)."""
    before = source_frame(footage, at)
    after = min(before + 1, len(footage.times) - 1)
    if after == before or at <= footage.times[before]:
        return before, before, 0.0
    gap = footage.times[after] - footage.times[before]
    return before, after, float(min(Fraction(1), (at - footage.times[before]) / gap))


def fade(placed: Placed, rate: Fraction) -> float:
    """Step 11: the factor of the fades; none on an edge with a transition, 1 outside of the clip's own frames."""
    factor = 1.0
    into, out = edit(placed.clip.get("fadeIn", 0), rate), edit(placed.clip.get("fadeOut", 0), rate)
    left = placed.frames - 1 - placed.k
    if not placed.head and 0 <= placed.k < into:
        factor *= placed.k / into
    if not placed.tail and 0 <= left < out:
        factor *= left / out
    return factor

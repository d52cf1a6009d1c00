"""Numbers that may change over time."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.model import Model
from protocol.time import Seconds

EasingName = Literal["linear", "hold", "easeIn", "easeOut", "easeInOut"]
BezierX = Annotated[float, Meta(ge=0, le=1)]


class CubicBezier(Model):
    """A timing curve as CSS writes it: x1, y1, x2, y2 with both x in 0–1."""

    cubic_bezier: tuple[BezierX, float, BezierX, float]


Easing = EasingName | CubicBezier


class Key(Model):
    """A value at a time in the owner's own clock; `easing` shapes the piece that follows."""

    time: Seconds
    value: float
    easing: Easing = "linear"


class Keyframes(Model):
    """Keys with strictly rising times; the value holds before the first and after the last."""

    keyframes: Annotated[list[Key], Meta(min_length=1, max_length=10_000)]


# The range in `extra` holds for a constant and for the value of each key alike.
Animated = float | Keyframes
Unit = Annotated[float | Keyframes, Meta(extra={"range": (0, 1)})]
Gain = Annotated[float | Keyframes, Meta(extra={"range": (0, 4)})]
Signed = Annotated[float | Keyframes, Meta(extra={"range": (-1, 1)})]
Margin = Annotated[float | Keyframes, Meta(extra={"range": (0, 0.99)})]
Place = Annotated[float | Keyframes, Meta(extra={"range": (-10, 10)})]
Scale = Annotated[float | Keyframes, Meta(extra={"range": (-50, 50)})]
Turn = Annotated[float | Keyframes, Meta(extra={"range": (-36_000, 36_000)})]
Hue = Annotated[float | Keyframes, Meta(extra={"range": (-180, 180)})]
Gamma = Annotated[float | Keyframes, Meta(extra={"range": (0.1, 10)})]

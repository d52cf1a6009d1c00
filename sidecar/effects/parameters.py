"""The words in which effects and transitions declare their parameters.

A parameter is a member of a struct: its type says what it may be, its `Meta` the rest. Everything that is said of
parameters (validation, `effects.list`, documentation, inspectors, tests) is derived from these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Meta

from protocol.model import Model

Unit = Literal["px", "deg", "s", "frames", "Hz", "dB", "ratio", "factor", "semitones", "%"]


Point = tuple[float, float]
Curve = tuple[Point, ...]
"""Points of a curve (kind curve) or a shape (kind points)."""


class Parameters(Model):
    """Base of every parameter struct. All members have defaults."""


def number(low: float, high: float, text: str, *, unit: Unit | None = None, moves: str = "", ru: str = "") -> Meta:
    """Describe a number of [low, high]; keyframes are allowed where the member's type is Animated.

    `px` are project pixels: builders multiply them by the scene's `scale`. `moves` names the measure that grows with
    the parameter ("-" before it: that shrinks), for the tests that hold every declaration to its word. `ru`, here
    and below, is the description in Russian.
    """
    return Meta(description=text, extra=_extra("number", moves, ru, range=(low, high), unit=unit))


def whole(low: int, high: int, text: str, *, unit: Unit | None = None, moves: str = "", ru: str = "") -> Meta:
    """Describe a whole number of [low, high]."""
    return Meta(description=text, extra=_extra("whole", moves, ru, range=(low, high), unit=unit))


def word(text: str, *, moves: str = "", ru: str = "") -> Meta:
    """Describe a choice: the member's type is a Literal."""
    return Meta(description=text, extra=_extra("word", moves, ru))


def switch(text: str, *, moves: str = "", ru: str = "") -> Meta:
    """Describe a boolean."""
    return Meta(description=text, extra=_extra("switch", moves, ru))


def color(text: str, *, moves: str = "", ru: str = "") -> Meta:
    """Describe a colour, #RRGGBB or #RRGGBBAA."""
    return Meta(description=text, extra=_extra("color", moves, ru))


def curve(text: str, *, moves: str = "", ru: str = "") -> Meta:
    """Describe a curve: points (x, y) in 0–1 with rising x."""
    return Meta(description=text, extra=_extra("curve", moves, ru))


def points(text: str, *, moves: str = "", ru: str = "") -> Meta:
    """Describe a list of points (x, y), fractions of the picture."""
    return Meta(description=text, extra=_extra("points", moves, ru))


def file(text: str, *suffixes: str, check: Callable[[bytes], object], ru: str = "") -> Meta:
    """Describe a file by its path, read under the same rules as media.

    `check` is given its content and raises ValueError for one that cannot be used.
    """
    return Meta(description=text, extra=_extra("file", "", ru, suffixes=suffixes, check=check))


def track(text: str, *, ru: str = "") -> Meta:
    """Describe a track by its id: its sound is the effect's key."""
    return Meta(description=text, extra=_extra("track", "", ru))


def _extra(kind: str, moves: str, ru: str, **members: Any) -> dict[str, Any]:
    return {"parameter": kind, "moves": moves, "ru": ru, **members}

"""Animated numbers frame by frame (docs/project.md §1, rule 5)."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import TypeVar, get_args, get_type_hints

from msgspec import Meta, Struct, structs

from protocol.project import Animated, Keyframes
from protocol.project.curves import key_times, value_at

_Owner = TypeVar("_Owner", bound=Struct)


class Bounded(Keyframes):
    """Keys whose values, whatever a cubic Bézier does between them, are kept in [low, high]."""

    low: float
    high: float


def bounded(owner: _Owner) -> _Owner:
    """Return a struct whose animated members stay in the ranges that their types declare, also between keys."""
    kept = {
        name: Bounded(keyframes=animated.keyframes, low=low, high=high)
        for name, (low, high) in _ranges(type(owner)).items()
        if type(animated := getattr(owner, name)) is Keyframes
    }
    return structs.replace(owner, **kept) if kept else owner


@cache
def _ranges(kind: type[Struct]) -> dict[str, tuple[float, float]]:
    """Return the ranges of the animated members of a struct."""
    notes = {name: get_args(hint) for name, hint in get_type_hints(kind, include_extras=True).items() if get_args(hint)}
    return {
        name: note.extra["range"]
        for name, (inner, *rest) in notes.items()
        if Keyframes in get_args(inner)
        for note in rest
        if isinstance(note, Meta) and note.extra and note.extra.get("range")
    }


def constant(animated: Animated) -> float | None:
    """Return the value of a number that never changes; None for one that does."""
    if not isinstance(animated, Keyframes):
        return float(animated)
    values = {key.value for key in animated.keyframes}
    return float(values.pop()) if len(values) == 1 else None


def largest(animated: Animated) -> float:
    """Return what the keys reach at most. A cubic Bézier may pass it on its way."""
    return max((key.value for key in animated.keyframes), default=0.0) if isinstance(animated, Keyframes) else animated


def sampled(animated: Animated, first: int, frames: int, rate: Fraction) -> list[float]:
    """Return the values at frames first, first + 1, ... of the owner's clock: frame k is the instant k / rate."""
    steady = constant(animated)
    if steady is not None:
        return [steady] * frames
    times = key_times(animated)
    values = [value_at(animated, Fraction(frame) / rate, times) for frame in range(first, first + frames)]
    if isinstance(animated, Bounded):
        return [min(max(value, animated.low), animated.high) for value in values]
    return values

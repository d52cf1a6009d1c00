"""Expectation of a number that may change over time."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import msgspec

from protocol.project.animated import Keyframes
from protocol.project.check.scalars import Number, in_range, range_fault, representable
from protocol.project.check.walk import Node, Walk, json_kind, wrong_type
from protocol.time import MAX_SECONDS, parse_seconds
from protocol.typed import ready


@dataclass(frozen=True)
class Animated:
    """A number or keyframes; the range holds for the constant and for every key. Times rise strictly."""

    keyframes: Node
    low: float | None = None
    high: float | None = None
    special = True
    expects = "a number or keyframes"

    def fine(self, value: Any) -> bool:
        return type(value) in (int, float) and self._holds(value)

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:
        kind = json_kind(value)
        if kind == "number":
            Number(whole=False).visit(value, walk, trusted=trusted)
            if representable(value):
                self._range(value, walk)
        elif kind == "object":
            self._keys(value, walk, trusted=trusted)
        else:
            wrong_type(walk, self.expects, value)

    def _holds(self, value: float) -> bool:
        low = -1e300 if self.low is None else self.low
        high = 1e300 if self.high is None else self.high
        return low <= value <= high

    def _range(self, value: float, walk: Walk) -> None:
        if not in_range(value, self.low, self.high):
            range_fault(walk.faults, value, self.low, self.high)

    def _keys(self, value: dict[str, Any], walk: Walk, *, trusted: bool) -> None:
        keys = value.get("keyframes")
        if isinstance(keys, list):
            walk.sink.keyframes += len(keys)
            if (trusted or _decodable(value)) and self._sound(keys):
                return
        self.keyframes.visit(value, walk, trusted=trusted)
        if not isinstance(keys, list):
            return
        walk.path.append("keyframes")
        for index, key in enumerate(keys):
            number: Any = key.get("value") if isinstance(key, dict) else None
            if json_kind(number) == "number" and representable(number):
                walk.path += (index, "value")
                self._range(number, walk)
                del walk.path[-2:]
        rising(keys, walk)
        walk.path.pop()

    def _sound(self, keys: list[dict[str, Any]]) -> bool:
        """Whether plain numbers rise and stay in range, without a bend that needs a look: a quick yes."""
        before = -float("inf")
        for key in keys:
            time, value = key["time"], key["value"]
            if type(time) not in (int, float) or not before < time <= MAX_SECONDS or not self._holds(value):
                return False
            if isinstance(key.get("easing"), dict):
                return False
            before = time
        return not keys or bool(keys[0]["time"] >= -MAX_SECONDS)


def _decodable(value: dict[str, Any]) -> bool:
    try:
        msgspec.convert(value, ready(Keyframes))
    except msgspec.ValidationError:
        return False
    return True


@dataclass(frozen=True)
class TimeMap:
    """Keys of a speed ramp: a list whose times rise strictly."""

    keys: Node
    special = True
    expects = "a list"

    def fine(self, value: Any) -> bool:  # noqa: ARG002
        return False

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:
        self.keys.visit(value, walk, trusted=trusted)
        if isinstance(value, list):
            walk.sink.keyframes += len(value)
            rising(value, walk)


def rising(keys: list[Any], walk: Walk) -> None:
    """Note every key of the list at hand whose time does not lie after the one before."""
    before: Fraction | None = None
    for index, key in enumerate(keys):
        time = _time(key)
        if time is None:
            continue
        if before is not None and time <= before:
            walk.path += (index, "time")
            walk.faults("keysNotRising", "The time does not lie after that of the key before", value=float(time))
            del walk.path[-2:]
        before = time


def _time(key: Any) -> Fraction | None:
    value: Any = key.get("time") if isinstance(key, dict) else None
    if json_kind(value) not in ("number", "text"):
        return None
    try:
        return parse_seconds(value)
    except (ValueError, OverflowError):
        return None

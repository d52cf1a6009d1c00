"""Expectations of single values: numbers, words, texts, times."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite
from typing import Any

from protocol.project.check.sink import brief, shown
from protocol.project.check.walk import MAX_DEPTH, Walk, json_kind, wrong_type
from protocol.time import MAX_SECONDS, parse_rate, parse_seconds


@dataclass(frozen=True)
class Number:
    """A number, whole or not, within bounds that include their ends."""

    whole: bool
    low: float | None = None
    high: float | None = None
    multiple: int | None = None

    @property
    def special(self) -> bool:
        # msgspec lets infinities and NaN pass where no bound catches them
        return not self.whole and (self.low is None or self.high is None)

    @property
    def expects(self) -> str:
        return "a whole number" if self.whole else "a number"

    def fine(self, value: Any) -> bool:
        if type(value) is not int and (self.whole or type(value) is not float):
            return False
        low = -1e300 if self.low is None else self.low
        high = 1e300 if self.high is None else self.high
        return low <= value <= high and (self.multiple is None or value % self.multiple == 0)

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:  # noqa: ARG002
        if json_kind(value) != "number" or (self.whole and isinstance(value, float)):
            wrong_type(walk, self.expects, value)
        elif not representable(value) and not self.whole:
            walk.breaks("notFinite", "The number is not finite")
        elif not in_range(value, self.low, self.high):
            range_fault(walk.breaks, value, self.low, self.high)
        elif self.multiple is not None and value % self.multiple:
            walk.breaks(
                "outOfRange",
                f"{value} is not a multiple of {self.multiple}",
                value=value,
                multiple=self.multiple,
                nearest=value - value % self.multiple,
            )


def representable(value: float) -> bool:
    """Whether a number has a finite double."""
    try:
        return isfinite(value)
    except OverflowError:
        return False


def in_range(value: float, low: float | None, high: float | None) -> bool:
    """Whether a number lies within bounds, ends included."""
    return (low is None or value >= low) and (high is None or value <= high)


def range_fault(report: Callable[..., None], value: float, low: float | None, high: float | None) -> None:
    """Note a number outside its bounds, with the nearest inside."""
    nearest = low if low is not None and value < low else high
    if low is not None and high is not None:
        allowed = f"between {low:g} and {high:g}"
    else:
        allowed = f"at least {low:g}" if low is not None else f"at most {high:g}"
    report(
        "outOfRange",
        f"{shown(value)} is not {allowed}",
        value=brief(value),
        minimum=low,
        maximum=high,
        nearest=nearest,
    )


@dataclass(frozen=True)
class Flag:
    """true or false."""

    special = False
    expects = "true or false"

    def fine(self, value: Any) -> bool:
        return isinstance(value, bool)

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:  # noqa: ARG002
        if not isinstance(value, bool):
            wrong_type(walk, self.expects, value)


@dataclass(frozen=True)
class Word:
    """One of a few words, or of a few numbers."""

    words: tuple[str | int, ...]
    special = False

    @property
    def expects(self) -> str:
        return "one of " + ", ".join(str(word) for word in self.words)

    def fine(self, value: Any) -> bool:
        return type(value) in (str, int) and value in self.words

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:  # noqa: ARG002
        if self.fine(value):
            return
        texts = [word for word in self.words if isinstance(word, str)]
        if isinstance(value, str) and texts:
            nearest: str | int | None = walk.sink.nearest(value, texts)
        elif type(value) is int and not texts:
            nearest = min(self.words, key=lambda word: abs(int(word) - value))
        else:
            wrong_type(walk, self.expects, value)
            return
        message = f"{shown(value)} is not {self.expects}"
        walk.breaks("unknownWord", message, value=brief(value), words=list(self.words), nearest=nearest)


@dataclass(frozen=True)
class Text:
    """Text, with bounds of its length in characters, a pattern, or a limit of its bytes in UTF-8."""

    shortest: int | None = None
    longest: int | None = None
    pattern: str | None = None
    looks: str | None = None
    most_bytes: int | None = None
    expects = "text"
    _compiled: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self.pattern is not None:
            object.__setattr__(self, "_compiled", re.compile(self.pattern))

    @property
    def special(self) -> bool:
        return self.most_bytes is not None

    def fine(self, value: Any) -> bool:
        if not isinstance(value, str) or self._compiled is not None:
            return False
        return (
            (self.shortest is None or len(value) >= self.shortest)
            and (self.longest is None or len(value) <= self.longest)
            and (self.most_bytes is None or len(value) * 4 <= self.most_bytes)
        )

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:  # noqa: ARG002
        if not isinstance(value, str):
            wrong_type(walk, self.expects, value)
        elif self._compiled is not None and not self._compiled.search(value):
            walk.breaks("format", f"{shown(value)} is not {self.looks}", value=brief(value), expected=self.looks)
        elif not in_range(len(value), self.shortest, self.longest):
            walk.breaks(
                "length",
                f"The text has {len(value)} characters, {self.shortest or 0} to {self.longest} are allowed",
                value=len(value),
                minimum=self.shortest,
                maximum=self.longest,
            )
        elif self.most_bytes is not None and (size := len(value.encode(errors="replace"))) > self.most_bytes:
            message = f"The text has {size} bytes, {self.most_bytes} is the limit"
            walk.faults("limit", message, value=size, limit=self.most_bytes)


@dataclass(frozen=True)
class Time:
    """Seconds: a number or "num/den"."""

    special = True
    expects = 'seconds, as a number or "num/den"'

    def fine(self, value: Any) -> bool:
        return type(value) in (int, float) and -MAX_SECONDS <= value <= MAX_SECONDS

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:  # noqa: ARG002
        if self.fine(value):
            return
        if json_kind(value) not in ("number", "text"):
            wrong_type(walk, self.expects, value)
        elif isinstance(value, str):
            _read(parse_seconds, value, walk, self.expects)
        elif not representable(value):
            walk.breaks("notFinite", "A time must be finite")
        else:
            range_fault(walk.breaks, value, -MAX_SECONDS, MAX_SECONDS)


@dataclass(frozen=True)
class RateText:
    """A frame rate."""

    special = True
    expects = 'a frame rate as text: "25" or "30000/1001"'

    def fine(self, value: Any) -> bool:  # noqa: ARG002
        return False

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:  # noqa: ARG002
        if isinstance(value, str):
            _read(parse_rate, value, walk, self.expects)
        else:
            wrong_type(walk, self.expects, value)


def _read(parse: Callable[[str], Fraction], value: str, walk: Walk, expects: str) -> None:
    try:
        parse(value)
    except ValueError as error:
        walk.breaks("format", str(error) if len(value) <= 64 else f"Expected {expects}", value=brief(value))


@dataclass(frozen=True)
class Null:
    """null."""

    special = False
    expects = "null"

    def fine(self, value: Any) -> bool:
        return value is None

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:  # noqa: ARG002
        if value is not None:
            wrong_type(walk, self.expects, value)


@dataclass(frozen=True)
class Free:
    """Any JSON, of finite numbers and bounded depth."""

    special = True
    expects = "any JSON"

    def fine(self, value: Any) -> bool:
        return value is None or isinstance(value, str | bool | int) or value in ([], {})

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:  # noqa: ARG002
        level, depth = [value], 0
        while level:
            depth += 1
            if depth > MAX_DEPTH:
                message = f"Nested more than {MAX_DEPTH} levels deep"
                walk.breaks("limit", message, value=depth, limit=MAX_DEPTH)
                return
            below: list[Any] = []
            for item in level:
                if isinstance(item, dict):
                    below.extend(item.values())
                elif isinstance(item, list):
                    below.extend(item)
                elif isinstance(item, float) and not isfinite(item):
                    walk.breaks("notFinite", "A number in it is not finite")
                    return
            level = below

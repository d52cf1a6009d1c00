"""Judges the values that a project gives parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from math import isfinite
from typing import Any

import msgspec

from protocol.project import Keyframes
from protocol.project.check.sink import escaped
from protocol.time import parse_seconds
from protocol.typed import ready
from sidecar.effects.declarations import Parameter

MOST_POINTS = 64
"""Of a curve or a shape."""

LEAST_POINTS = {"curve": 2, "points": 3}

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?")
_PATH = re.compile(r"^(?P<what>.*?) - at `\$(?P<path>.*)`$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where in the parameters ("" is the whole of them), and what would be right."""

    pointer: str
    detail: str
    nearest: Any = None
    range: tuple[float, float] | None = None


def faults(declared: tuple[Parameter, ...], raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Find everything wrong with the parameters of one effect."""
    known = {parameter.name: parameter for parameter in declared}
    for name, value in raw.items():
        pointer = f"/{escaped(name)}"
        if name not in known:
            yield Fault(pointer, f"there is no parameter {name}", nearest=nearest(name, known))
        else:
            yield from _value(known[name], value, pointer)


def nearest(word: str, words: Mapping[str, object]) -> str | None:
    """Return the word that is most like another; None where none is."""
    found = get_close_matches(word, words, n=1, cutoff=0.5)
    if not found:
        lowered = {known.lower(): known for known in words}
        found = [lowered[each] for each in get_close_matches(word.lower(), lowered, n=1, cutoff=0.5)]
    return found[0] if found else None


def _value(parameter: Parameter, value: Any, pointer: str) -> Iterator[Fault]:
    try:
        read = msgspec.convert(value, ready(parameter.type))
    except msgspec.ValidationError as error:
        yield _mistyped(parameter, str(error), value, pointer)
        return
    if isinstance(read, Keyframes):
        yield from _keyframes(parameter, read, pointer)
    elif parameter.kind in ("number", "whole"):
        yield from _number(parameter, read, pointer)
    elif parameter.kind == "color" and not _COLOR.fullmatch(read):
        yield Fault(pointer, "a colour is #RRGGBB or #RRGGBBAA", nearest=parameter.default)
    elif parameter.kind in ("curve", "points"):
        yield from _points(parameter, read, pointer)
    elif parameter.kind == "file" and "\0" in read:
        yield Fault(pointer, "a path has no NUL")


def _mistyped(parameter: Parameter, message: str, value: Any, pointer: str) -> Fault:
    if parameter.choices:
        likely = nearest(value, dict.fromkeys(parameter.choices)) if isinstance(value, str) else None
        return Fault(pointer, f"one of {', '.join(parameter.choices)}", nearest=likely or parameter.default)
    found = _PATH.match(message)
    inner = "" if found is None else re.sub(r"\[(\d+)\]", r".\1", found["path"]).replace(".", "/")
    what = message if found is None else found["what"]
    return Fault(pointer + inner, what[:1].lower() + what[1:], nearest=None if inner else parameter.default)


def _keyframes(parameter: Parameter, read: Keyframes, pointer: str) -> Iterator[Fault]:
    times = []
    for index, key in enumerate(read.keyframes):
        yield from _number(parameter, key.value, f"{pointer}/keyframes/{index}/value")
        try:
            times.append((index, parse_seconds(key.time)))
        except ValueError as error:
            yield Fault(f"{pointer}/keyframes/{index}/time", str(error))
    for (_, before), (index, time) in pairwise(times):
        if time <= before:
            yield Fault(f"{pointer}/keyframes/{index}/time", "times of keys must rise strictly")


def _number(parameter: Parameter, value: float, pointer: str) -> Iterator[Fault]:
    if not isfinite(value):
        yield Fault(pointer, "a number that is not finite", nearest=parameter.default, range=parameter.range)
    elif parameter.range is not None and not parameter.range[0] <= value <= parameter.range[1]:
        low, high = parameter.range
        yield Fault(
            pointer,
            f"{value:g} is not in {low:g} to {high:g}",
            nearest=min(max(value, low), high),
            range=parameter.range,
        )


def _points(parameter: Parameter, read: tuple[tuple[float, float], ...], pointer: str) -> Iterator[Fault]:
    least = LEAST_POINTS[parameter.kind]
    if not least <= len(read) <= MOST_POINTS:
        yield Fault(pointer, f"{len(read)} points are not {least} to {MOST_POINTS}", range=(least, MOST_POINTS))
    for index, point in enumerate(read):
        for place, value in enumerate(point):
            if not 0 <= value <= 1:
                nearer = min(max(value, 0.0), 1.0) if isfinite(value) else None
                detail = f"{value:g} is not in 0 to 1"
                yield Fault(f"{pointer}/{index}/{place}", detail, nearest=nearer, range=(0, 1))
    if parameter.kind == "curve":
        for index, (before, after) in enumerate(pairwise(read), start=1):
            if after[0] <= before[0]:
                yield Fault(f"{pointer}/{index}/0", "x must rise strictly")

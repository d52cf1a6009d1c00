"""Faults planted in the running engine: a name is looked up, bent, and put in place of itself wherever it is known."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from importlib import import_module
from typing import Any

EMITTED = "sidecar.ffmpeg.builder.emit:_Writer.write"
"""Where the text of every filter graph is written."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`target` is "module:name" or "module:Class.name"; `bend` makes of it what is wrong.

    `caught_by` names the check that has to notice. A target that is no longer there fails the fault's test, so does a
    bend that breaks the engine where it should only make it err.
    """

    name: str
    models: str
    target: str
    bend: Callable[[Any], Any]
    caught_by: str


class TargetGoneError(Exception):
    """A fault's target is not in the engine any more: the list needs a new one."""


@contextmanager
def planted(fault: Fault) -> Iterator[None]:
    """Plant a fault for a while."""
    module_name, _, path = fault.target.partition(":")
    owner: Any = import_module(module_name)
    *classes, name = path.split(".")
    for part in classes:
        owner = getattr(owner, part, None)
    if owner is None or name not in vars(owner):
        raise TargetGoneError(fault.target)
    original = vars(owner)[name]
    bent = fault.bend(original)
    places = [(owner, name)] if classes else _known(original, owner, name)
    try:
        for place, known in places:
            setattr(place, known, bent)
        _forget()
        yield
    finally:
        # Modules that were imported meanwhile know it too.
        for place, known in places if classes else [*places, *_known(bent, owner, name)]:
            setattr(place, known, original)
        _forget()


def _forget() -> None:
    """Empty what functions of the engine keep."""
    for title, module in list(sys.modules.items()):
        if title.split(".")[0] in ("sidecar", "protocol"):
            for value in list(vars(module).values()):
                if callable(forget := getattr(value, "cache_clear", None)):
                    forget()


def _known(original: Any, owner: Any, name: str) -> list[tuple[Any, str]]:
    """Every module that holds a function under a name of its own; a constant is bent where it is defined."""
    if not callable(original):
        return [(owner, name)]
    modules = [
        module
        for title, module in list(sys.modules.items())
        if title.split(".")[0] in ("sidecar", "protocol") or title == "tests.harness.rendering"
    ]
    return [(module, known) for module in modules for known, value in list(vars(module).items()) if value is original]


def result(change: Callable[..., Any]) -> Callable[[Any], Any]:
    """Bend what a function returns: `change` gets its result, then its arguments."""

    def bend(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def bent(*arguments: Any, **named: Any) -> Any:
            return change(original(*arguments, **named), *arguments, **named)

        return bent

    return bend


def called(change: Callable[..., Any]) -> Callable[[Any], Any]:
    """Bend a function as a whole: `change` gets the original, then the arguments."""

    def bend(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def bent(*arguments: Any, **named: Any) -> Any:
            return change(original, *arguments, **named)

        return bent

    return bend


def constant(value: Any) -> Callable[[Any], Any]:
    """Put another value in place."""
    return lambda _: value


def text(pattern: str, put: str) -> Callable[[Any], Any]:
    """Bend the text of filter graphs."""
    return result(lambda emitted, *_: replace(emitted, text=re.sub(pattern, put, emitted.text)))

"""A walk over a project as sent: where it is, what it found, what could be decoded."""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct

from protocol.project.check.sink import Sink, Step, brief, pointer_of

MAX_DEPTH = 64
"""How deep free JSON (metadata, parameters) may nest."""


class Walk:
    """State of one walk over the shape.

    `broken` counts the findings that leave a part undecodable or without a time; `decoded` holds, by pointer, the
    parts that are sound.
    """

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.path: list[Step] = []
        self.broken = 0
        self.decoded: dict[str, Struct] = {}

    def pointer(self) -> str:
        """Return where the walk stands."""
        return pointer_of(self.path)

    def breaks(self, rule: str, message: str, **context: Any) -> None:
        """Note a fault of the value at hand that leaves it unusable."""
        self.broken += 1
        self.faults(rule, message, **context)

    def faults(self, rule: str, message: str, **context: Any) -> None:
        """Note a fault of the value at hand that leaves it readable."""
        if not self.sink.full:
            self.sink.add(rule, self.pointer(), message, **context)


class Node(Protocol):
    """The expectation of one place in the project.

    `special` says that it demands what msgspec does not check; only such nodes are visited in values that msgspec
    has decoded already (`trusted`).
    """

    @property
    def special(self) -> bool:
        """Whether trusted values are visited too."""

    @property
    def expects(self) -> str:
        """What it takes, as messages say it: "a number"."""

    def fine(self, value: Any) -> bool:
        """Whether the value is sound; a quick look, False where a visit has to tell."""

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:
        """Note every fault of the value."""


def json_kind(value: Any) -> str:
    """Name the JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "object" if isinstance(value, dict) else "list"


KIND_NAMES = {
    "null": "null",
    "bool": "true or false",
    "number": "a number",
    "text": "text",
    "object": "an object",
    "list": "a list",
}


def wrong_type(walk: Walk, expects: str, value: Any) -> None:
    """Note a value of another JSON type than `expects`."""
    kind = json_kind(value)
    walk.breaks(
        "type",
        f"Expected {expects}, got {KIND_NAMES[kind]}",
        expected=expects,
        got=KIND_NAMES[kind],
        value=brief(value),
    )

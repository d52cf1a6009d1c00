"""Filter graphs as immutable nodes with typed arguments.

A node is compared by identity, so a stream that two nodes take is one stream; the emitter splits it. Filter text is
written in one place only (`emit`), and user text never becomes part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from sidecar.core.keys import IGNORED, SOURCE

Medium = Literal["video", "audio"]


@dataclass(frozen=True, slots=True)
class Expression:
    """Filter syntax that the engine itself wrote (an expression in t, PTS, ...), as opposed to text."""

    text: str


Value = int | float | Fraction | str | Expression


@dataclass(frozen=True, slots=True)
class Point:
    """The output frame depends on the input frame of the same number alone."""


@dataclass(frozen=True, slots=True)
class Window:
    """The output frame depends on input frames from `before` frames earlier to `after` frames later, at most 32."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Whole:
    """The output frame depends on everything before it."""


Support = Point | Window | Whole
POINT = Point()


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """One `-i`. `options` stand before it, each a name without its dash and a value (None: a flag)."""

    url: str = field(metadata=SOURCE)
    options: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class InputStream:
    """A stream of an input: `stream` counts all streams of the file."""

    input: Input
    medium: Medium
    stream: int


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A filter. `medium` is that of its outputs; `holds` is about how many bytes of pictures it keeps at a time."""

    filter: str
    arguments: tuple[tuple[str, Value], ...]
    inputs: tuple[Stream, ...]
    medium: Medium
    outputs: int = 1
    support: Support = POINT
    holds: int = field(default=0, metadata=IGNORED)


@dataclass(frozen=True, slots=True)
class Pad:
    """One output of a node."""

    node: Node
    index: int = 0

    @property
    def medium(self) -> Medium:
        return self.node.medium


Stream = InputStream | Pad


def node(
    name: str,
    *inputs: Stream,
    medium: Medium | None = None,
    support: Support = POINT,
    holds: int = 0,
    **arguments: Value | None,
) -> Pad:
    """Add a filter with one output. Arguments that are None are left out; a trailing underscore is dropped."""
    kept = tuple((key.rstrip("_"), value) for key, value in arguments.items() if value is not None)
    return Pad(Node(name, kept, inputs, medium or inputs[0].medium, support=support, holds=holds))

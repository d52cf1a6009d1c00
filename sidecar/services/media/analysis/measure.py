"""What all measures are: fed in order, asked in the end."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Protocol

from protocol.commands.analysis import Algorithm, Kind, Span
from protocol.time import format_exact

Item = dict[str, str | float | int | None]
"""Part of a result, as progress carries it."""


class Measure(Protocol):
    """A measure of picture or sound; `finish` is called once, with the time at which what was fed ends."""

    def finish(self, end: Fraction) -> Iterator[Item]:
        """End, and give what only that decided."""
        ...

    def result(self) -> Any:
        """Return the result for the wire."""
        ...


def algorithm(name: str, version: int, **parameters: float) -> Algorithm:
    """Name what made a result, parameters by their wire names."""
    return Algorithm(name=name, version=version, parameters=parameters)


class Spans:
    """Gathers spans of at least so many seconds."""

    def __init__(self, kind: Kind, minimum: float) -> None:
        self._kind = kind
        self._minimum = Fraction(minimum)
        self._since: Fraction | None = None
        self.found: list[Span] = []

    def begin(self, time: Fraction) -> None:
        """Note that it holds from here on; nothing if it does already."""
        if self._since is None:
            self._since = time

    def end(self, time: Fraction) -> Iterator[Item]:
        """Note that it holds no more."""
        since, self._since = self._since, None
        if since is not None and time - since >= self._minimum:
            span = Span(from_=format_exact(since), to=format_exact(time))
            self.found.append(span)
            yield {"kind": self._kind, "from": span.from_, "to": span.to}

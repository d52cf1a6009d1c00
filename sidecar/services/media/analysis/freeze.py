"""Frozen pictures: the definition of FFmpeg's freezedetect, on the reduced picture.

Each frame is compared with the first of those that hold still, not with the one before: what moves slowly is not
frozen.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from protocol.commands import analysis as wire
from sidecar.services.media.analysis.measure import Item, Spans, algorithm
from sidecar.services.media.analysis.picture import Picture


class Freeze:
    """Finds spans in which the picture holds still."""

    def __init__(self, options: wire.FreezeOptions) -> None:
        self._options = options
        self._spans = Spans("freeze", options.minimum_seconds)
        self._first: NDArray[np.int16] | None = None

    def take(self, picture: Picture) -> Iterator[Item]:
        """Take the next picture."""
        luma = picture.planes[0].astype(np.int16)
        if self._first is None or np.abs(luma - self._first).mean() > self._options.noise * 255:
            yield from self._spans.end(picture.time)
            self._first = luma
            self._spans.begin(picture.time)

    def finish(self, end: Fraction) -> Iterator[Item]:
        """End a span that lasts to the end."""
        yield from self._spans.end(end)

    def result(self) -> wire.Spans:
        """Return the spans."""
        options = self._options
        made = algorithm("still-difference", 1, noise=options.noise, minimumSeconds=options.minimum_seconds)
        return wire.Spans(algorithm=made, spans=self._spans.found)

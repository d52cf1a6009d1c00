"""Black pictures: the definition of FFmpeg's blackdetect, on the reduced picture."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from protocol.commands import analysis as wire
from sidecar.services.media.analysis.measure import Item, Spans, algorithm
from sidecar.services.media.analysis.picture import Picture


class Black:
    """Finds spans in which nearly all of the picture is dark."""

    def __init__(self, options: wire.BlackOptions) -> None:
        self._options = options
        self._spans = Spans("black", options.minimum_seconds)

    def take(self, picture: Picture) -> Iterator[Item]:
        """Take the next picture."""
        luma = picture.planes[0]
        dark = np.count_nonzero(luma <= self._options.luma * 255)
        if dark >= self._options.share * luma.size:
            self._spans.begin(picture.time)
            return
        yield from self._spans.end(picture.time)

    def finish(self, end: Fraction) -> Iterator[Item]:
        """End a span that lasts to the end."""
        yield from self._spans.end(end)

    def result(self) -> wire.Spans:
        """Return the spans."""
        options = self._options
        made = algorithm(
            "dark-share", 1, luma=options.luma, share=options.share, minimumSeconds=options.minimum_seconds
        )
        return wire.Spans(algorithm=made, spans=self._spans.found)

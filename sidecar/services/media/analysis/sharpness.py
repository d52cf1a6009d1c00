"""Sharpness: the variance of the Laplacian of luma (J. L. Pech-Pacheco et al., "Diatom autofocusing", 2000)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import floor

import numpy as np

from protocol.commands import analysis as wire
from sidecar.services.media.analysis.curve import Means
from sidecar.services.media.analysis.measure import Item, algorithm
from sidecar.services.media.analysis.picture import FINE_WIDTH, Picture, Plane

SAMPLES = 4
"""Pictures of an interval that are looked at, at most."""


class Sharpness:
    """Measures how much fine detail pictures hold; blurring lowers it, so does an even picture."""

    def __init__(self, interval: float, begin: Fraction) -> None:
        self._means = Means("sharpness", interval, begin)
        self._step = Fraction(interval).limit_denominator(1000) / SAMPLES
        self._due = begin
        self._interval = interval

    def take(self, picture: Picture) -> Iterator[Item]:
        """Take the next picture."""
        if picture.time < self._due:
            return
        # At once: a damaged timestamp may lie any time ahead.
        self._due += (floor((picture.time - self._due) / self._step) + 1) * self._step
        yield from self._means.add(picture.time, laplacian_variance(picture.fine))

    def finish(self, _end: Fraction) -> Iterator[Item]:
        """End the last interval."""
        yield from self._means.close()

    def result(self) -> wire.Curve:
        """Return the variances, in squared levels of 255."""
        made = algorithm("laplacian-variance", 1, width=FINE_WIDTH, interval=self._interval, samples=SAMPLES)
        return self._means.curve(made)


def laplacian_variance(luma: Plane) -> float:
    """Return the variance of what the kernel (0 1 0, 1 −4 1, 0 1 0) makes of a picture."""
    if min(luma.shape) < 3:
        return 0.0
    wide = luma.astype(np.int16)
    inner = wide[1:-1, 1:-1]
    made = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] - 4 * inner
    return float(made.var(dtype=np.float64))

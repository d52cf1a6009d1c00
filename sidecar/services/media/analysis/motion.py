"""Motion energy: the mean absolute difference of luma between a picture and the one before."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from protocol.commands import analysis as wire
from sidecar.services.media.analysis.curve import Means
from sidecar.services.media.analysis.measure import Item, algorithm
from sidecar.services.media.analysis.picture import WIDTH, Picture


class Motion:
    """Measures how much changes from picture to picture: 0 nothing, 1 all from black to white. Cuts count too."""

    def __init__(self, interval: float, begin: Fraction) -> None:
        self._means = Means("motion", interval, begin)
        self._before: NDArray[np.int16] | None = None
        self._interval = interval

    def take(self, picture: Picture) -> Iterator[Item]:
        """Take the next picture."""
        luma = picture.planes[0].astype(np.int16)
        before, self._before = self._before, luma
        if before is not None:
            yield from self._means.add(picture.time, float(np.abs(luma - before).mean()) / 255)

    def finish(self, _end: Fraction) -> Iterator[Item]:
        """End the last interval."""
        yield from self._means.close()

    def result(self) -> wire.Curve:
        """Return the energies, each the mean of the pictures of its interval."""
        return self._means.curve(algorithm("luma-difference", 1, width=WIDTH, interval=self._interval))

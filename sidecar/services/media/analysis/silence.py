"""Silence: the definition of FFmpeg's silencedetect, to the sample."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

import numpy as np
from av.audio.frame import AudioFrame

from protocol.commands import analysis as wire
from sidecar.services.media.analysis.measure import Item, Spans, algorithm
from sidecar.services.media.waveform.samples import read_samples


class Silence:
    """Finds spans in which no sample of any channel reaches a level."""

    def __init__(self, options: wire.SilenceOptions) -> None:
        self._options = options
        self._spans = Spans("silence", options.minimum_seconds)
        self._threshold = max(1, ceil(32_768 * 10 ** (options.level / 20)))
        self._begun = False
        self._loud = Fraction(0)

    def hear(self, block: AudioFrame, time: Fraction) -> Iterator[Item]:
        """Take the next samples, which begin at `time`."""
        rate = block.sample_rate
        rows = read_samples(block)
        loud = np.flatnonzero(np.any([np.abs(row) >= self._threshold for row in rows], axis=0))
        if not self._begun:
            self._begun, self._loud = True, time
        if not len(loud):
            return
        quiet = self._loud
        yield from self._gap(quiet, time + Fraction(int(loud[0]), rate))
        least = self._options.minimum_seconds * rate
        for place in np.flatnonzero(np.diff(loud) > least):
            first, last = int(loud[place]) + 1, int(loud[place + 1])
            yield from self._gap(time + Fraction(first, rate), time + Fraction(last, rate))
        self._loud = time + Fraction(int(loud[-1]) + 1, rate)

    def finish(self, end: Fraction) -> Iterator[Item]:
        """End a span that lasts to the end."""
        if self._begun:
            yield from self._gap(self._loud, end)

    def result(self) -> wire.Spans:
        """Return the spans."""
        options = self._options
        made = algorithm("sample-peak", 1, level=options.level, minimumSeconds=options.minimum_seconds)
        return wire.Spans(algorithm=made, spans=self._spans.found)

    def _gap(self, first: Fraction, last: Fraction) -> Iterator[Item]:
        self._spans.begin(first)
        yield from self._spans.end(max(first, last))

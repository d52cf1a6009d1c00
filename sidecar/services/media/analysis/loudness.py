"""Loudness by EBU R 128, measured by FFmpeg's ebur128."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import log10
from typing import Any

import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph

from protocol.commands import analysis as wire
from sidecar.services.media.analysis.measure import Item, algorithm
from sidecar.services.media.sound import UNMADE, silent

GATE = -70.0
"""LUFS below which nothing counts."""

WHOLE = 30
"""Tenths of a second of a short-term window: before that FFmpeg measures less than one."""

MOMENT = 4
"""Tenths of a second of a momentary window."""

RELATIVE = 20.0
LOW, HIGH = 10, 95
"""Loudness range (EBU Tech 3342): LU below the mean that do not count, and the percentiles of the rest."""

RAISED = 1000
"""What peaks are multiplied by before they are measured: FFmpeg tells them with three decimals."""


class Loudness:
    """Measures integrated loudness, loudness range, true peak, and the highest momentary and short-term loudness."""

    def __init__(self) -> None:
        self._loudness: Graph | None = None
        self._peaks: Graph | None = None
        self._told: dict[str, str] = {}
        self._last: AudioFrame | None = None
        self._peak = 0.0
        self._momentary: float | None = None
        self._short: list[float] = []
        self._tenths = 0

    def hear(self, block: AudioFrame, _time: Fraction) -> Iterator[Item]:
        """Take the next samples."""
        if self._loudness is None or self._peaks is None:
            self._loudness = _graph(block, ("ebur128", "metadata=1:framelog=quiet"))
            raised = ("volume", f"volume={RAISED}:precision=double")
            self._peaks = _graph(block, raised, ("ebur128", "metadata=1:framelog=quiet:peak=true"))
        block.pts, self._last = None, block
        self._loudness.push(block)
        self._peaks.push(block)
        self._pull()
        yield from ()

    def finish(self, _end: Fraction) -> Iterator[Item]:
        """Have the last samples measured."""
        if self._loudness is not None and self._peaks is not None and self._last is not None:
            if self._last.format.name not in UNMADE:
                # Only whole tenths of a second are told of.
                self._peaks.push(silent(self._last, self._last.sample_rate // 5))
            for graph in (self._loudness, self._peaks):
                graph.push(None)
            self._pull()
        yield from ()

    def result(self) -> wire.LoudnessMeasure:
        """Return what was measured."""
        integrated = float(self._told.get("lavfi.r128.I", GATE))
        return wire.LoudnessMeasure(
            algorithm=algorithm("ffmpeg-ebur128", 1),
            integrated=integrated if integrated > GATE else None,
            range=loudness_range(self._short),
            true_peak=20 * log10(self._peak) if self._peak > 0 else None,
            momentary_maximum=_heard(self._momentary),
            short_term_maximum=_heard(max(self._short, default=None)),
        )

    def _pull(self) -> None:
        for told in _pulled(self._loudness):
            self._told = told
            self._tenths += 1
            momentary, short = float(told["lavfi.r128.M"]), float(told["lavfi.r128.S"])
            if self._tenths >= MOMENT:
                self._momentary = momentary if self._momentary is None else max(self._momentary, momentary)
            if self._tenths >= WHOLE:
                self._short.append(short)
        for told in _pulled(self._peaks):
            self._peak = float(told["lavfi.r128.true_peak"]) / RAISED


def loudness_range(short: list[float]) -> float | None:
    """Return the range of short-term values in LU (EBU Tech 3342); None where there are none above the gates."""
    values = np.array([value for value in short if value > GATE])
    if not len(values):
        return None
    mean = 10 * np.log10((10 ** (values / 10)).mean())
    counted = values[values >= mean - RELATIVE]
    low, high = np.percentile(counted, [LOW, HIGH])
    return float(high - low)


def _heard(value: float | None) -> float | None:
    return None if value is None or value <= GATE else value


def _pulled(graph: Graph | None) -> Iterator[dict[str, str]]:
    while graph is not None:
        try:
            made: Any = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        if "lavfi.r128.M" in made.metadata:
            yield dict(made.metadata)


def _graph(block: AudioFrame, *filters: tuple[str, str]) -> Graph:
    graph = Graph()
    last = graph.add_abuffer(
        format=block.format,
        sample_rate=block.sample_rate,
        layout=block.layout,
        time_base=Fraction(1, block.sample_rate),
    )
    for name, options in (*filters, ("abuffersink", "")):
        following = graph.add(name, options)
        last.link_to(following)
        last = following
    graph.configure()
    return graph

"""Decodes a sound stream and writes its peaks. Runs in a worker process.

Decoding and folding run in two threads: decoding, which is most of the work, waits for nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import BinaryIO

import av.logging
import numpy as np
from av.audio.frame import AudioFrame

from protocol.errors import MediaUnreadable
from sidecar.services.files import write_error
from sidecar.services.media.messages import Item, Send, pack
from sidecar.services.media.open import open_media
from sidecar.services.media.sound import SoundRun, decoded
from sidecar.services.media.streams import read_only, sound_stream
from sidecar.services.media.waveform.grid import pixel_window
from sidecar.services.media.waveform.messages import MakePeaks, PeaksMade, PeaksPart
from sidecar.services.media.waveform.peaks import BASE, RECORD, Peaks, coarser, extremes, last_peaks, peaks_of
from sidecar.services.media.waveform.samples import Samples, mixed, read_samples

BLOCK = 16_384
"""Samples that are folded at a time. Twice as many, and the C library gives each block back to the system: touching
its pages anew takes a third of the time of decoding."""

AHEAD = 32
"""Blocks that may wait to be folded."""

EVERY = 0.2
"""Seconds between two messages."""


@dataclass(slots=True)
class _Watched:
    """Peaks that have been computed and not yet been sent."""

    task: MakePeaks
    run: SoundRun
    tick: Fraction
    send: Send
    pixels: int = 0
    waiting: list[Peaks] = field(default_factory=list)
    due: float = 0.0

    def add(self, peaks: Peaks, *, last: int = BASE, end: bool = False) -> None:
        """Take the next peaks; `last` is the number of samples of the last pixel."""
        watch = self.task.watch
        if watch is not None:
            self.waiting.append(peaks)
        if not end and time.monotonic() < self.due:
            return
        self.due = time.monotonic() + EVERY
        part = PeaksPart(self._seconds(), 0, self.channels, b"")
        if watch is not None:
            part = self._part(watch.samples_per_pixel // BASE, watch.bits, last, end=end)
        self.send(Item(pack(part)))

    @property
    def channels(self) -> int:
        """Channels of the waveform."""
        return 1 if self.task.mix else max(1, self.run.channels)

    def begins(self) -> Fraction:
        """Seconds from the file's start to the first sample: less than a tick is what containers round."""
        begins = (self.run.start or Fraction(0)) - self.task.origin
        return Fraction(0) if abs(begins) <= self.tick else begins

    def _part(self, factor: int, bits: int, last: int, *, end: bool) -> PeaksPart:
        gathered = np.concatenate(self.waiting) if self.waiting else np.empty((0, self.channels), RECORD)
        whole = len(gathered) if end else len(gathered) // factor * factor
        self.waiting = [gathered[whole:]]
        fresh = coarser(gathered[:whole], factor, last)
        at, self.pixels = self.pixels, self.pixels + len(fresh)
        first, stop = self._window()
        lower, upper = max(at, first), self.pixels if stop is None else min(self.pixels, stop)
        values = extremes(fresh[lower - at : max(lower, upper) - at], bits).astype("<i2").tobytes()
        return PeaksPart(self._seconds(), max(0, lower - first), self.channels, values)

    def _window(self) -> tuple[int, int | None]:
        watch = self.task.watch
        if watch is None or not self.run.rate:
            return 0, None
        return pixel_window(self.begins(), self.run.rate, watch.samples_per_pixel, watch.span)

    def _seconds(self) -> float:
        return self.run.samples / self.run.rate if self.run.rate else 0.0


def make_peaks(task: MakePeaks, path: Path, target: Path, send: Send) -> PeaksMade:
    """Write the peaks of a stream, all of it.

    Raises the errors of opening, MediaUnsupported for a stream that is not there, MediaUnreadable where nothing can
    be decoded, and DiskFull or OutputUnwritable for the target.
    """
    av.logging.set_level(None)
    run = SoundRun(str(path), BLOCK)
    with open_media(path) as container:
        stream = sound_stream(container, task.stream, path)
        read_only(container, [stream])
        watched = _Watched(task, run, stream.time_base or Fraction(0), send)
        try:
            with target.open("wb") as file:
                _fold(watched, decoded(container, stream), file)
        except OSError as error:
            raise write_error(target, error) from error
        if run.start is None and (stream.frames or stream.duration):
            raise MediaUnreadable(path=str(path), detail="none of its sound can be decoded")
        rate = run.rate or stream.codec_context.sample_rate or 1
    return PeaksMade(rate, watched.channels, run.samples, watched.begins() if run.rate else Fraction(0))


def _fold(watched: _Watched, frames: Iterator[AudioFrame], file: BinaryIO) -> None:
    run, task = watched.run, watched.task

    def fold(block: AudioFrame) -> None:
        peaks = peaks_of(_rows(block, task))
        file.write(peaks.tobytes())
        watched.add(peaks)

    beside(run.blocks(frames), fold)
    rest = run.rest()
    rows = [np.empty(0, np.float32)] * watched.channels if rest is None else _rows(rest, task)
    even = len(rows[0]) // BASE * BASE
    peaks = peaks_of([row[:even] for row in rows])
    left = len(rows[0]) - even
    if left:
        peaks = np.concatenate([peaks, last_peaks([row[even:] for row in rows])])
    file.write(peaks.tobytes())
    watched.add(peaks, last=left or BASE, end=True)


def beside(blocks: Iterator[AudioFrame], fold: Callable[[AudioFrame], None]) -> None:
    """Fold blocks in another thread while the next are made; raises what either raises."""
    waiting: Queue[AudioFrame | None] = Queue(AHEAD)
    failed: list[BaseException] = []

    def work() -> None:
        while (block := waiting.get()) is not None:
            try:
                if not failed:
                    fold(block)
            except BaseException as error:  # noqa: BLE001 - it is raised in the other thread
                failed.append(error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        for block in blocks:
            waiting.put(block)
            if failed:
                break
    finally:
        waiting.put(None)
        thread.join()
    if failed:
        raise failed[0]


def _rows(frame: AudioFrame, task: MakePeaks) -> Samples:
    samples = read_samples(frame)
    return mixed(samples) if task.mix else samples

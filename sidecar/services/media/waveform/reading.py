"""Decodes a sound stream and writes its peaks. Runs in a worker process.

A stream that is read in one go is decoded in one thread and folded in another. Of one that is shared out each worker
does both in turn.
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
from sidecar.services.media.waveform.folding import Folding
from sidecar.services.media.waveform.grid import pixel_window
from sidecar.services.media.waveform.messages import MakePeaks, PeaksMade, PeaksPart
from sidecar.services.media.waveform.peaks import BASE, RECORD, Peaks, coarser, extremes, last_peaks, peaks_of
from sidecar.services.media.waveform.samples import Samples, mixed, read_samples
from sidecar.services.media.waveform.shares import UnlikeError, share_frames

BLOCK = 16_384
"""Samples that are folded at a time where decoding waits for it: they stay in the processor's cache."""

BESIDE = 1 << 19
"""Samples that are folded at a time in a thread of its own: the two hold each other up with each call of numpy."""

AHEAD = 4
"""Blocks that may wait to be folded."""

EVERY = 0.2
"""Seconds between two messages."""


@dataclass(slots=True)
class _Watched:
    """Peaks that have been computed and not yet been sent. `stated` is how many channels the file says there are."""

    task: MakePeaks
    run: SoundRun
    stated: int
    tick: Fraction
    send: Send
    pixels: int = field(init=False)
    waiting: list[Peaks] = field(default_factory=list)
    due: float = 0.0

    def __post_init__(self) -> None:
        first = 0 if self.task.share is None else self.task.share.first
        self.pixels = 0 if self.task.watch is None else first // self.task.watch.samples_per_pixel

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
        return 1 if self.task.mix else self.run.channels or max(1, self.stated)

    def begins(self) -> Fraction:
        """Seconds from the file's start to the first sample: less than a tick is what containers round."""
        begins = (self.run.start or Fraction(0)) - self.task.origin
        if self.task.share is not None:
            begins -= Fraction(self.task.share.first, self.run.rate or 1)
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
    """Write the peaks of a stream, all of it or a share.

    Raises the errors of opening, MediaUnsupported for a stream that is not there, MediaUnreadable where nothing can
    be decoded, and DiskFull or OutputUnwritable for the target.
    """
    av.logging.set_level(None)
    share = task.share
    run = SoundRun(str(path), BESIDE if share is None else BLOCK)
    with open_media(path) as container:
        stream = sound_stream(container, task.stream, path)
        read_only(container, [stream])
        watched = _Watched(task, run, stream.codec_context.channels, stream.time_base or Fraction(0), send)
        frames = decoded(container, stream) if share is None else share_frames(container, stream, share)
        try:
            with target.open("wb" if share is None else "r+b") as file:
                if share is not None:
                    channels = 1 if task.mix else share.channels
                    file.seek(share.first // BASE * channels * RECORD.itemsize)
                _fold(watched, frames, file)
        except OSError as error:
            raise write_error(target, error) from error
        except UnlikeError:
            return PeaksMade(0, 0, 0, Fraction(0), exact=False)
        if run.start is None and (stream.frames or stream.duration):
            raise MediaUnreadable(path=str(path), detail="none of its sound can be decoded")
        rate = run.rate or stream.codec_context.sample_rate or 1
    return PeaksMade(rate, watched.channels, run.samples, watched.begins() if run.rate else Fraction(0))


def _fold(watched: _Watched, frames: Iterator[AudioFrame], file: BinaryIO) -> None:
    run, task = watched.run, watched.task
    folding = Folding(mix=task.mix)

    def fold(block: AudioFrame) -> None:
        peaks = folding.peaks(block)
        file.write(peaks.tobytes())
        watched.add(peaks)

    if task.share is None:
        beside(run.blocks(frames), fold)
    else:
        # Others decode other shares meanwhile: a thread of its own would only be in their way.
        for block in run.blocks(frames):
            fold(block)
    rest = run.rest()
    rows: Samples = np.empty((watched.channels, 0), np.float32)
    if rest is not None:
        rows = mixed(read_samples(rest)) if task.mix else read_samples(rest)
    even = rows.shape[1] // BASE * BASE
    left = rows.shape[1] - even
    peaks = peaks_of(rows[:, :even])
    if left:
        peaks = np.concatenate([peaks, last_peaks(rows[:, even:])])
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

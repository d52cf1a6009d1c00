"""A sound stream as one run of samples: what is missing in time is silence, what is there twice is left out.

Timestamps are followed as a render follows them: within a tenth of a second they are not minded (containers round
them, and clocks wander), beyond that sound stands where its timestamp says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import av.error
import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from protocol.errors import MediaUnsupported

UNMADE = ("s64", "s64p")
"""Formats in which no silence can be made; only WAV has them, and it has no timestamps."""

HARD = Fraction(1, 10)
"""Seconds between where a frame is and where it should be that are put right."""

LONGEST = 48 * 3600
"""Seconds of sound that are read of one stream."""

PIECE = 32_768
"""Samples of the silence that is written at a time."""


@dataclass(slots=True)
class SoundRun:
    """Takes decoded frames in order, and gives blocks of `block` samples in the form of the first frame.

    `start` is the time of the first sample in seconds on the file's own clock, `rate` its sample rate and `channels`
    their number, all None or 0 before the first frame; `samples` counts what has been taken.
    """

    path: str
    block: int
    start: Fraction | None = None
    rate: int = 0
    channels: int = 0
    samples: int = 0
    _fifo: AudioFifo = field(default_factory=AudioFifo)
    _like: AudioFrame | None = None
    _resampler: AudioResampler | None = None
    _first: int = 0
    _tick: Fraction | None = None
    _hard: int = 0
    _up: int = 0
    _down: int = 1

    def take(self, frame: AudioFrame) -> Sequence[AudioFrame]:
        """Take a frame; returns the blocks that it completes."""
        like = self._like or self._begin(frame)
        blocks: list[AudioFrame] = []
        pts, tick, kept = frame.pts, self._tick, frame
        # In whole numbers: this is done for every frame, and fractions would take as long as decoding does.
        if pts is not None and tick is not None:
            late = pts - self._first - self.samples * self._up // self._down
            if not -self._hard <= late <= self._hard and like.format.name not in UNMADE:
                blocks += self._silence(round(late * tick * self.rate), like)
                # What stands before its place has been heard already.
                kept = part_of(frame, round(-late * tick * frame.sample_rate), frame.samples)
        blocks += self._write(kept, like)
        return blocks

    def blocks(self, frames: Iterable[AudioFrame]) -> Iterator[AudioFrame]:
        """Take all frames; gives the blocks as they are complete.

        A frame that stands where the one before it ends, in whole ticks, costs little more than what it is copied for:
        these are nearly all, and what is done for each of them adds up.
        """
        write, block, channels = self._fifo.write, self.block, self.channels
        due: int | None = None
        samples, step, complete = self.samples, 0, 0
        for frame in frames:
            if due is not None and frame.pts == due and frame.layout.nb_channels == channels:
                frame.pts = None
                try:
                    write(frame)
                except ValueError:
                    frame.pts = due  # it has not the form of the first
                else:
                    count = frame.samples
                    samples, due = samples + count, due + count * step
                    if samples >= complete:
                        self.samples = samples
                        yield from self._complete()
                        complete = samples - self._fifo.samples + block
                    continue
            self.samples = samples
            yield from self.take(frame)
            samples, step, channels = self.samples, self._up // self._down, self.channels
            due = self._first + samples * step if self._tick is not None and not self._up % self._down else None
            complete = samples - self._fifo.samples + block
        self.samples = samples

    def rest(self) -> AudioFrame | None:
        """Return what is left: fewer samples than a block."""
        return self._fifo.read(0, partial=True) if self._like is not None else None

    def _begin(self, frame: AudioFrame) -> AudioFrame:
        self._like = frame
        self.rate, self.channels = frame.sample_rate, len(frame.layout.channels)
        self.start = Fraction(0)
        if frame.pts is not None and frame.time_base:
            self._first, self._tick = frame.pts, Fraction(frame.time_base)
            self._hard = int(HARD / self._tick)
            self._up, self._down = self._tick.denominator, self._tick.numerator * self.rate
            self.start = self._first * self._tick
        return frame

    def _write(self, frame: AudioFrame, like: AudioFrame) -> Sequence[AudioFrame]:
        count = frame.samples
        if not count:
            return ()
        if not self._queued(frame):
            # Streams may change in the middle.
            count = 0
            for piece in self._converted(frame, like):
                # The queue takes frames of one time base only.
                piece.time_base = like.time_base or piece.time_base
                if self._queued(piece):
                    count += piece.samples
        self.samples += count
        return self._complete()

    def _queued(self, frame: AudioFrame) -> bool:
        """Whether a frame had the form of the first, and is in the queue now."""
        # Of channels the queue does not look how many there are: it would read what is not there.
        if frame.layout.nb_channels != self.channels:
            return False
        frame.pts = None
        try:
            self._fifo.write(frame)
        except ValueError:
            return False
        return True

    def _complete(self) -> Sequence[AudioFrame]:
        """Return the blocks that are complete."""
        if self.samples > LONGEST * self.rate:
            raise MediaUnsupported(path=self.path, detail=f"its sound is longer than {LONGEST // 3600} hours")
        if self._fifo.samples < self.block:
            return ()
        blocks = []
        while (block := self._fifo.read(self.block)) is not None:
            blocks.append(block)
        return blocks

    def _silence(self, samples: int, like: AudioFrame) -> Iterator[AudioFrame]:
        """Write silence; a step that no recording makes (a damaged timestamp) is passed over."""
        if samples > LONGEST * self.rate:
            return
        while samples > 0:
            count = min(samples, PIECE)
            yield from self._write(silent(like, count), like)
            samples -= count

    def _converted(self, frame: AudioFrame, like: AudioFrame) -> list[AudioFrame]:
        """Bring a frame into the form of the first."""
        if self._resampler is None:
            self._resampler = AudioResampler(like.format.name, like.layout.name, like.sample_rate)
        try:
            return self._resampler.resample(frame)
        except (ValueError, av.error.FFmpegError):
            # It changed once more.
            self._resampler = AudioResampler(like.format.name, like.layout.name, like.sample_rate)
            return self._resampler.resample(frame)


def decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """Decode a whole stream; what cannot be decoded is passed over, reading ends where the file cannot be read on."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            packet = None
        if packet is None:
            return
        try:
            frames = stream.codec_context.decode(packet if packet.size else None)
        except av.error.FFmpegError:
            continue
        yield from frames


def silent(like: AudioFrame, samples: int) -> AudioFrame:
    """Return silence in the form of another frame, which is of no format in UNMADE."""
    channels = len(like.layout.channels)
    shape = (channels, samples) if like.format.is_planar else (1, samples * channels)
    name = str(like.format.name)
    kinds = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}
    kind = kinds[name.removesuffix("p")]
    quiet = np.full(shape, 128 if kind == "u1" else 0, kind)
    return _framed(quiet, like)


def part_of(frame: AudioFrame, first: int, end: int) -> AudioFrame:
    """Return samples [first, end) of a frame; the frame itself for all of them."""
    if first <= 0 and end >= frame.samples:
        return frame
    step = 1 if frame.format.is_planar else len(frame.layout.channels)
    kept = frame.to_ndarray()[:, max(0, first) * step : max(0, first, end) * step]
    return _framed(np.ascontiguousarray(kept), frame)


def _framed(samples: NDArray[Any], like: AudioFrame) -> AudioFrame:
    made = AudioFrame.from_ndarray(samples, format=like.format.name, layout=like.layout.name)
    made.sample_rate = like.sample_rate
    return made

"""Gives decoded frames to measures, within the range that is asked for, and tells what they find."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from protocol.commands.analysis import Kind
from sidecar.services.media.analysis.kinds import PictureMeasure, SoundMeasure
from sidecar.services.media.analysis.measure import Item as FoundItem
from sidecar.services.media.analysis.messages import Analyse, Found
from sidecar.services.media.analysis.picture import Picture, Reducer
from sidecar.services.media.messages import Item, Send, pack
from sidecar.services.media.sound import SoundRun, part_of

BLOCK = 16_384
"""Samples that measures are given at a time."""

EVERY = 0.2
"""Seconds between two messages."""

USUAL_RATE = 25


@dataclass(slots=True)
class Teller:
    """Says how far the pass is and what was found, not too often."""

    send: Send
    begin: Fraction
    items: list[FoundItem] = field(default_factory=list)
    due: float = 0.0

    def add(self, items: Iterable[FoundItem], at: Fraction) -> None:
        """Take what was found when the pass was at `at`."""
        self.items.extend(items)
        if time.monotonic() >= self.due:
            self.flush(at)

    def flush(self, at: Fraction) -> None:
        """Send what has been found."""
        self.due = time.monotonic() + EVERY
        items, self.items = self.items, []
        self.send(Item(pack(Found(float(max(Fraction(0), at - self.begin)), items))))


class Pictures:
    """Gives frames to the measures of the picture. `end` is where what they were given ends, None before any."""

    def __init__(
        self, task: Analyse, stream: VideoStream, measures: Mapping[Kind, PictureMeasure], teller: Teller
    ) -> None:
        self.measures = measures
        self.end: Fraction | None = None
        self.done = not measures
        self._task = task
        self._stream = stream
        self._teller = teller
        self._reducer = Reducer()
        self._size: tuple[int, int] | None = None
        self._decoded = 0
        self._before: Fraction | None = None

    def take(self, frame: VideoFrame) -> None:
        """Take the next frame of the stream."""
        number, self._decoded = self._decoded, self._decoded + 1
        stamp = frame.pts if frame.pts is not None else frame.dts
        base = frame.time_base or self._stream.time_base
        if stamp is None or base is None or self.done:
            return
        at, span = stamp * base - self._task.origin, self._task.span
        if span is not None and at >= span[1]:
            self.done = True
        # A frame that goes back in time is never shown.
        early = (span is not None and at < span[0]) or (self._before is not None and at <= self._before)
        if self.done or early:
            return
        self._before, self.end = at, at + self._lasting(frame, base)
        if span is not None:
            self.end = min(self.end, span[1])
        picture = Picture(self._alike(frame), at, None if span else number, self._reducer)
        for measure in self.measures.values():
            self._teller.add(measure.take(picture), at)

    def _alike(self, frame: VideoFrame) -> VideoFrame:
        """Bring a frame to the size of the first: streams may change in the middle."""
        size = frame.width, frame.height
        self._size = self._size or size
        return frame if size == self._size else frame.reformat(*self._size, threads=1)

    def _lasting(self, frame: VideoFrame, base: Fraction) -> Fraction:
        if frame.duration:
            return frame.duration * base
        return 1 / Fraction(self._stream.average_rate or self._stream.guessed_rate or USUAL_RATE)


class Sounds:
    """Gives samples to the measures of the sound. `end` is where what they were given ends, None before any."""

    def __init__(self, task: Analyse, path: Path, measures: Mapping[Kind, SoundMeasure], teller: Teller) -> None:
        self.measures = measures
        self.end: Fraction | None = None
        self.done = not measures
        self._task = task
        self._run = SoundRun(str(path), BLOCK)
        self._teller = teller
        self._heard = 0

    def take(self, frame: AudioFrame) -> None:
        """Take the next frame of the stream."""
        if not self.done:
            for block in self._run.take(frame):
                self._hear(block)

    def rest(self) -> None:
        """Take what is left after the last frame."""
        block = self._run.rest()
        if block is not None and not self.done:
            self._hear(block)

    def _hear(self, block: AudioFrame) -> None:
        rate = self._run.rate
        begin = (self._run.start or Fraction(0)) - self._task.origin + Fraction(self._heard, rate)
        self._heard += block.samples
        first, end = 0, block.samples
        if self._task.span is not None:
            since, until = self._task.span
            first, end = max(0, ceil((since - begin) * rate)), min(end, floor((until - begin) * rate))
            self.done = self.done or begin >= until
        if end <= first:
            return
        begin += Fraction(first, rate)
        part = part_of(block, first, end)
        self.end = begin + Fraction(end - first, rate)
        for measure in self.measures.values():
            self._teller.add(measure.hear(part, begin), begin)

"""A decoder at a place in a stream: it goes on to frames ahead, and seeks those behind or far off.

What a tick shows is known once the frame after it has come. No index is asked, so that files whose tables and
timestamps say otherwise than their decoder show what the decoder gives, as a render does.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import av.error
from av.video.frame import VideoFrame

from protocol.errors import MediaUnreadable
from sidecar.services.media.filmstrip.passage import time_of
from sidecar.services.media.filmstrip.reel import UNINDEXED, Packet, Reel
from sidecar.services.preview.decoding.fifo import Stop
from sidecar.services.preview.decoding.messages import Origin
from sidecar.services.preview.decoding.planes import held_bytes
from sidecar.services.preview.decoding.shelf import Shown

WORTH = 0.25
"""Seconds that a keyframe has to lie ahead for a seek to cost less than decoding up to it."""

FAR = 2
"""Seconds ahead that are sought where the file has no index that tells of keyframes."""

FARTHEST = 12
"""Seconds ahead that are sought in any case: an index may have gaps."""


@dataclass(slots=True)
class Trail:
    """The last frames on the way to one, at most `limit` bytes of them."""

    limit: int
    frames: deque[Shown] = field(default_factory=deque)
    bytes: int = 0

    def add(self, shown: Shown) -> None:
        """Take a frame in."""
        self.frames.append(shown)
        self.bytes += shown.bytes
        while self.frames and self.bytes > self.limit:
            self.bytes -= self.frames.popleft().bytes


class Head:
    """Decodes one stream, for one thread at a time.

    `decoded` counts the frames that came, `seeks` the jumps. `second` is a second in ticks, 0 before the file is open.
    """

    def __init__(self, origin: Origin, threads: int) -> None:
        self.decoded = 0
        self.seeks = 0
        self._origin = origin
        self._threads = threads
        self._reel: Reel | None = None
        self._frames: Iterator[VideoFrame | None] = iter(())
        self._key: int | None = None
        self._now: VideoFrame | None = None
        self._first = -inf
        self._ahead: VideoFrame | None = None
        self._over = False
        self._latest: int | None = None
        self._fed: int | None = None
        self.second = 0

    @property
    def place(self) -> float:
        """The tick of the frame where it is; -inf while it is nowhere."""
        return -inf if self._now is None else time_of(self._now)

    def reaches(self, tick: int) -> bool:
        """Whether it is quicker to go on to a tick than to seek it."""
        reel = self._reel
        if reel is None or self._now is None or tick < self._first:
            return False
        ahead = tick - time_of(self._now)
        if self._over or not self._origin.seekable or ahead <= WORTH * self.second:
            return True
        entries = reel.stream.index_entries
        # Where times are found by reading, entries are places, not keyframes.
        place = -1 if reel.name in UNINDEXED else entries.search_timestamp(tick)
        if place < 0 or self._fed is None:
            return ahead <= FAR * self.second
        key, last = entries[place].timestamp, entries[-1].timestamp
        # Entries may be of what was read only: they say nothing of what lies behind the last.
        far = FAR if last < tick else FARTHEST
        return ahead <= far * self.second and key - self._fed <= WORTH * self.second

    def go(self, tick: int, stop: Stop, trail: int) -> tuple[Shown, Iterable[Shown]]:
        """Find what a tick shows; of the frames on the way, the last `trail` bytes are given too.

        Raises Stopped, whereafter it can go on from where it is, the errors of opening, and MediaUnreadable where no
        picture can be decoded.
        """
        if not self.reaches(tick):
            self._seek(tick)
        passed, tries = Trail(trail), 0
        while True:
            ahead = self._peek(stop)
            late = ahead is None or time_of(ahead) > tick
            if self._now is not None:
                shown = self._shown(self._now, ahead)
                if late:
                    return shown, passed.frames
                passed.add(shown)
            elif late and self._key is not None:
                # What was to be decoded from here is damaged: what is shown is older.
                tries += 1
                self._seek(self._key - 1 - (2**tries - 2) * self.second)
                continue
            if ahead is None:
                raise MediaUnreadable(path=os.fsdecode(self._origin.path), detail="no picture of it can be decoded")
            self._step(ahead)

    def close(self) -> None:
        """Close the file."""
        self._frames = iter(())
        self._now = self._ahead = None
        if self._reel is not None:
            self._reel.container.close()
            self._reel = None

    def _opened(self) -> Reel:
        if self._reel is None:
            self._reel = Reel(
                Path(os.fsdecode(self._origin.path)),
                self._origin.stream,
                threads=self._threads,
                decoder=self._origin.decoder,
                among_all=True,
            )
            self.second = self._reel.second
        return self._reel

    def _seek(self, tick: int) -> None:
        """Begin at the newest keyframe at or before a tick; before the first one, at the beginning."""
        self._frames = iter(())
        self._now = self._ahead = self._latest = None
        self._over = False
        reel = self._opened()
        self.seeks += 1
        self._key, packets = reel.lead_in(tick) if self._origin.seekable else (None, reel.packets(None))
        self._frames = self._decoded(reel, packets)

    def _decoded(self, reel: Reel, packets: Iterable[Packet]) -> Iterator[VideoFrame | None]:
        """Decode to the file's end, with a None after each packet; what cannot be decoded is left out."""
        for packet in packets:
            self._fed = packet.dts if packet.dts is not None else packet.pts
            with suppress(av.error.FFmpegError):
                yield from reel.decoder.decode(packet)
            yield None
        with suppress(av.error.FFmpegError):
            yield from reel.decoder.decode(None)

    def _peek(self, stop: Stop) -> VideoFrame | None:
        """Return the next frame; None past the last one."""
        while self._ahead is None and not self._over:
            stop.check()
            try:
                frame = next(self._frames)
            except StopIteration:
                self._over = True
                break
            if frame is None:
                continue
            self.decoded += 1
            if self._opened().name == "avi":
                frame = self._ordered(frame)
            # What is shown before the keyframe may refer to pictures before it.
            if self._now is not None or self._key is None or time_of(frame) >= self._key:
                self._ahead = frame
        return self._ahead

    def _ordered(self, frame: VideoFrame) -> VideoFrame:
        """Give a frame the time at which FFmpeg shows it.

        AVI has no presentation times, and those that demuxers make up are in the order of decoding: it is when a frame
        comes out that counts, and of the last ones the order.
        """
        if frame.dts is not None:
            frame.pts = frame.dts
        elif self._latest is not None:
            frame.pts = self._latest + (frame.duration or 1)
        self._latest = frame.pts
        return frame

    def _step(self, ahead: VideoFrame) -> None:
        """Go on by a frame."""
        self._first = -inf if self._now is None and self._key is None else time_of(ahead)
        self._now, self._ahead = ahead, None

    def _shown(self, frame: VideoFrame, ahead: VideoFrame | None) -> Shown:
        end = inf if ahead is None else time_of(ahead)
        return Shown(frame, time_of(frame), self._first, end, held_bytes(frame))

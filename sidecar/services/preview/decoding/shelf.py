"""Decoded frames that are held, each with the ticks at which it is shown; those unused for longest go."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace

from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame and the ticks [first, end) at which it is the newest one.

    The stream's first frame stands for all before it, its last for all after: -inf and inf.
    """

    frame: VideoFrame
    pts: int
    first: float
    end: float
    bytes: int

    def covers(self, tick: int) -> bool:
        """Whether it is what a tick shows."""
        return self.first <= tick < self.end


class Shelf:
    """Frames by their streams, at most `limit` bytes of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._frames: OrderedDict[tuple[Hashable, int], Shown] = OrderedDict()
        self._times: dict[Hashable, list[int]] = {}
        self.bytes = 0

    @property
    def limit(self) -> int:
        """Most bytes that are held."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        self._limit = limit
        self._trim()

    def find(self, stream: Hashable, tick: int) -> Shown | None:
        """Return the frame that a tick shows, if it is held; it counts as used."""
        times = self._times.get(stream)
        if not times:
            return None
        place = max(0, bisect_right(times, tick) - 1)
        key = stream, times[place]
        shown = self._frames[key]
        if not shown.covers(tick):
            return None
        self._frames.move_to_end(key)
        return shown

    def put(self, stream: Hashable, shown: Shown) -> None:
        """Hold a frame, as the one used last."""
        key = stream, shown.pts
        before = self._frames.pop(key, None)
        if before is None:
            times = self._times.setdefault(stream, [])
            times.insert(bisect_left(times, shown.pts), shown.pts)
        else:
            self.bytes -= before.bytes
            # Whoever comes from further back knows more of what it stands for.
            shown = replace(shown, first=min(before.first, shown.first))
        self._frames[key] = shown
        self.bytes += shown.bytes
        self._trim()

    def drop(self, stream: Hashable) -> None:
        """Let go of a stream's frames."""
        for pts in self._times.pop(stream, ()):
            self.bytes -= self._frames.pop((stream, pts)).bytes

    def clear(self) -> None:
        """Let go of everything."""
        self._frames.clear()
        self._times.clear()
        self.bytes = 0

    def _trim(self) -> None:
        while self.bytes > self._limit:
            (stream, pts), shown = self._frames.popitem(last=False)
            self.bytes -= shown.bytes
            times = self._times[stream]
            del times[bisect_left(times, pts)]
            if not times:
                del self._times[stream]

"""A picture stream packet by packet, as copying has to know it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Literal

from protocol.project.export import VideoCodec
from sidecar.core.source import pack_stamps, unpack_stamps

KEY, IDR, HIDDEN, DAMAGED = 1, 2, 4, 8
"""Bits of a packet's kind: the demuxer's keyframe; decoding can begin with it and nothing after it looks back; it is
not shown (cut away by an edit list, or before the first keyframe); it is corrupt, or has no time."""

Form = Literal["lengths", "bytes", "frames"]
"""How a packet is stored: NAL units with their lengths before them, a byte stream with start codes, or one frame."""


@dataclass(frozen=True, slots=True)
class PacketTable:
    """The packets of a picture stream in decoding order, and what its own bits (not the container) say of it.

    `pts` (in ticks) and `sizes` are packed by `pack_stamps`; `kinds` has a byte a packet. `tags` are range, matrix,
    primaries and transfer by their numbers in H.273, 2 (range: 0) where the stream says nothing. `sets` is a digest
    of the parameter sets or other headers that decoding needs, `set_ids` the ids of the sequence parameter sets;
    `sets_change`: other ones come on the way. `upright`: no display matrix. `pixel_aspect` is 0 when it says nothing.
    """

    codec: str
    profile: str
    level: int
    pixel_format: str
    width: int
    height: int
    pixel_aspect: Fraction
    tags: tuple[int, int, int, int]
    interlaced: bool
    upright: bool
    form: Form
    sets: str
    set_ids: tuple[int, ...]
    sets_change: bool
    time_base: Fraction
    pts: bytes
    sizes: bytes
    kinds: bytes

    @property
    def count(self) -> int:
        return len(self.kinds)


@dataclass(frozen=True, slots=True)
class CopySpan:
    """Output frames [first, end) that are packets [packets[0], packets[1]) of a picture stream, in decoding order.

    They begin with a packet that decoding can begin with and hold exactly the frames from `source_first` on, so
    nothing before or after them is needed; the last of them need not end a group. `stream` counts all streams of the file. `start` is the first packet's
    timestamp in ticks of `time_base`; `rate` the frames a second; `bytes` the packets' size. `sets` is a digest of the
    headers that decoding needs, the same for spans that can stand beside one another. `delay` is by how many packets
    a frame may come after its place. `pointers` are the clips': a span may go on through a cut.
    """

    first: int
    end: int
    path: str
    fingerprint: str
    stream: int
    packets: tuple[int, int]
    source_first: int
    start: int
    time_base: Fraction
    rate: Fraction
    codec: VideoCodec
    sets: str
    bytes: int
    delay: int
    pointers: tuple[str, ...]

    @property
    def frames(self) -> int:
        return self.end - self.first

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.frames / self.rate


@dataclass(frozen=True, slots=True)
class FrameOrder:
    """The frames of a stream in order of presentation, against its packets.

    `frames[p]` is the frame of packet p, -1 for one that is not shown; `starts` are the frames at which decoding can
    begin, with the packets that hold them: everything before such a packet is shown before its frame, everything
    after it later. The end of the stream is the last of them. `bytes_before[p]` counts the bytes of packets up to p.
    """

    frames: tuple[int, ...]
    starts: tuple[tuple[int, int], ...]
    bytes_before: tuple[int, ...]
    shown: int
    first_pts: int

    def start_at(self, frame: int) -> tuple[int, int] | None:
        """Return the first start at or after a frame."""
        place = bisect_left(self.starts, (frame, -1))
        return self.starts[place] if place < len(self.starts) else None

    def start_before(self, frame: int) -> tuple[int, int] | None:
        """Return the last start at or before a frame."""
        place = bisect_left(self.starts, (frame + 1, -1))
        return self.starts[place - 1] if place else None

    def end_before(self, frame: int) -> tuple[int, int] | None:
        """Return the last place at or before a frame where the packets of a start hold all frames up to it, no more.

        Whatever they need came before them, so what follows can be left out. A frame, and the packet behind.
        """
        begin = self.start_before(frame)
        if begin is None or begin[1] == len(self.frames):
            return begin
        found, highest = begin, begin[0] - 1
        for place in range(begin[1], len(self.frames)):
            if self.frames[place] < begin[0]:
                break
            highest = max(highest, self.frames[place])
            if highest >= frame:
                break
            if highest - begin[0] == place - begin[1]:
                found = highest + 1, place + 1
        return found

    def size(self, first: int, end: int) -> int:
        """Bytes of packets [first, end)."""
        return self.bytes_before[end] - self.bytes_before[first]


@lru_cache(maxsize=16)
def frame_order(table: PacketTable) -> FrameOrder | None:
    """Order a stream's frames; None where two have one time, or nothing is shown."""
    pts, sizes = unpack_stamps(table.pts), unpack_stamps(table.sizes)
    shown = [number for number, kind in enumerate(table.kinds) if not kind & HIDDEN]
    order = sorted(shown, key=pts.__getitem__)
    times = [pts[number] for number in order]
    if not times or any(after == before for before, after in pairwise(times)):
        return None
    frames = [-1] * table.count
    for frame, number in enumerate(order):
        frames[number] = frame
    # A hidden packet counts as shown where the one before it is, so it moves no start.
    highest = list(accumulate(frames, max))
    lowest = list(accumulate((frame if frame >= 0 else len(order) for frame in reversed(frames)), min))[::-1]
    starts = [
        (frames[number], number)
        for number in shown
        if table.kinds[number] & IDR
        and lowest[number] == frames[number]
        and (number == 0 or highest[number - 1] < frames[number])
    ]
    total = (0, *accumulate(sizes))
    return FrameOrder(tuple(frames), (*starts, (len(order), table.count)), total, len(order), times[0])


def packed_table(pts: list[int], sizes: list[int]) -> tuple[bytes, bytes]:
    """Pack the columns of a table."""
    return pack_stamps(pts), pack_stamps(sizes)

"""The timestamps of a stream: from the demuxer's own tables where they tell, else from its packets."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from av import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from sidecar.services.media.rate import constant_rate
from sidecar.services.media.sample_tables import read_samples

_DISCARD = 2
"""The bit of an index entry's flags that says: decoded, but cut away by the edit list."""

_KEY = 1

_VP8_SHOWN = 0x10
"""The bit of a VP8 frame's first byte that says: to be shown."""


@dataclass(frozen=True, slots=True)
class PictureIndex:
    """A picture stream's frames in presentation order, in ticks; edit lists applied.

    `rate` is what the timestamps lie on, None when on none (or there is one frame only); `end` is where the last
    frame ends, in seconds from the first; `from_tables` tells that no packet had to be read.
    """

    pts: NDArray[np.int64]
    keyframes: tuple[int, ...]
    tick: Fraction
    rate: Fraction | None
    end: Fraction
    from_tables: bool

    @property
    def max_gap(self) -> Fraction:
        """Longest distance between keyframes, the way to the stream's end included, in seconds."""
        edges = [*self.keyframes, int(self.pts[0]) + int(self.end / self.tick)]
        return max((b - a for a, b in pairwise(edges)), default=0) * self.tick


@dataclass(slots=True)
class PacketTimes:
    """Collects the packets of one stream while a file is read through.

    `hides`: a VP8 stream, whose alternate reference frames have a time of their own and show nothing.
    """

    pts: list[int] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)
    keys: list[bool] = field(default_factory=list)
    hides: bool = False
    started: bool = False
    last: Packet[Any] | None = None

    def add(self, packet: Packet[Any]) -> None:
        """Take a packet in.

        Those without a timestamp do not count, nor those that an edit list cut away or that cannot be decoded, because
        no keyframe stands before them (one that is cut away will do).
        """
        time = packet.pts if packet.pts is not None else packet.dts
        key = packet.is_keyframe
        self.started = self.started or key
        if time is None or not self.started or packet.is_discard:
            return
        if self.hides and not bytes(packet)[0] & _VP8_SHOWN:
            return
        self.pts.append(time)
        self.durations.append(packet.duration or 0)
        self.keys.append(key)
        self.last = packet

    def index(self, tick: Fraction, usual: Fraction | None, *, begins: int | None = None) -> PictureIndex | None:
        """Return the index of what was collected; `usual` is the demuxer's rate, for a stream of one frame.

        `begins` moves all timestamps so that the first is that one. None without frames.
        """
        if not self.pts:
            return None
        pts = np.array(self.pts, dtype=np.int64)
        if begins is not None:
            pts += begins - int(pts.min())
        return build_index(
            pts,
            np.array(self.keys, dtype=np.bool_),
            np.array(self.durations, dtype=np.int64),
            tick,
            usual,
            from_tables=False,
        )

    def end(self, tick: Fraction, sample_rate: int) -> Fraction | None:
        """Return where a sound's last packet ends, in seconds on the file's clock; None without packets."""
        if self.last is None:
            return None
        end = max(time + length for time, length in zip(self.pts, self.durations, strict=True))
        return end * tick - Fraction(_cut_at_end(self.last), sample_rate or 1)


def _cut_at_end(packet: Packet[Any]) -> int:
    """Return how many samples at a packet's end are padding that decoders drop."""
    if not packet.has_sidedata("skip_samples"):
        return 0
    data = bytes(packet.get_sidedata("skip_samples"))
    return int.from_bytes(data[4:8], "little") if len(data) >= 8 else 0


def build_index(
    pts: NDArray[np.int64],
    keys: NDArray[np.bool_],
    durations: NDArray[np.int64],
    tick: Fraction,
    usual: Fraction | None,
    *,
    from_tables: bool,
) -> PictureIndex:
    """Order frames by presentation time and find their rate. Of frames with one and the same time the last counts."""
    order = np.argsort(pts, kind="stable")
    pts, keys, durations = pts[order], keys[order], durations[order]
    last_of_equal = np.append(np.diff(pts) > 0, True)
    pts, keys, durations = pts[last_of_equal], keys[last_of_equal], durations[last_of_equal]
    keyframes = tuple(int(time) for time in pts[keys])
    found = constant_rate(pts, tick)
    if found is not None:
        rate, frames = found
        return PictureIndex(pts, keyframes, tick, rate, (int(frames[-1]) + 1) / rate, from_tables)
    span = int(pts[-1] - pts[0])
    last = int(durations[-1]) or (int(np.median(np.diff(pts))) if len(pts) > 1 else 0)
    length = last * tick or (1 / usual if usual else Fraction(1, 25))
    return PictureIndex(pts, keyframes, tick, None, span * tick + length, from_tables)


def index_from_tables(path: Path, stream: VideoStream, demuxer: str) -> PictureIndex | None:
    """Read a stream's index out of a file's tables; None where they do not hold every frame's presentation time.

    They do in MP4 and MOV files without fragments, where no edit list cuts reordered frames away.
    """
    if not demuxer.startswith("mov"):
        return None
    return _from_samples(path, stream) or _from_entries(stream)


def _from_samples(path: Path, stream: VideoStream) -> PictureIndex | None:
    """Read the file's own tables; None where FFmpeg makes something else of them."""
    table = read_samples(path, stream.id)
    if table is None or len(table.pts) != len(stream.index_entries) or int(table.pts.min()) != stream.start_time:
        return None
    tick = stream.time_base or Fraction(1, 90_000)
    return build_index(table.pts, table.keys, table.durations, tick, stream.average_rate, from_tables=True)


def _from_entries(stream: VideoStream) -> PictureIndex | None:
    """Read the demuxer's entries, which hold decoding times."""
    entries = stream.index_entries
    tick, context = stream.time_base or Fraction(1, 90_000), stream.codec_context
    if not len(entries) or context.has_b_frames:
        return None
    rows = np.array([(entry.timestamp, entry.flags) for entry in entries], dtype=np.int64)
    rows = rows[rows[:, 1] & _DISCARD == 0]
    pts, keys = rows[:, 0], rows[:, 1] & _KEY != 0
    if len(rows) < max(2, stream.frames - 1) or not keys[0] or int(pts[0]) != stream.start_time:
        return None
    steps = np.diff(pts)
    if int(steps.min()) <= 0:
        return None
    last = (stream.duration or 0) - int(pts[-1] - pts[0])
    # Tables that end before the stream does belong to a file in fragments.
    if last <= 0 or last > 2 * int(steps.max()):
        return None
    durations = np.append(steps, last)
    return build_index(pts, keys, durations, tick, stream.average_rate, from_tables=True)

"""Finds where a picture stream cannot be decoded: every frame is, once, in order, so that no seek is to blame."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from sidecar.core.source import SourceFacts, SourceVideo, unpack_stamps
from sidecar.services.media.open import MAX_PIXELS, open_media

Damage = tuple[tuple[int, int | None], ...]
"""Spans of timestamps [from, to) in ticks; None: to the end."""


@dataclass(slots=True)
class _Stream:
    """Packets in the order of the file: their times, which are keyframes, which could not be decoded."""

    stream: VideoStream
    times: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    bad: set[int] = field(default_factory=set)
    places: dict[int, int] = field(default_factory=dict)

    def take(self, packet: av.Packet[Any]) -> None:
        time = packet.pts if packet.pts is not None else packet.dts
        if time is None:
            return
        place = len(self.times)
        self.times.append(time)
        self.places[time] = place
        if packet.is_keyframe:
            self.keys.append(place)
        try:
            frames = self.stream.codec_context.decode(packet)
        except (av.error.FFmpegError, MemoryError):
            self.bad.add(place)
            return
        for frame in frames:
            if frame.is_corrupt:
                self.bad.add(place if frame.pts is None else self.places.get(frame.pts, place))

    def damage(self, expected: int | None) -> Damage:
        """Spans from a packet that failed up to the next keyframe; what refers to it lies between.

        `expected` is the time of the last frame that the file's tables name: what never came is damaged too. Frames
        before the first keyframe are not judged: recordings begin in the middle.
        """
        if not self.keys:
            return ((self.times[0], None),) if self.bad else ()
        spans: list[tuple[int, int | None]] = []
        groups: set[int] = set()
        for place in sorted(self.bad):
            group = bisect_right(self.keys, place)
            # What follows in a group is damaged as it is.
            if group in groups or place < self.keys[0] or self.times[place] < self.times[self.keys[0]]:
                continue
            groups.add(group)
            after = self.keys[group] if group < len(self.keys) else None
            begins = min(self.times[place:after])
            spans.append((begins, None if after is None else self.times[after]))
        last = max(self.times)
        if expected is not None and last < expected:
            spans.append((last + 1, None))
        return _merged(spans)


def with_damage(path: Path, facts: SourceFacts) -> SourceFacts:
    """Return facts that say where the file's pictures cannot be decoded. Raises the errors of opening."""
    moving = [video for video in facts.video if not video.still]
    found: dict[int, Damage] = {}
    if moving:
        with open_media(path) as container:
            found = _read(container, moving)
    videos = tuple(replace(video, damaged=found.get(video.stream, ())) for video in facts.video)
    return replace(facts, video=videos)


def _read(container: InputContainer, videos: list[SourceVideo]) -> dict[int, Damage]:
    streams = {video.stream: _Stream(container.streams[video.stream]) for video in videos}  # type: ignore[arg-type]
    for each in streams.values():
        each.stream.codec_context.thread_count = 1
        each.stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    try:
        for packet in container.demux([each.stream for each in streams.values()]):
            if packet.size:
                streams[packet.stream_index].take(packet)
    except av.error.FFmpegError:
        # What could not be read is missing then.
        pass
    return {video.stream: streams[video.stream].damage(_last(video)) for video in videos}


def _last(video: SourceVideo) -> int | None:
    """Return the timestamp of a stream's last frame, less a tick that rounding may have taken."""
    if video.stamps is not None:
        return int(unpack_stamps(video.stamps)[-1])
    if video.rate is None or not video.frames:
        return None
    return video.first_pts + int((video.frames - 1) / video.rate / video.time_base) - 1


def _merged(spans: list[tuple[int, int | None]]) -> Damage:
    merged: list[tuple[int, int | None]] = []
    for begins, ends in sorted(spans, key=lambda span: span[0]):
        if merged and (merged[-1][1] is None or begins <= merged[-1][1]):
            before = merged[-1]
            furthest = None if before[1] is None or ends is None else max(before[1], ends)
            merged[-1] = (before[0], furthest)
        else:
            merged.append((begins, ends))
    return tuple(merged)

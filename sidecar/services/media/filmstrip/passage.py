"""Decoding from a keyframe on: the frames that are wanted, and which of them are damaged. Runs in a worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import av.error
from av.video.frame import VideoFrame

from sidecar.services.media.filmstrip.look import Run, Wanted
from sidecar.services.media.filmstrip.reel import Packet, Reel

HELD = 16
"""Frames that come, in order of time, before all that a frame was made from has been judged: the most that are reordered."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A decoded frame, with those beside it where they were asked for."""

    frame: VideoFrame
    before: VideoFrame | None = None
    after: VideoFrame | None = None


@dataclass(slots=True)
class _Passage:
    """The packets that were decoded, in the order of the file: their times, and which were bad."""

    reel: Reel
    key: int | None
    times: list[int] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    bad: list[int] = field(default_factory=list)

    def frames(self) -> Iterator[VideoFrame]:
        """Decode to the file's end; what cannot be decoded is left out."""
        for packet in self.reel.packets(self.key):
            self._enter(packet)
            yield from self._decoded(packet)
        yield from self._decoded(None)

    def good(self, time: int) -> bool:
        """Whether no bad packet has spoilt a frame: itself or one before it, in the order of the file, was none.

        What is shown before the keyframe may refer to before it, and proves nothing. Threads do not tell which packet
        was bad: with them nothing is good that is not known to be so by then.
        """
        if self.reel.threads != 1:
            return not self.bad
        proofs = (place for place in self.bad if self.key is None or self.times[place] >= self.key)
        first = min(proofs, default=None)
        return first is None or time < min(self.times[first:])

    def _enter(self, packet: Packet) -> None:
        time = self.reel.time_of(packet)
        if time is None:
            time = self.times[-1] if self.times else self.key or 0
        self.places[time] = len(self.times)
        self.times.append(time)

    def _decoded(self, packet: Packet | None) -> Iterator[VideoFrame]:
        try:
            frames = self.reel.decoder.decode(packet)
        except (av.error.FFmpegError, MemoryError):
            if self.times:
                self.bad.append(len(self.times) - 1)
            return
        for frame in frames:
            if frame.is_corrupt and self.times and (self.key is None or time_of(frame) >= self.key):
                self.bad.append(self.places.get(time_of(frame), len(self.times) - 1))
            yield frame


def time_of(frame: VideoFrame) -> int:
    """Return a frame's presentation time in ticks."""
    time = frame.pts if frame.pts is not None else frame.dts
    return 0 if time is None else time


def take_run(
    reel: Reel, run: Run, near: int, *, interlaced: bool, neighbours: bool, use: Callable[[Wanted, Shot], None]
) -> Iterator[Wanted]:
    """Give the wanted frames of a run to `use`, and yield each that is good as soon as that is known.

    Frames that cannot be decoded are not given, or given and not yielded. `near` is by how many ticks a time may
    differ from the wanted one; `neighbours`: shots hold the frames before and after, too.
    """
    # The two fields of a frame may be two packets.
    if not interlaced and run.key is not None and [each.pts for each in run.wanted] == [run.key]:
        frame = reel.keyframe(run.key)
        if frame is not None:
            use(run.wanted[0], Shot(frame))
            yield run.wanted[0]
            return
    passage = _Passage(reel, run.key)
    waiting = deque(run.wanted)
    held: deque[tuple[int, Wanted]] = deque()
    for count, shot in enumerate(_shots(passage.frames(), neighbours=neighbours)):
        time = time_of(shot.frame)
        while waiting and time > waiting[0].pts + near:
            waiting.popleft()
        if waiting and time >= waiting[0].pts - near:
            use(waiting[0], shot)
            held.append((count, waiting.popleft()))
        if not waiting:
            break
        if held and held[0][0] + HELD <= count and passage.good(held[0][1].pts + near):
            yield held.popleft()[1]
    yield from (each for _, each in held if passage.good(each.pts + near))


def _shots(frames: Iterable[VideoFrame], *, neighbours: bool) -> Iterator[Shot]:
    if not neighbours:
        yield from map(Shot, frames)
        return
    before: VideoFrame | None = None
    frame: VideoFrame | None = None
    for after in frames:
        if frame is not None:
            yield Shot(frame, before, after)
        before, frame = frame, after
    if frame is not None:
        yield Shot(frame, before, None)

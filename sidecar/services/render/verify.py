"""Verification of a written file: what was planned is what is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol.commands.render import Verified
from protocol.errors import RenderFailed

if TYPE_CHECKING:
    import av

SLACK = Fraction(1, 50)
"""A duration may differ by this much (containers round, sound ends on a packet), or by a frame if that is more."""

AUDIO_PACKET_SLACK = Fraction(1, 10)
"""Sound alone may end a codec frame later than asked."""


UNTIMED = frozenset({"avi"})
"""Containers that keep no times of frames, so that none can be found by its own."""

LISTED = frozenset({"mov,mp4,m4a,3gp,3g2,mj2"})
"""Containers whose index says where every packet lies: of those only both ends are read."""

BEGINNING = 64
"""Packets of a listed file among which the first frame is found: far more than any order of coding puts before it."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a render has to write: `frames` None without picture; `duration` and `frame` (one frame) in seconds."""

    frames: int | None
    sound: bool
    duration: Fraction
    frame: Fraction


def verify(path: Path, expected: Expected, joins: Sequence[int] = ()) -> Verified:
    """Read the finished file's packets and compare, and decode the frames that begin behind the `joins`.

    Blocking; raises RenderFailed with what differs.
    """
    import av  # noqa: PLC0415 - a sidecar that renders nothing starts without it

    try:
        with av.open(str(path)) as container:
            pictures = len(container.streams.video)
            sounds = len(container.streams.audio)
            _expect(pictures == (expected.frames is not None), f"{pictures} picture streams")
            _expect(sounds == expected.sound, f"{sounds} sound streams")
            first, last, packets = _reach(container, path.stat().st_size)
            decoded = _decode(container, joins, expected.frame, first)
    except (av.FFmpegError, OSError) as error:
        raise RenderFailed(detail=f"the written file cannot be read: {error}") from error
    if expected.frames is not None:
        _expect(packets == expected.frames, f"{packets} frames instead of {expected.frames}")
    slack = max(SLACK, expected.frame) if expected.frames is not None else AUDIO_PACKET_SLACK
    _expect(
        abs(last - first - expected.duration) <= slack,
        f"{float(last - first):.3f} s instead of {float(expected.duration):.3f} s",
    )
    return Verified(streams=True, frames=True, duration=True, joins=decoded)


def _reach(container: av.container.InputContainer, size: int) -> tuple[Fraction, Fraction, int]:
    """First instant, end, and number of packets of the picture; of the sound where there is none."""
    stream = container.streams.video[0] if container.streams.video else container.streams.audio[0]
    tick = Fraction(stream.time_base or 1)
    if container.format.name not in LISTED:
        first, end, packets = _walk(container.demux(stream))
        return (first or 0) * tick, end * tick, packets
    for each in container.streams:
        least = 1 if each.type in ("video", "audio") else 0
        for entry in each.index_entries:
            there = entry.size >= least and entry.pos + entry.size <= size
            _expect(there, "a packet is missing that its index names")
    entries = stream.index_entries
    first, end, _ = _walk(islice(container.demux(stream), BEGINNING))
    if len(entries) > BEGINNING:
        container.seek(entries[-1].timestamp, stream=stream)
        _, end, _ = _walk(container.demux(stream))
    return (first or 0) * tick, end * tick, len(entries)


def _walk(packets: Iterable[av.Packet[Any]]) -> tuple[int | None, int, int]:
    """Return the first instant and the end of packets, in ticks, and how many they are."""
    first: int | None = None
    end = count = 0
    for packet in packets:
        if packet.size == 0:
            continue
        count += 1
        at = packet.pts if packet.pts is not None else packet.dts
        if at is not None:
            first = at if first is None else min(first, at)
            end = max(end, at + (packet.duration or 0))
    return first, end, count


def _decode(container: av.container.InputContainer, joins: Sequence[int], frame: Fraction, start: Fraction) -> int:
    """Decode each of these frames, from the keyframe that it is; return how many there were."""
    import av  # noqa: PLC0415 - a sidecar that renders nothing starts without it

    if not joins or container.format.name in UNTIMED:
        return 0
    stream = container.streams.video[0]
    tick = stream.time_base or Fraction(1, 1000)
    for number in joins:
        wanted = start + number * frame
        try:
            # A little behind its time: a container that counts milliseconds may have rounded that up.
            container.seek(round((wanted + frame / 4) / tick), stream=stream)
            shown = _first_frame(container, stream)
        except av.FFmpegError as error:
            raise RenderFailed(detail=f"frame {number} cannot be decoded: {error}") from error
        at = None if shown is None or shown.pts is None else shown.pts * tick
        _expect(at is not None and abs(at - wanted) < frame / 2, f"frame {number} is none that decoding begins with")
    return len(joins)


def _first_frame(container: av.container.InputContainer, stream: av.VideoStream) -> av.VideoFrame | None:
    """Decode the next packet alone."""
    packet = next((packet for packet in container.demux(stream) if packet.size), None)
    if packet is None:
        return None
    decoder = stream.codec_context
    frames = [*decoder.decode(packet), *decoder.decode(None)]
    decoder.flush_buffers()
    return frames[0] if frames else None


def _expect(holds: bool, detail: str) -> None:  # noqa: FBT001 - a condition, not a switch
    if not holds:
        raise RenderFailed(detail=detail)

"""One pass over a file for all measures that are asked for. Runs in a worker process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import av.logging
from av.container import InputContainer
from av.stream import Stream

from protocol.errors import MediaUnreadable
from sidecar.services.media.analysis.bitrate import Bitrate
from sidecar.services.media.analysis.feeding import Pictures, Sounds, Teller
from sidecar.services.media.analysis.kinds import picture_measures, sound_measures
from sidecar.services.media.analysis.messages import Analyse, Findings
from sidecar.services.media.messages import Send
from sidecar.services.media.open import open_media
from sidecar.services.media.streams import picture_stream, read_only, sound_stream

LEAD = 10
"""Seconds that are read before a range: a seek may land late in what has no index."""


@dataclass(slots=True)
class _Pass:
    """What one pass feeds, by the streams that it reads."""

    task: Analyse
    teller: Teller
    pictures: tuple[Stream, Pictures] | None = None
    sounds: tuple[Stream, Sounds] | None = None
    bitrate: Bitrate | None = None

    @property
    def streams(self) -> list[Stream]:
        return [each[0] for each in (self.pictures, self.sounds) if each is not None]

    def take(self, packet: av.Packet[Any]) -> None:
        """Take a packet; the one without a size, at the end of each stream, has its decoder give what it holds."""
        if self.bitrate is not None and packet.size:
            self._count(packet, self.bitrate)
        for fed in (self.pictures, self.sounds):
            if fed is not None and packet.stream_index == fed[0].index and not fed[1].done:
                for frame in _decoded(fed[0], packet):
                    fed[1].take(frame)

    def finished(self, at: Fraction | None) -> bool:
        """Whether all that is asked for has passed."""
        span = self.task.span
        if span is None or any(
            not fed[1].done for fed in (self.pictures, self.sounds) if fed is not None and fed[1].measures
        ):
            return False
        return self.bitrate is None or (at is not None and at >= span[1] + 1)

    def _count(self, packet: av.Packet[Any], bitrate: Bitrate) -> None:
        at, span = self.time_of(packet), self.task.span
        if at is None:
            return
        if span is None or span[0] <= at < span[1]:
            end = at + (packet.duration or 0) * (packet.time_base or 0)
            bitrate.count(at, end if span is None else min(end, span[1]), packet.size)
        self.teller.add((), at)

    def time_of(self, packet: av.Packet[Any]) -> Fraction | None:
        """Return when a packet is decoded, in seconds from the file's start."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        return None if stamp is None or packet.time_base is None else stamp * packet.time_base - self.task.origin

    def findings(self) -> Findings:
        """End all measures, each where what it was given ends."""
        last = self.teller.begin
        results: dict[str, Any] = {}
        for fed in (self.pictures, self.sounds):
            end = None if fed is None else fed[1].end
            if fed is not None and end is not None:
                last = max(last, end)
            for kind, measure in ({} if fed is None else fed[1].measures).items():
                self.teller.items.extend(measure.finish(end or self.teller.begin))
                results[kind] = measure.result()
        if self.bitrate is not None:
            self.teller.items.extend(self.bitrate.finish(last))
            results["bitrate"] = self.bitrate.result()
        self.teller.flush(last)
        return Findings(**results)


def analyse(task: Analyse, path: Path, send: Send) -> Findings:
    """Measure what a task names.

    Raises the errors of opening, MediaUnsupported for a stream that is not there, and MediaUnreadable where nothing of
    it can be decoded.
    """
    av.logging.set_level(None)
    begin = Fraction(0) if task.span is None else task.span[0]
    run = _Pass(task, Teller(send, begin))
    if "bitrate" in task.kinds:
        run.bitrate = Bitrate(task.options.interval, begin)
    with open_media(path) as container:
        if task.video is not None:
            seen = picture_stream(container, task.video, path)
            seen.thread_type = "AUTO"
            run.pictures = seen, Pictures(task, seen, picture_measures(task.kinds, task.options, begin), run.teller)
        if task.audio is not None:
            heard = sound_stream(container, task.audio, path)
            run.sounds = heard, Sounds(task, path, sound_measures(task.kinds, task.options), run.teller)
        read_only(container, run.streams)
        _seek(container, task)
        for packet in _packets(container, run.streams):
            run.take(packet)
            if run.finished(run.time_of(packet)):
                break
        if run.sounds is not None:
            run.sounds[1].rest()
    if task.span is None:
        _refuse_empty(path, run)
    return run.findings()


def _seek(container: InputContainer, task: Analyse) -> None:
    """Go to some seconds before the range; what cannot seek is read from its start."""
    if task.span is not None and task.span[0] > LEAD:
        with suppress(av.error.FFmpegError):
            container.seek(int((task.span[0] - LEAD + task.origin) * 1_000_000))


def _packets(container: InputContainer, streams: list[Stream]) -> Iterator[av.Packet[Any]]:
    """Read packets until the end, or until the file cannot be read on."""
    packets = container.demux(streams)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            return
        if packet is None:
            return
        yield packet


def _decoded(stream: Stream, packet: av.Packet[Any]) -> list[Any]:
    """Decode a packet; what cannot be decoded is passed over."""
    context: Any = stream.codec_context
    try:
        return list(context.decode(packet if packet.size else None))
    except (av.error.FFmpegError, MemoryError):
        return []


def _refuse_empty(path: Path, run: _Pass) -> None:
    for fed, what in ((run.pictures, "pictures"), (run.sounds, "sound")):
        if fed is not None and fed[1].measures and fed[1].end is None and (fed[0].frames or fed[0].duration):
            raise MediaUnreadable(path=str(path), detail=f"none of its {what} can be decoded")

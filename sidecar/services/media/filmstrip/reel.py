"""An open picture stream in a worker: its keyframes are found, and decoding begins at them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import av
import av.error
from av.codec import CodecContext
from av.container import InputContainer
from av.stream import Discard
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from protocol.errors import MediaUnreadable, MediaUnsupported
from sidecar.services.media.filmstrip.look import Keyframe
from sidecar.services.media.open import MAX_PIXELS, STILL_DEMUXERS, open_media
from sidecar.services.media.streams import decodable, is_cover

UNINDEXED = ("mpegts", "mpeg")
"""Formats in which a time is found by reading: a seek may land late, and a keyframe is known once it is met."""

NO_BEGINNING = ("avi", "flv")
"""Formats in which a seek to the beginning is not the beginning."""

LEAD = 1
"""Seconds before a time that a seek in the first of these is aimed at to begin with."""

MOST_SCANNED = 20_000
"""Packets that are read for one keyframe."""

Packet: TypeAlias = "av.Packet[Any]"


class Reel:
    """A picture stream, by its number among picture streams without cover art; a context manager.

    Raises the errors of opening, and MediaUnsupported where there is no such stream. `threads` of 0 are as many as
    there are cores. `decoder` names one that takes the place of FFmpeg's choice. `among_all`: the number counts all
    streams of the file.
    """

    def __init__(
        self, path: Path, number: int, *, threads: int, decoder: str | None = None, among_all: bool = False
    ) -> None:
        self.path = path
        self.threads = threads
        self._number = number
        self._among_all = among_all
        self._decoder_name = decoder
        self._moved = False
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.container.close()

    def time_of(self, packet: Packet) -> int | None:
        """Return a packet's presentation time in ticks, as its frame will carry it."""
        if packet.pts is not None:
            return packet.pts
        if packet.dts is not None:
            return packet.dts + self._late
        return 0 if self.name in STILL_DEMUXERS else None

    def newest_key(self, tick: int) -> Keyframe:
        """Find the newest keyframe at or before a tick; before the first one, the first.

        Where the file has an index of its own, that one is believed. Raises MediaUnreadable where there is none.
        """
        back, more = self._lead(), True
        while more:
            more = self._seek(tick - back)
            found, first = self._newest_among(tick, single=back == 0 and more)
            if found is not None:
                return found
            if not more and first is not None:
                return first
            back = max(4 * back, self.second)
        raise MediaUnreadable(path=str(self.path), detail="it has no keyframe")

    def lead_in(self, tick: int) -> tuple[int | None, Iterator[Packet]]:
        """Read packets from the newest keyframe at or before a tick on, and say when it is; None: the beginning.

        Raises MediaUnreadable where the stream has no keyframe.
        """
        if self.name in (*STILL_DEMUXERS, "apng"):
            # They cannot be sought, and do not say so.
            return None, self.packets(None)
        if not self._lead():
            if not self._seek(tick):
                return None, self._read()
            packets = self._read()
            packet = next(packets, None)
            time = None if packet is None or not packet.is_keyframe else self.time_of(packet)
            if packet is not None and time is not None and time <= tick:
                return time, chain([packet], packets)
        key = self.newest_key(tick).pts
        return (key, self.packets(key)) if key <= tick else (None, self.packets(None))

    def keyframe(self, key: int) -> VideoFrame | None:
        """Decode the keyframe at a tick and nothing else; None where it is not found so, or is damaged."""
        packet = next(self.packets(key), None)
        if packet is None or not packet.is_keyframe or self.time_of(packet) != key:
            return None
        try:
            frames = self.decoder.decode(packet) or self.decoder.decode(None)
        except (av.error.FFmpegError, MemoryError):
            return None
        finally:
            self.decoder.flush_buffers()
        return frames[0] if frames and not frames[0].is_corrupt else None

    def packets(self, key: int | None) -> Iterator[Packet]:
        """Read packets from a keyframe on: the one at `key`, else an earlier one, else (or for None) the first."""
        back, more = self._lead(), key is not None
        while key is not None and more:
            more = self._seek(key - back)
            early = False
            packets = self._read()
            for packet in packets:
                time = self.time_of(packet)
                if packet.is_keyframe and time is not None and time <= key:
                    if time == key:
                        yield packet
                        yield from packets
                        return
                    early = True
                ahead = packet.dts if packet.dts is not None else time
                if ahead is not None and ahead > key:
                    break
            if early:
                # Its time is another than was thought; the keyframe before leads to all that follows.
                self._seek(key - back)
                yield from self._read()
                return
            back = max(4 * back, self.second)
        self._rewind()
        yield from self._read()

    def _open(self) -> None:
        self.container: InputContainer = open_media(self.path)
        try:
            self.name = self.container.format.name.split(",")[0]
            self.stream = self._chosen()
            # AVI has no presentation times: those that FFmpeg finds are late by the decoder's delay.
            self._late = int(self.stream.codec_context.has_b_frames) if self.name == "avi" else 0
            self.decoder = self._decoder()
        except BaseException:
            self.container.close()
            raise

    def _chosen(self) -> VideoStream:
        found = [s for s in self.container.streams.video if decodable(s) and s.codec_context.width and not is_cover(s)]
        numbered = {s.index: s for s in found} if self._among_all else dict(enumerate(found))
        chosen = numbered.get(self._number)
        if chosen is None:
            raise MediaUnsupported(path=str(self.path), detail=f"it has no picture stream {self._number}")
        for other in self.container.streams:
            if other.index != chosen.index:
                other.discard = Discard.all
        return chosen

    def _decoder(self) -> VideoCodecContext:
        decoder = self.stream.codec_context
        if self._decoder_name is not None:
            made = CodecContext.create(self._decoder_name, "r")
            if not isinstance(made, VideoCodecContext):
                raise TypeError(f"{self._decoder_name} decodes no pictures")
            made.extradata = decoder.extradata
            decoder = made
        decoder.thread_count = self.threads
        decoder.thread_type = "AUTO"
        decoder.options = {"max_pixels": str(MAX_PIXELS)}
        return decoder

    def _newest_among(self, tick: int, *, single: bool) -> tuple[Keyframe | None, Keyframe | None]:
        """Return, of what comes next, the newest keyframe up to a tick and the first after it.

        `single`: the first up to it will do.
        """
        found: Keyframe | None = None
        first: Keyframe | None = None
        for count, packet in enumerate(self._read()):
            time = self.time_of(packet)
            if packet.is_keyframe and time is not None:
                here = Keyframe(time, packet.duration or 0)
                if time <= tick:
                    found = here
                else:
                    first = first or here
            if (found is not None and single) or count >= MOST_SCANNED:
                break
            ahead = packet.dts if packet.dts is not None else time
            if ahead is not None and ahead > tick and (found is not None or first is not None):
                break
        return found, first

    def _read(self) -> Iterator[Packet]:
        """Read packets that hold something; what cannot be read ends them."""
        self._moved = True
        try:
            for packet in self.container.demux(self.stream):
                if packet.size:
                    yield packet
        except av.error.FFmpegError:
            return

    def _lead(self) -> int:
        return LEAD * self.second if self.name in UNINDEXED else 0

    @property
    def second(self) -> int:
        """Ticks in a second."""
        base = self.stream.time_base
        return max(1, round(1 / base)) if base else 90_000

    def _seek(self, tick: int) -> bool:
        """Go to a keyframe at or before a tick; False: there is nothing before where it went."""
        start = self.stream.start_time
        beginning = start is not None and tick <= start
        if not (beginning and self.name in (*NO_BEGINNING, *UNINDEXED)):
            try:
                self.container.seek(start if beginning and start is not None else tick, stream=self.stream)
            except (av.error.FFmpegError, ValueError, OverflowError):
                beginning = True
            else:
                self.decoder.flush_buffers()
                self._moved = True
                return not beginning
        self._rewind()
        return False

    def _rewind(self) -> None:
        """Begin anew: seeking to the beginning is not the same in every format."""
        if self._moved:
            self.container.close()
            self._open()
        self._moved = False

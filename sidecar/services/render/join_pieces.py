"""The pieces that a picture is joined from: their packets by the number of their frame, never by their own clocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from protocol.errors import RenderFailed
from protocol.project.formats import VIDEO_CODECS

if TYPE_CHECKING:
    import av

ANNEX_B = (b"\0\0\1", b"\0\0\0\1")
"""How parameter sets begin that can stand between packets."""

PROBED = {"fpsprobesize": "0"}
UNDECODED = PROBED | {"codec_whitelist": "none", "analyzeduration": "1"}
"""Options to open a cell: to look at its first picture, which takes most of the time, or to read its packets alone.

Without a decoder nothing is found out by reading on: with more to analyse, half of the file is read for that.
"""

DELAYING = frozenset(codec for codec, facts in VIDEO_CODECS.items() if facts.delays)
"""Codecs whose packets may come in another order than their frames; FFmpeg's decoders have the same names."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What has to be known of a piece before the first packet is written.

    `delay` is how many frames a packet comes later in the order of coding than in that of display, at most;
    `parameters` are the decoder's.
    """

    delay: int
    parameters: bytes


@dataclass(frozen=True, slots=True)
class OpenPiece:
    """A piece that is being read. `packets` come in the order of coding, each with the number of its frame.

    `scan` is what is known of it before; None where its packets would have to be read for that.
    """

    stream: av.VideoStream
    packets: Iterator[tuple[int, av.Packet[av.VideoStream]]]
    scan: Scan | None


class Piece(Protocol):
    """Some frames of one stream that begin with a keyframe and need nothing outside of themselves.

    Parameter sets and packets of H.264 and HEVC are in Annex B. Both methods block, and raise RenderFailed for a
    piece that is not what it should be.
    """

    @property
    def frames(self) -> int: ...

    def scan(self, rate: Fraction) -> Scan:
        """Look at a piece whose frames come at `rate`."""
        ...

    def open(self, rate: Fraction, *, shown: bool = False) -> AbstractContextManager[OpenPiece]:
        """Read a piece whose frames come at `rate`; `shown`: its stream has to say what its pictures are like, too."""
        ...


@dataclass(frozen=True, slots=True)
class EncodedPiece:
    """A cell, as its encoder wrote it. `delay` is that of its `Scan`, where it is known: it need not be read for that.

    `still`: the file is one picture throughout and may hold more frames of it; the first packets stand for the cell.
    """

    path: Path
    frames: int
    delay: int | None = None
    still: bool = False

    def scan(self, rate: Fraction) -> Scan:
        with self.open(rate) as piece:
            if piece.scan is not None:
                return piece.scan
            delay = max(index - number for index, (number, _) in enumerate(piece.packets))
            return Scan(delay, piece.stream.codec_context.extradata or b"")

    @contextmanager
    def open(self, rate: Fraction, *, shown: bool = False) -> Iterator[OpenPiece]:
        import av  # noqa: PLC0415 - start-up time

        try:
            with av.open(str(self.path), options=PROBED if shown else UNDECODED) as container:
                stream = container.streams.video[0]
                numbered = self._ranked if self.still else self._numbered
                delay = self.delay if stream.codec_context.name in DELAYING else 0
                scan = None if delay is None else Scan(delay, stream.codec_context.extradata or b"")
                yield OpenPiece(stream, numbered(container.demux(stream), rate), scan)
        except (av.error.FFmpegError, OSError, IndexError) as error:
            raise self._damaged(str(error)) from error

    def _numbered(
        self, packets: Iterator[av.Packet[av.VideoStream]], rate: Fraction
    ) -> Iterator[tuple[int, av.Packet[av.VideoStream]]]:
        first: int | None = None
        over = under = 1
        seen: set[int] = set()
        for packet in packets:
            if packet.size == 0:
                continue
            if packet.pts is None:
                raise self._damaged("a packet without a time")
            if first is None:
                first = packet.pts
                if not packet.is_keyframe:
                    raise self._damaged("it does not begin with a keyframe")
                # In integers: with fractions, reading takes half as long again.
                scale = packet.time_base * rate
                over, under = 2 * scale.numerator, 2 * scale.denominator
            number = ((packet.pts - first) * over + under // 2) // under
            if number in seen or not 0 <= number < self.frames:
                raise self._damaged(f"frame {number} comes twice or is none of {self.frames}")
            seen.add(number)
            yield number, packet
        if len(seen) != self.frames:
            raise self._damaged(f"{len(seen)} frames instead of {self.frames}")

    def _ranked(
        self, packets: Iterator[av.Packet[av.VideoStream]], _rate: Fraction
    ) -> Iterator[tuple[int, av.Packet[av.VideoStream]]]:
        """Number the first packets by the order in which they are shown: decoding them asks for none of the others."""
        taken = list(islice((packet for packet in packets if packet.size), self.frames))
        times = [packet.pts for packet in taken if packet.pts is not None]
        if len(times) != self.frames or len(set(times)) != self.frames or not taken[0].is_keyframe:
            raise self._damaged(f"its first {self.frames} packets are not as many frames")
        ranks = {time: rank for rank, time in enumerate(sorted(times))}
        for packet, time in zip(taken, times, strict=True):
            yield ranks[time], packet

    def _damaged(self, detail: str) -> RenderFailed:
        return RenderFailed(detail=f"the cell {self.path.name} cannot be read: {detail}")

"""Sound of files from anywhere in them: for what is heard once and not kept.

What a render is made of is decoded from the start of its files, for no seek is exact to the sample. A play that begins
an hour into a file cannot wait for that, and need not: a seek is about a millisecond off.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.sound.rows import Decoded, Row, cut
from sidecar.ffmpeg.builder.sound.sources import FileSound, decode

LEAD = 2
"""Seconds that are decoded before what is needed: decoders have to get into their stride, and where sound and picture
lie side by side a seek lands at a keyframe of the picture, whose sound may stand a little after it."""

NEAR = 20
"""Seconds: what begins no later is decoded from the start of its file, and what begins so soon after another piece is
taken from the same decoding."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A stream whose first sample is the row's sample `first`."""

    stream: Stream
    first: int

    def cut(self, first: int, end: int) -> Stream:
        """Take samples [first, end) of the row."""
        return cut(self.stream, first - self.first, end - self.first)


@dataclass(slots=True)
class _Decoding:
    row: Row
    first: int
    until: int


class Seeking:
    """Decoders of one sequence of clips, each begun where a clip needs it."""

    def __init__(self) -> None:
        self._decodings: dict[tuple[tuple[str, int], int], list[_Decoding]] = {}

    def row(self, sound: FileSound, rate: int, first: int, end: int) -> Row:
        """Return a file's sound for a clip that needs its samples [first, end) at `rate`."""
        decodings = self._decodings.setdefault((sound.key, rate), [])
        for decoding in decodings:
            if decoding.first <= first <= decoding.until + NEAR * rate:
                decoding.until = max(decoding.until, end)
                return decoding.row
        row = _begun(sound, rate, first)
        decodings.append(_Decoding(row, first, end))
        return row


def _begun(sound: FileSound, rate: int, first: int) -> Row:
    """Decode from just before a sample on."""
    facts = sound.facts
    if first <= NEAR * rate:
        return Decoded(decode(facts, sound.audio, rate))
    second = facts.start + Fraction(first, rate) - LEAD
    # A little before it, so that what a filter needs of the past is there.
    begin = first - ceil(Fraction(rate, 10))
    return Sought(decode(facts, sound.audio, rate, seek=second, first=begin), begin)

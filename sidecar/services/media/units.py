"""NAL units of H.264 and HEVC: how packets are cut into them, and the parameter sets among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

UNITS = ("h264", "hevc")
"""Codecs whose packets are made of NAL units."""

START = b"\0\0\0\1"

H264_IDR, H264_SPS, H264_PPS = 5, 7, 8
HEVC_IDR, HEVC_SETS = (19, 20), (32, 33, 34)
"""HEVC: IDR_W_RADL and IDR_N_LP; video, sequence and picture parameter sets."""

_CHROMA_PROFILES = (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135)
"""Profiles of H.264 whose parameter sets tell chroma format and depth."""


@dataclass(frozen=True, slots=True)
class Sets:
    """A stream's parameter sets, each a NAL unit, and how many bytes the lengths before units have."""

    units: tuple[bytes, ...]
    length_size: int

    @property
    def annex_b(self) -> bytes:
        """The sets as they stand between pictures, with start codes."""
        return b"".join(START + unit for unit in self.units)


def unit_type(codec: str, first: int) -> int:
    """Type of a NAL unit by its first byte."""
    return first & 31 if codec == "h264" else first >> 1 & 63


def is_idr(codec: str, kind: int) -> bool:
    return kind == H264_IDR if codec == "h264" else kind in HEVC_IDR


def is_set(codec: str, kind: int) -> bool:
    return kind in (H264_SPS, H264_PPS) if codec == "h264" else kind in HEVC_SETS


def read_header(codec: str, extradata: bytes) -> Sets | None:
    """Read the header that files with lengths have (avcC, hvcC); None for one that is none, or has no sets."""
    try:
        found = _avcc(extradata) if codec == "h264" else _hvcc(extradata)
    except IndexError:
        return None
    return found if found is not None and found.units else None


def split(packet: bytes | memoryview, length_size: int) -> Iterator[tuple[int, int]]:
    """Return where units lie in a packet with lengths, from and to; raises ValueError where they do not fill it."""
    at, end = 0, len(packet)
    while at < end:
        begin = at + length_size
        at = begin + int.from_bytes(packet[at:begin], "big")
        if at > end or at <= begin:
            raise ValueError("the lengths of units do not fill the packet")
        yield begin, at


def annex_b(packet: bytes, length_size: int) -> bytes:
    """Put start codes in the place of lengths."""
    return b"".join(START + packet[begin:end] for begin, end in split(packet, length_size))


def _avcc(data: bytes) -> Sets | None:
    if len(data) < 7 or data[0] != 1:
        return None
    units, at = [], 6
    for count in (data[5] & 31, -1):
        many = count
        if many < 0:
            many, at = data[at], at + 1
        for _ in range(many):
            size = int.from_bytes(data[at : at + 2], "big")
            units.append(data[at + 2 : at + 2 + size])
            at += 2 + size
    return Sets(tuple(unit for unit in units if unit), (data[4] & 3) + 1) if at <= len(data) else None


def _hvcc(data: bytes) -> Sets | None:
    if len(data) < 23 or data[:3] in (b"\0\0\0", b"\0\0\1"):
        return None
    units, at = [], 23
    for _ in range(data[22]):
        kind, many = data[at] & 63, int.from_bytes(data[at + 1 : at + 3], "big")
        at += 3
        for _ in range(many):
            size = int.from_bytes(data[at : at + 2], "big")
            if kind in HEVC_SETS:
                units.append(data[at + 2 : at + 2 + size])
            at += 2 + size
    return Sets(tuple(units), (data[21] & 3) + 1) if at <= len(data) else None


def together(headers: Sequence[bytes]) -> bytes:
    """Put the parameter sets of several H.264 streams (Annex B) into one header.

    Of sets with one number the first stays: all stand in front of keyframes, too. The sequence that asks most of a
    player comes first, for a file's header says of the first what it needs.
    """
    kept: dict[tuple[int, int], bytes] = {}
    for unit in (unit for header in headers for unit in units_of(header)):
        kind = unit_type("h264", unit[0])
        number = read_sequence_set(unit).number if kind == H264_SPS else _Bits(unit[1:]).unsigned()
        kept.setdefault((kind, number), unit)
    sequences = [unit for (kind, _), unit in kept.items() if kind == H264_SPS]
    pictures = [unit for (kind, _), unit in kept.items() if kind != H264_SPS]
    sequences.sort(key=lambda unit: (unit[1], unit[3]), reverse=True)
    return b"".join(START + unit for unit in [*sequences, *pictures])


def units_of(stream: bytes) -> Iterator[bytes]:
    """Cut a byte stream (Annex B) into its units."""
    yield from stream.replace(START, START[1:]).split(START[1:])[1:]


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """What is read of a sequence parameter set of H.264. `fields`: pictures may be coded as fields."""

    number: int
    profile: int
    level: int
    fields: bool


def read_sequence_set(unit: bytes) -> SequenceSet:
    """Read a sequence parameter set of H.264 (ITU-T H.264, 7.3.2.1.1); raises IndexError for one that is cut short."""
    bits = _Bits(unit[4:].replace(b"\0\0\3", b"\0\0"))
    profile, level = unit[1], unit[3]
    number = bits.unsigned()
    if profile in _CHROMA_PROFILES:
        chroma = bits.unsigned()
        bits.take(1 if chroma == 3 else 0)
        bits.unsigned()
        bits.unsigned()
        bits.take(1)
        if bits.take(1):
            _skip_scaling(bits, 12 if chroma == 3 else 8)
    bits.unsigned()
    order = bits.unsigned()
    if order == 0:
        bits.unsigned()
    elif order == 1:
        bits.take(1)
        bits.unsigned()
        bits.unsigned()
        for _ in range(bits.unsigned()):
            bits.unsigned()
    bits.unsigned()
    bits.take(1)
    bits.unsigned()
    bits.unsigned()
    return SequenceSet(number, profile, level, fields=not bits.take(1))


def _skip_scaling(bits: _Bits, lists: int) -> None:
    for number in range(lists):
        if not bits.take(1):
            continue
        last = following = 8
        for _ in range(16 if number < 6 else 64):
            if following:
                following = (last + bits.signed() + 256) % 256
            last = following or last


class _Bits:
    """Reads bits and Exp-Golomb numbers."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | self._data[self._at >> 3] >> (7 - (self._at & 7)) & 1
            self._at += 1
        return value

    def unsigned(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        value = self.unsigned()
        return (value + 1) // 2 if value % 2 else -(value // 2)

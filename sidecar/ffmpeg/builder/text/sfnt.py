"""Reads OpenType files: names, weight, which characters have glyphs, how wide they are; and gives them a new name.

Only what choosing, measuring and embedding a face needs. Font files may come from strangers: everything that does not
read as it should raises FontUnreadable.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from typing import Any, Concatenate, ParamSpec, TypeVar

MAX_FACES = 64
MAX_TABLES = 256
_FAMILY, _SUBFAMILY, _FULL, _TYPOGRAPHIC_FAMILY, _TYPOGRAPHIC_SUBFAMILY = 1, 2, 4, 16, 17
_THIN = 250
"""Old tools wrote 250 for Thin, since Windows drew lower weights with false bold."""

P = ParamSpec("P")
R = TypeVar("R")


class FontUnreadable(ValueError):
    """A file is not a font with outlines that this reader understands."""


@dataclass(frozen=True, slots=True)
class FaceNames:
    """What a face is called, and its place in the family: weight 100–900, width 1–9 (5 is normal).

    `aliases` name this one face.
    """

    family: str
    aliases: tuple[str, ...]
    weight: int
    width: int
    italic: bool


@dataclass(frozen=True, slots=True)
class Metrics:
    """In font units: height of a line above and below the baseline, as libass reads them."""

    ascent: int
    descent: int


Tables = dict[bytes, bytes]
Bytes = bytes | mmap
OUTLINES = (b"glyf", b"CFF ", b"CFF2")


def _checked(function: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Turn whatever a malformed font breaks into FontUnreadable."""

    def guarded(first: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(first, *args, **kwargs)
        except (struct.error, IndexError, KeyError, UnicodeDecodeError, ZeroDivisionError) as error:
            raise FontUnreadable(f"not a readable font: {error!r}") from error

    return guarded


@_checked
def face_offsets(data: Bytes) -> tuple[int, ...]:
    """Offsets of the faces in a font file: one, or those of a collection."""
    if data[:4] == b"ttcf":
        count = min(struct.unpack_from(">L", data, 8)[0], MAX_FACES)
        return struct.unpack_from(f">{count}L", data, 12)
    if data[:4] in (b"\0\1\0\0", b"OTTO", b"true"):
        return (0,)
    raise FontUnreadable("not an OpenType font")


@_checked
def read_tables(data: Bytes, offset: int, only: frozenset[bytes] | None = None) -> Tables:
    """Tables of the face at an offset, all or `only` some. A face without outlines (bitmaps only) is refused."""
    count = struct.unpack_from(">H", data, offset + 4)[0]
    if count > MAX_TABLES:
        raise FontUnreadable("too many tables")
    tables: Tables = {}
    outlines = False
    for index in range(count):
        tag, _, start, length = struct.unpack_from(">4sLLL", data, offset + 12 + 16 * index)
        outlines = outlines or tag in OUTLINES
        if only is None or tag in only:
            tables[tag] = data[start : start + length]
    if not outlines:
        raise FontUnreadable("the font has no outlines")
    return tables


@_checked
def read_names(tables: Tables) -> FaceNames:
    """Family, weight and slope: the typographic family where there is one, so that all weights share a name."""
    names = _name_records(tables[b"name"])
    family = names.get(_TYPOGRAPHIC_FAMILY) or names[_FAMILY]
    style = names.get(_TYPOGRAPHIC_SUBFAMILY) or names.get(_SUBFAMILY, "")
    weight, width, selection = 400, 5, 0
    if b"OS/2" in tables:
        weight, width = struct.unpack_from(">HH", tables[b"OS/2"], 4)
        selection = struct.unpack_from(">H", tables[b"OS/2"], 62)[0]
    if weight == _THIN and "thin" in style.lower():
        weight = 100
    aliases = {names[kind] for kind in (_FAMILY, _FULL) if kind in names} - {family}
    italic = bool(selection & 1) or "italic" in style.lower()
    return FaceNames(family, tuple(sorted(aliases)), max(100, min(900, weight)), width, italic)


@_checked
def read_metrics(tables: Tables) -> Metrics:
    """Heights as libass takes them: the Windows ones of OS/2, or else those of hhea."""
    os2 = tables.get(b"OS/2", b"")
    ascent, descent = struct.unpack_from(">HH", os2, 74) if len(os2) >= 78 else (0, 0)
    if ascent + descent == 0:
        ascent, lower = struct.unpack_from(">hh", tables[b"hhea"], 4)
        descent = -lower
    if ascent + descent <= 0:
        raise FontUnreadable("the font has no height")
    return Metrics(ascent, descent)


class Characters:
    """Glyphs by character, through the best Unicode sub-table."""

    def __init__(self, tables: Tables) -> None:
        self._starts, self._glyph = _character_map(tables)

    @_checked
    def glyph(self, code: int) -> int:
        """Glyph of a code point; 0 where the face has none."""
        place = bisect_right(self._starts, code) - 1
        found: int = 0 if place < 0 else self._glyph(place, code)
        return found


@_checked
def read_advances(tables: Tables) -> Callable[[int], int]:
    """Return how far a glyph moves the pen, in font units."""
    count = struct.unpack_from(">H", tables[b"hhea"], 34)[0]
    metrics = tables[b"hmtx"]
    if count == 0 or len(metrics) < 4 * count:
        raise FontUnreadable("the font has no widths")

    def advance(glyph: int) -> int:
        width: int = struct.unpack_from(">H", metrics, 4 * min(glyph, count - 1))[0]
        return width

    return advance


@_checked
def rename(tables: Tables, name: str) -> bytes:
    """Write the face as a font file of its own whose only name is `name`."""
    kept = {tag: content for tag, content in tables.items() if tag != b"DSIG"}
    kept[b"name"] = _name_table(name)
    flavour = b"OTTO" if tables.keys() & {b"CFF ", b"CFF2"} else b"\0\1\0\0"
    power = max(1, len(kept).bit_length() - 1)
    header = flavour + struct.pack(">4H", len(kept), 16 << power, power, 16 * len(kept) - (16 << power))
    directory, body = b"", b""
    start = 12 + 16 * len(kept)
    for tag in sorted(kept):
        content = kept[tag]
        directory += struct.pack(">4sLLL", tag, 0, start + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    return header + directory + body


def _name_records(table: bytes) -> dict[int, str]:
    """Names by kind; English of Windows first, then any of Windows or Unicode, then Macintosh Roman."""
    count, storage = struct.unpack_from(">HH", table, 2)
    best: dict[int, tuple[int, str]] = {}
    for index in range(count):
        platform, encoding, language, kind, length, offset = struct.unpack_from(">6H", table, 6 + 12 * index)
        raw = table[storage + offset : storage + offset + length]
        if platform in (0, 3):
            text, rank = raw.decode("utf-16-be"), 3 if platform == 3 and language == 0x409 else 2
        elif (platform, encoding) == (1, 0):
            text, rank = raw.decode("mac-roman"), 1
        else:
            continue
        if text and rank > best.get(kind, (0, ""))[0]:
            best[kind] = rank, text
    return {kind: text for kind, (_, text) in best.items()}


def _name_table(name: str) -> bytes:
    text = name.encode("utf-16-be")
    style = "Regular".encode("utf-16-be")
    kinds = ((1, text), (2, style), (4, text), (6, text))
    records, strings = b"", b""
    for kind, value in kinds:
        records += struct.pack(">6H", 3, 1, 0x409, kind, len(value), len(strings))
        strings += value
    return struct.pack(">HHH", 0, len(kinds), 6 + len(records)) + records + strings


@_checked
def _character_map(tables: Tables) -> tuple[list[int], Callable[[int, int], int]]:
    """First code points of the segments, and the glyph of a code point in one of them."""
    table = tables[b"cmap"]
    best: tuple[int, int] = (0, 0)
    for index in range(struct.unpack_from(">H", table, 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHL", table, 4 + 8 * index)
        form = struct.unpack_from(">H", table, offset)[0]
        unicode = platform == 0 or (platform == 3 and encoding in (1, 10))
        if unicode and form in (4, 12):
            best = max(best, (form, offset))
    form, offset = best
    if form == 12:
        return _segmented_coverage(table, offset)
    if form == 4:
        return _segment_mapping(table, offset)
    raise FontUnreadable("the font maps no Unicode characters")


def _segmented_coverage(table: bytes, offset: int) -> tuple[list[int], Callable[[int, int], int]]:
    """Format 12: groups of (first, last, first glyph)."""
    count = struct.unpack_from(">L", table, offset + 12)[0]
    values = struct.unpack_from(f">{3 * count}L", table, offset + 16)
    starts, ends, glyphs = values[0::3], values[1::3], values[2::3]

    def glyph(place: int, code: int) -> int:
        found: int = glyphs[place] + code - starts[place] if code <= ends[place] else 0
        return found

    return list(starts), glyph


def _segment_mapping(table: bytes, offset: int) -> tuple[list[int], Callable[[int, int], int]]:
    """Format 4: segments with a delta, or with an offset into an array of glyphs that follows."""
    count = struct.unpack_from(">H", table, offset + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", table, offset + 14)
    starts = struct.unpack_from(f">{count}H", table, offset + 16 + 2 * count)
    deltas = struct.unpack_from(f">{count}H", table, offset + 16 + 4 * count)
    ranges_at = offset + 16 + 6 * count
    ranges = struct.unpack_from(f">{count}H", table, ranges_at)

    def glyph(place: int, code: int) -> int:
        if code > ends[place]:
            return 0
        delta: int = deltas[place]
        if ranges[place] == 0:
            return (code + delta) & 0xFFFF
        at = ranges_at + 2 * place + ranges[place] + 2 * (code - starts[place])
        found: int = struct.unpack_from(">H", table, at)[0]
        return (found + delta) & 0xFFFF if found else 0

    return list(starts), glyph

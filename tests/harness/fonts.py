"""Fonts made for tests: a Roboto that answers to another name and draws other characters."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

from sidecar.ffmpeg.builder.text.faces import Face
from sidecar.ffmpeg.builder.text.fontset import bundled_faces
from sidecar.ffmpeg.builder.text.sfnt import Characters, Tables, read_tables, rename


def roboto(weight: int = 400, *, italic: bool = False) -> Face:
    return next(face for face in bundled_faces() if (face.weight, face.italic) == (weight, italic))


def roboto_tables(weight: int = 400) -> Tables:
    return read_tables(Path(roboto(weight).path).read_bytes(), 0)


def make_font(family: str, drawn: Mapping[str, str], *, weight: int = 400) -> bytes:
    """Return a font that draws each character of `drawn` as Roboto draws the one beside it, and no other."""
    tables = roboto_tables(weight)
    known = Characters(tables)
    groups = sorted((ord(char), known.glyph(ord(shape))) for char, shape in drawn.items())
    body = b"".join(struct.pack(">LLL", code, code, glyph) for code, glyph in groups)
    header = struct.pack(">HHHHL", 0, 1, 3, 10, 12)
    tables[b"cmap"] = header + struct.pack(">HHLLL", 12, 0, 16 + len(body), 0, len(groups)) + body
    return rename(tables, family)


def make_collection(*fonts: bytes) -> bytes:
    """Return a TrueType collection of fonts."""
    start = 12 + 4 * len(fonts)
    offsets, body = [], b""
    for font in fonts:
        at = start + len(body)
        offsets.append(at)
        count = struct.unpack_from(">H", font, 4)[0]
        moved = bytearray(font)
        for index in range(count):
            place = 12 + 16 * index + 8
            struct.pack_into(">L", moved, place, struct.unpack_from(">L", font, place)[0] + at)
        body += bytes(moved)
    return b"ttcf" + struct.pack(f">LL{len(fonts)}L", 0x10000, len(fonts), *offsets) + body

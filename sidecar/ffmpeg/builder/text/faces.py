"""Faces of fonts: where they lie, what they cover, and how they travel inside a script.

libass is never left to choose: a face is embedded into the script under a name of its own, made from its content. So
the picture depends on no installed font, a font file's odd names cannot become syntax, and the script's text says
exactly which font it was drawn with.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from mmap import ACCESS_READ, mmap
from os import fstat
from pathlib import Path
from typing import Literal

from sidecar.ffmpeg.builder.text.clusters import is_ignorable
from sidecar.ffmpeg.builder.text.sfnt import (
    Characters,
    FontUnreadable,
    Metrics,
    face_offsets,
    read_advances,
    read_metrics,
    read_names,
    read_tables,
    rename,
)

FontOrigin = Literal["bundled", "system", "project"]
DEFAULT_FAMILY = "Roboto"
MAX_FONT_BYTES = 64 << 20
LOADED_FACES = 24
KNOWN_COVERAGES = 512
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TO_ASS = bytes.maketrans(_BASE64, bytes(range(33, 97)))
_LINE = 80
_NORMAL = 5
_NAMING = frozenset({b"name", b"OS/2"})


@dataclass(frozen=True, slots=True)
class Face:
    """One face of a font file: `index` counts the faces of a collection. Weight 100–900, width 1–9 (5 is normal)."""

    family: str
    weight: int
    italic: bool
    path: str
    index: int
    source: FontOrigin
    width: int = 5
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LoadedFace:
    """A face ready to measure and to embed; `name` is its own inside scripts, `encoded` its content as ASS."""

    name: str
    encoded: bytes
    metrics: Metrics
    characters: Characters
    advance: Callable[[int], int]

    def covers(self, text: str) -> bool:
        """Tell whether every character has a glyph."""
        return covers(self.characters, text)

    def width(self, text: str, size: float) -> float:
        """Width in pixels at a font size, without kerning."""
        units = sum(self.advance(self.characters.glyph(ord(char))) for char in text if not is_ignorable(char))
        return units * size / (self.metrics.ascent + self.metrics.descent)

    def descent(self, size: float) -> float:
        """Pixels below the baseline at a font size."""
        return size * self.metrics.descent / (self.metrics.ascent + self.metrics.descent)


def covers(characters: Characters, text: str) -> bool:
    """Tell whether every character has a glyph; those that show nothing need none."""
    return all(is_ignorable(char) or characters.glyph(ord(char)) for char in text)


def read_faces(path: Path, source: FontOrigin) -> list[Face]:
    """List the faces of a font file. Raises OSError, or FontUnreadable when it holds none that can be drawn."""
    faces = []
    with _mapped(str(path)) as data:
        for index, offset in enumerate(face_offsets(data)):
            names = read_names(read_tables(data, offset, _NAMING))
            face = Face(names.family, names.weight, names.italic, str(path), index, source, names.width, names.aliases)
            faces.append(face)
    return faces


def read_characters(face: Face) -> Characters:
    """Read what a face covers, and no more of it. Raises OSError or FontUnreadable."""
    return _characters(face.path, face.index, *_version(face.path))


def load_face(face: Face) -> LoadedFace:
    """Read a face whole. The last few stay in memory until their file changes. Raises OSError or FontUnreadable."""
    return _load(face.path, face.index, *_version(face.path))


@lru_cache(maxsize=LOADED_FACES)
def _load(path: str, index: int, _mtime: int, _size: int) -> LoadedFace:
    with _mapped(path) as data:
        tables = read_tables(data, _offset(data, index))
        name = "f" + hashlib.sha256(b"%d:" % index + data).hexdigest()[:16]
    return LoadedFace(
        name=name,
        encoded=encode(rename(tables, name)),
        metrics=read_metrics(tables),
        characters=Characters(tables),
        advance=read_advances(tables),
    )


@lru_cache(maxsize=KNOWN_COVERAGES)
def _characters(path: str, index: int, _mtime: int, _size: int) -> Characters:
    with _mapped(path) as data:
        return Characters(read_tables(data, _offset(data, index), frozenset({b"cmap"})))


def _offset(data: mmap, index: int) -> int:
    offsets = face_offsets(data)
    if index >= len(offsets):
        raise FontUnreadable(f"the font has no face {index}")
    return offsets[index]


def _version(path: str) -> tuple[int, int]:
    status = Path(path).stat()
    return status.st_mtime_ns, status.st_size


@contextmanager
def _mapped(path: str) -> Iterator[mmap]:
    """Open a font file for reading without reading it."""
    with Path(path).open("rb") as file:
        size = fstat(file.fileno()).st_size
        if not 0 < size <= MAX_FONT_BYTES:
            raise FontUnreadable(f"a font of {size} bytes is not read")
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            yield data


def encode(data: bytes) -> bytes:
    """Write bytes as the [Fonts] section of a script does: three bytes as four characters from "!" on."""
    text = b64encode(data).rstrip(b"=").translate(_TO_ASS)
    return b"\n".join(text[start : start + _LINE] for start in range(0, len(text), _LINE))


def choose(faces: Iterable[Face], weight: int, *, italic: bool) -> list[Face]:
    """Order faces of a family from the best match on, as CSS does: width first, then slope, then weight."""
    return sorted(
        faces, key=lambda face: (abs(face.width - _NORMAL), face.italic != italic, _weight_order(weight, face.weight))
    )


def _weight_order(wanted: int, offered: int) -> tuple[int, int]:
    """Rank a weight: 400 and 500 look to each other first, lighter ones downward, heavier ones upward."""
    if offered == wanted:
        return 0, 0
    if 400 <= wanted <= 500 and wanted < offered <= 500:
        return 1, offered - wanted
    near_side = offered < wanted if wanted <= 500 else offered > wanted
    return (2 if near_side else 3), abs(offered - wanted)

"""The fonts that the titles and cues of a project may be drawn with."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path

from sidecar.ffmpeg.builder.command import SideFile
from sidecar.ffmpeg.builder.text.clusters import clusters, is_ignorable
from sidecar.ffmpeg.builder.text.faces import (
    DEFAULT_FAMILY,
    Face,
    FontOrigin,
    LoadedFace,
    choose,
    covers,
    load_face,
    read_characters,
    read_faces,
)
from sidecar.ffmpeg.builder.text.sfnt import FontUnreadable

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_ORDER: dict[FontOrigin, int] = {"project": 0, "bundled": 1, "system": 2}

FONT_FILES = (
    SideFile(
        "fonts.conf",
        b'<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig></fontconfig>\n',
    ),
)
"""Stand in the working folder of every command that draws text."""

FONT_ENVIRONMENT = (("FONTCONFIG_PATH", "."), ("FONTCONFIG_FILE", "fonts.conf"))
"""`environment` of a command that draws text: fontconfig sees no installed font, and does not search for any.

An empty configuration is needed: given /dev/null, fontconfig falls back on the machine's own folders.
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text that one face draws."""

    text: str
    face: LoadedFace


@dataclass(frozen=True)
class FontSet:
    """Faces at hand, in any order. The family `DEFAULT_FAMILY` is among them. Answers are kept: build one a project."""

    faces: tuple[Face, ...]

    @cached_property
    def _families(self) -> list[list[Face]]:
        families: dict[tuple[int, str], list[Face]] = {}
        for face in self.faces:
            families.setdefault((_ORDER[face.source], face.family), []).append(face)
        return [members for _, members in sorted(families.items())]

    @cached_property
    def _known_faces(self) -> dict[tuple[str, int, bool], LoadedFace]:
        return {}

    @cached_property
    def _known_covering(self) -> dict[tuple[str, int, bool], LoadedFace | None]:
        return {}

    def family(self, name: str) -> list[Face]:
        """Faces of a family by its name in any case, or the one face of that full name; the project's own first."""
        wanted = name.casefold()
        own = [face for face in self.faces if face.family.casefold() == wanted]
        own = own or [face for face in self.faces if wanted in (alias.casefold() for alias in face.aliases)]
        best = min((_ORDER[face.source] for face in own), default=0)
        return [face for face in own if _ORDER[face.source] == best]

    def face(self, family: str, weight: int, *, italic: bool) -> LoadedFace:
        """Return the nearest face of a family; where the family is missing, of the default one."""
        key = (family, weight, italic)
        known = self._known_faces.get(key)
        if known is None:
            candidates = (
                f for name in (family, DEFAULT_FAMILY) for f in choose(self.family(name), weight, italic=italic)
            )
            known = next((loaded for face in candidates if (loaded := _try_load(face)) is not None), None)
            if known is None:
                raise FontUnreadable(f"the font {DEFAULT_FAMILY} cannot be read")
            self._known_faces[key] = known
        return known

    def covering(self, text: str, weight: int, *, italic: bool) -> LoadedFace | None:
        """Return a face of any family that has glyphs for a text: of the project's, the bundled, then the system's."""
        key = (text, weight, italic)
        if key not in self._known_covering:
            nearest = (choose(members, weight, italic=italic)[0] for members in self._families)
            able = (_try_load(face) for face in nearest if _covers(face, text))
            self._known_covering[key] = next((loaded for loaded in able if loaded is not None), None)
        return self._known_covering[key]

    def runs(self, text: str, family: str, weight: int, *, italic: bool) -> list[Run]:
        """Cut a line of text into pieces by the face that has their glyphs.

        A grapheme cluster that no face has whole is drawn character by character; a character that no face has stands
        as the replacement character.
        """
        main = self.face(family, weight, italic=italic)
        runs: list[Run] = []
        for cluster in clusters(text):
            whole = main if main.covers(cluster) else self.covering(cluster, weight, italic=italic)
            pieces = [cluster] if whole is not None else list(cluster)
            for piece in pieces:
                face = whole or (main if main.covers(piece) else self.covering(piece, weight, italic=italic))
                shown = piece if face is not None else REPLACEMENT
                if face is None:
                    face = main if main.covers(REPLACEMENT) else self.face(DEFAULT_FAMILY, weight, italic=italic)
                if runs and runs[-1].face is face:
                    runs[-1] = Run(runs[-1].text + shown, face)
                else:
                    runs.append(Run(shown, face))
        return runs

    def missing(self, text: str) -> list[str]:
        """Return the characters of a text that no face has, each once, in order."""
        missing = []
        for char in dict.fromkeys(text):
            unseen = char.isspace() or unicodedata.category(char) == "Cc" or is_ignorable(char)
            if not unseen and self.covering(char, 400, italic=False) is None:
                missing.append(char)
        return missing


@lru_cache(maxsize=1)
def bundled_faces() -> tuple[Face, ...]:
    """Faces that come with the sidecar: Roboto in twelve."""
    folder = Path(str(files("font_roboto"))) / "files"
    return tuple(face for path in sorted(folder.glob("*.ttf")) for face in read_faces(path, "bundled"))


def bundled_fonts() -> FontSet:
    """Return the bundled fonts alone."""
    return FontSet(bundled_faces())


def _try_load(face: Face) -> LoadedFace | None:
    """Load a face; a file that has gone or broken since it was listed counts as not there."""
    try:
        return load_face(face)
    except (OSError, FontUnreadable):
        return None


def _covers(face: Face, text: str) -> bool:
    try:
        return covers(read_characters(face), text)
    except (OSError, FontUnreadable):
        return False

"""Dialogs of the system: which files to open, where to save, which folder. What is chosen may be used from then on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from frontend.capabilities import Capabilities
from protocol.errors import InvalidParams

Kind = Literal["media", "project", "subtitles", "table", "font", "any"]

_MEDIA = """
    3gp aac aiff avi bmp flac flv gif heic jpeg jpg m2ts m4a m4v mka mkv mov mp3 mp4 mpeg mpg mts mxf oga ogg ogv opus
    png tif tiff ts wav webm webp wma wmv
"""

PATTERNS: dict[Kind, tuple[str, str]] = {
    "media": ("Media", " ".join(f"*.{suffix}" for suffix in _MEDIA.split())),
    "project": ("Projects", "*.json"),
    "subtitles": ("Subtitles", "*.srt *.vtt *.ass"),
    "table": ("Colour tables", "*.cube"),
    "font": ("Fonts", "*.ttf *.otf *.ttc *.otc"),
    "any": ("All files", "*"),
}
"""What a kind is called, and the names that it has."""

PROJECT = ".json"
"""How the names of projects end."""


class Chooser(Protocol):
    """Shows a dialog and returns what was chosen: nothing where it was closed."""

    def open(self, filters: Sequence[str], folder: str, *, multiple: bool) -> Sequence[str]: ...
    def save(self, suggested: str, folder: str, filters: Sequence[str]) -> str: ...
    def overwrite(self, path: str) -> bool: ...
    def folder(self, folder: str) -> str: ...


class Dialogs:
    """Asks by a chooser, beginning where the last dialog ended."""

    def __init__(self, chooser: Chooser, capabilities: Capabilities) -> None:
        self._chooser = chooser
        self._capabilities = capabilities
        self._folder = str(Path.home())

    def open(self, kinds: Sequence[Any], *, multiple: bool) -> list[str]:
        """Return the files that were chosen; they may be read, projects also written."""
        filters = _filters(kinds)
        chosen = [path for path in self._chooser.open(filters, self._folder, multiple=multiple) if path]
        for path in chosen:
            self._allow(path, write="project" in kinds and is_project(path))
        return [as_text(path) for path in chosen]

    def save(self, suggested: str, kinds: Sequence[Any]) -> str | None:
        """Return the file that was named, projects by a name that ends as theirs do; it may be written."""
        filters = _filters(kinds) if kinds else []
        suffix = PROJECT if list(kinds) == ["project"] else ""
        # A name only: where it goes is for the person to say.
        name = Path(suggested).name
        while True:
            path = self._chooser.save(name, self._folder, filters)
            if not path:
                return None
            whole = path if path.lower().endswith(suffix) else path + suffix
            # The dialog has asked about the name that was typed, and no other.
            if whole == path or not os.path.lexists(whole) or self._chooser.overwrite(whole):
                break
            self._folder, name = os.path.split(whole)
        path = whole
        self._allow(path, write=True)
        return as_text(path)

    def folder(self) -> str | None:
        """Return the folder that was chosen; all below it may be read."""
        path = self._chooser.folder(self._folder)
        if not path:
            return None
        self._allow(path, write=False)
        return as_text(path)

    def _allow(self, path: str, *, write: bool) -> None:
        self._capabilities.allow(_native(path), write=write)
        self._folder = str(_native(path).parent)


def _filters(kinds: Sequence[Any]) -> list[str]:
    """Return Qt's filters: all kinds together first, then each by itself."""
    unknown = [kind for kind in kinds if kind not in get_args(Kind)]
    if unknown or not kinds:
        raise InvalidParams(detail=f"{unknown} are no kinds of file", path="/kinds")
    patterns = [PATTERNS[kind] for kind in kinds]
    together = [(patterns[0][0], " ".join(names for _, names in patterns))] if len(patterns) > 1 else []
    return [f"{title} ({names})" for title, names in together + patterns]


def is_project(path: str | os.PathLike[str]) -> bool:
    """Say whether what a path leads to is called what a project is; who opens one may write it."""
    return Path(path).resolve().suffix.lower() == PROJECT


def as_text(path: str) -> str:
    """Return a path as the wire has it: a name that is no Unicode as a `file:` URL."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return Path(path).absolute().as_uri()
    return path


def _native(path: str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links are followed where it is judged

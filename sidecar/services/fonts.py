"""Fonts at hand: those that come with the sidecar, the system's, and those of a project."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import trio

from protocol.commands.system import FontFace, FontList
from protocol.errors import PermissionDenied, SidecarError
from protocol.problem import Problem
from protocol.project import GraphicSource, Project, Style, SubtitleTrack, TitleSource
from protocol.project.graphics import GRAPHICS
from sidecar.ffmpeg.builder.text.faces import DEFAULT_FAMILY, Face, read_faces
from sidecar.ffmpeg.builder.text.fontset import FontSet, bundled_faces
from sidecar.ffmpeg.builder.text.look import merge
from sidecar.ffmpeg.builder.text.sfnt import FontUnreadable
from sidecar.services.projects.world import CheckRead, located, of_error

SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
MAX_SYSTEM_FILES = 5_000

__all__ = ["FontService", "FontSet", "ProjectFonts", "system_folders"]


@dataclass(frozen=True, slots=True)
class ProjectFonts:
    """What the text of a project is drawn with, and what is not as it asked."""

    fonts: FontSet
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class _Text:
    """A text of a project, the family it asks for, and where both are written."""

    text: str
    pointer: str
    family: str | None
    family_pointer: str
    ids: list[str]


class FontService:
    """Finds fonts. Font files are read when first asked for, and again when they have changed."""

    def __init__(self, folders: Sequence[Path] | None = None) -> None:
        self._folders = system_folders(sys.platform, os.environ) if folders is None else tuple(folders)
        self._read: dict[tuple[str, int, int], list[Face]] = {}

    def list_fonts(self) -> FontList:
        """List the bundled and the system's faces, by family and weight."""
        faces = sorted(
            (*bundled_faces(), *self._system_faces()),
            key=lambda face: (face.family.casefold(), face.source, face.weight, face.italic, face.path, face.index),
        )
        return FontList(
            fonts=[
                FontFace(family=face.family, weight=face.weight, italic=face.italic, path=face.path, source=face.source)
                for face in faces
            ],
            default=DEFAULT_FAMILY,
        )

    async def for_project(self, project: Project, base: Path | None, check_read: CheckRead) -> ProjectFonts:
        """Gather the fonts for a project whose relative paths start at `base`, reading files in a thread.

        Its own are opened as `check_read` allows; one that it refuses is an error `permissionDenied`. Installed fonts
        are looked for only where the project asks for a family, or a character, that neither its own fonts nor the
        bundled ones have. All other problems are warnings: `fontUnreadable`, `fontSubstituted`, `glyphMissing`.
        """
        return await trio.to_thread.run_sync(self._for_project, project, base, check_read)

    def _for_project(self, project: Project, base: Path | None, check_read: CheckRead) -> ProjectFonts:
        own, problems = _project_faces(project, base, check_read)
        texts = list(_texts(project))
        fonts = FontSet((*own, *bundled_faces()))
        found = _text_problems(texts, fonts)
        if found:
            fonts = FontSet((*fonts.faces, *self._system_faces()))
            found = _text_problems(texts, fonts)
        return ProjectFonts(fonts, problems + found)

    def _system_faces(self) -> list[Face]:
        """Faces of the system's folders; a file that cannot be read is left out."""
        faces: list[Face] = []
        for path in _font_files(self._folders):
            try:
                status = path.stat()
                key = (str(path), status.st_mtime_ns, status.st_size)
                if key not in self._read:
                    self._read[key] = read_faces(path, "system")
            except OSError:
                continue
            except FontUnreadable:
                self._read[key] = []
            faces += self._read[key]
        return faces


def _project_faces(project: Project, base: Path | None, check_read: CheckRead) -> tuple[list[Face], list[Problem]]:
    """Read the faces of a project's own fonts, with a problem for each that cannot be used."""
    faces: list[Face] = []
    problems = []
    for index, font in enumerate(project.fonts):
        pointer = f"/fonts/{index}/path"
        try:
            path = located(font.path, base, check_read)
            if not path.is_file():
                raise FontUnreadable("there is no such file")
            faces += read_faces(path, "project")
        except PermissionDenied as error:
            problems.append(of_error(error, pointer, ()))
        except (OSError, ValueError, SidecarError) as error:
            problems.append(
                _warning(
                    "fontUnreadable",
                    pointer,
                    f"The font {font.path} cannot be used: {error}",
                    suggestion="Give the path of a TrueType or OpenType font",
                    context={"path": font.path},
                )
            )
    return faces, problems


def system_folders(platform: str, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Name the folders where a system keeps its fonts."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or "/")
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        own = (Path(local) / "Microsoft/Windows/Fonts",) if local else ()
        return (Path(environ.get("WINDIR", "C:/Windows")) / "Fonts", *own)
    if platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share")
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), data / "fonts", home / ".fonts")


def _font_files(folders: Iterable[Path]) -> list[Path]:
    """List font files in and below some folders, in order of their paths, at most `MAX_SYSTEM_FILES`."""
    found: list[Path] = []
    for folder in folders:
        for root, inner, names in os.walk(folder):
            inner.sort()
            found += [Path(root, name) for name in sorted(names) if name.lower().endswith(SUFFIXES)]
            if len(found) >= MAX_SYSTEM_FILES:
                return found[:MAX_SYSTEM_FILES]
    return found


def _texts(project: Project) -> Iterator[_Text]:
    """Yield the texts that are shown."""
    for track_index, track in enumerate(project.tracks):
        pointer = f"/tracks/{track_index}"
        if not track.enabled:
            continue
        if isinstance(track, SubtitleTrack):
            for index, cue in enumerate(track.cues):
                if cue.enabled:
                    at = f"{pointer}/cues/{index}"
                    style_at = at if cue.style.font_family is not None else pointer
                    yield _text(cue.text, at, merge(track.style, cue.style), f"{style_at}/style", cue.id)
            continue
        for index, clip in enumerate(track.clips):
            at = f"{pointer}/clips/{index}/source"
            if clip.enabled and isinstance(clip.source, TitleSource):
                yield _text(clip.source.text, at, clip.source.style, f"{at}/style", clip.id)
            elif clip.enabled and isinstance(clip.source, GraphicSource):
                yield from _graphic_texts(clip.source, at, clip.id)


def _graphic_texts(source: GraphicSource, pointer: str, owner: str | None) -> Iterator[_Text]:
    """Yield the texts that a project fills into a graphic; those of its defaults have their glyphs."""
    graphic = GRAPHICS.get(source.name)
    for field in graphic.fields if graphic is not None else ():
        text = source.fields.get(field.name)
        if field.kind == "text" and isinstance(text, str):
            ids = [] if owner is None else [owner]
            yield _Text(text, f"{pointer}/fields/{field.name}", None, "", ids)


def _text(text: str, pointer: str, style: Style, style_pointer: str, owner: str | None) -> _Text:
    ids = [] if owner is None else [owner]
    return _Text(text, f"{pointer}/text", style.font_family, f"{style_pointer}/fontFamily", ids)


def _text_problems(texts: Sequence[_Text], fonts: FontSet) -> list[Problem]:
    """Name the families that are replaced, each once a place, and the characters that cannot be drawn."""
    substituted: dict[str, Problem] = {}
    missing: list[Problem] = []
    for text in texts:
        if text.family is not None and text.family_pointer not in substituted and not fonts.family(text.family):
            substituted[text.family_pointer] = _warning(
                "fontSubstituted",
                text.family_pointer,
                f"The font {text.family} is not at hand; {DEFAULT_FAMILY} is used instead",
                suggestion="Install the font, or add its file to the project's `fonts`",
                context={"family": text.family, "substitute": DEFAULT_FAMILY},
                ids=text.ids,
            )
        absent = fonts.missing(text.text)
        if absent:
            missing.append(
                _warning(
                    "glyphMissing",
                    text.pointer,
                    f"No font at hand has {', '.join(f'{char} (U+{ord(char):04X})' for char in absent)}",
                    suggestion="Add a font that has these characters to the project's `fonts`",
                    context={"characters": absent},
                    ids=text.ids,
                )
            )
    return [*substituted.values(), *missing]


def _warning(
    code: str,
    pointer: str,
    message: str,
    *,
    suggestion: str,
    context: dict[str, object],
    ids: list[str] | None = None,
) -> Problem:
    return Problem(
        severity="warning",
        code=code,
        pointer=pointer,
        ids=ids or [],
        message=message,
        suggestion=suggestion,
        context=context,
    )

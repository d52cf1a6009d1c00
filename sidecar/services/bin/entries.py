"""The files of a project as it names them: the bin's, and those that only clips name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_from_bytes

from protocol.errors import SidecarError
from protocol.project import AudioTrack, FileSource, Project, VideoTrack
from sidecar.services.access import at_once
from sidecar.services.projects.world import CheckRead, located


@dataclass(frozen=True, slots=True)
class Entry:
    """A file: `id` and `stored` (a fingerprint) are the bin's, None for one that only clips name.

    `pointers` are the places in the project where the path is written. `location` is where it leads, or why nowhere.
    """

    id: str | None
    path: str
    name: str
    stored: str | None
    pointers: tuple[str, ...]
    clips: tuple[str, ...]
    location: Path | SidecarError

    @property
    def file(self) -> Path | None:
        """Where it leads; None where that is nowhere."""
        return self.location if isinstance(self.location, Path) else None


def entries_of(project: Project, base: Path | None, check_read: CheckRead) -> tuple[Entry, ...]:
    """Return every file of a project, the bin's first; follows links of paths, so it reads the disk."""
    by_media: dict[str, list[str]] = {}
    by_path: dict[str, tuple[list[str], list[str]]] = {}
    for at, track in enumerate(project.tracks):
        if not isinstance(track, VideoTrack | AudioTrack):
            continue
        for place, clip in enumerate(track.clips):
            source = clip.source
            if not isinstance(source, FileSource):
                continue
            if source.path is not None:
                pointers, clips = by_path.setdefault(source.path, ([], []))
                pointers.append(f"/tracks/{at}/clips/{place}/source/path")
                clips.append(clip.id or "")
            elif source.media is not None:
                by_media.setdefault(source.media, []).append(clip.id or "")
    located_paths: dict[str, Path | SidecarError] = {}
    check = at_once(check_read)

    def lead(written: str) -> Path | SidecarError:
        if written not in located_paths:
            located_paths[written] = _located(written, base, check)
        return located_paths[written]

    found = []
    for index, media in enumerate(project.media):
        # Clips that name the path of an entry go with it.
        pointers, clips = by_path.pop(media.path, ([], []))
        places = (f"/media/{index}/path", *pointers)
        uses = (*by_media.get(media.id, ()), *clips)
        found.append(
            Entry(media.id, media.path, media.name, media.fingerprint, places, uses, lead(media.path)),
        )
    for path, (pointers, clips) in by_path.items():
        found.append(Entry(None, path, "", None, tuple(pointers), tuple(clips), lead(path)))
    return tuple(found)


def in_order(entries: Sequence[Entry], visible: Sequence[str]) -> list[Path]:
    """Return the files in the order in which they are wanted: in sight, then used by clips, then the others."""
    places = {name: place for place, name in reversed(list(enumerate(visible)))}

    def rank(entry: Entry) -> tuple[int, int]:
        seen = [places[name] for name in (entry.id, entry.path) if name is not None and name in places]
        return (0, min(seen)) if seen else (1, 0) if entry.clips else (2, 0)

    files = (entry.file for entry in sorted(entries, key=rank))
    return list(dict.fromkeys(file for file in files if file is not None))


def path_text(path: Path) -> str:
    """Write a path as clients read it: itself, or a `file:` URL where it is not Unicode."""
    text = str(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"file://{quote_from_bytes(os.fsencode(path))}"
    return text


def same_content(one: str, other: str) -> bool:
    """Whether fingerprints are of one content: size and hash, not the time, which copying changes."""
    first, second = one.split("-"), other.split("-")
    return len(first) == len(second) == 3 and (first[0], first[2]) == (second[0], second[2])


def _located(written: str, base: Path | None, check_read: CheckRead) -> Path | SidecarError:
    try:
        return located(written, base, check_read)
    except SidecarError as error:
        return error

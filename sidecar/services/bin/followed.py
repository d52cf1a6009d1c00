"""What is known of the files of one open project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from protocol.commands.media import MediaInfo
from protocol.commands.project_media import MediaState
from protocol.errors import SidecarError
from sidecar.services.bin.entries import Entry, in_order, same_content
from sidecar.services.media.known import Stamp
from sidecar.services.projects.reading import Content

GONE: Stamp = (-1, -1)
"""The stamp of what is not there."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file: `stamp` is its size and time when it was last looked at, `content` its fingerprint when last read."""

    state: MediaState
    stamp: Stamp
    info: MediaInfo | None = None
    error: SidecarError | None = None
    content: str | None = None

    @property
    def busy(self) -> bool:
        """Whether it is being read."""
        return self.state == "probing"

    def state_for(self, entries: Sequence[Entry]) -> MediaState:
        """Return what it is to a project: one with another content than the project's own has changed."""
        if self.state == "ready" and self.info is not None:
            content = self.info.fingerprint
            if any(entry.stored is not None and not same_content(entry.stored, content) for entry in entries):
                return "changed"
        return self.state


@dataclass(frozen=True, slots=True)
class Followed:
    """An open project: its files as its entries name them, in the order in which they are wanted.

    `content` is the revision that was looked at; `visible` are ids and paths of entries that its client shows.
    """

    content: Content
    entries: tuple[Entry, ...]
    visible: tuple[str, ...] = ()
    files: Mapping[Path, list[Entry]] = field(init=False)
    in_sight: frozenset[Path] = field(init=False)

    def __post_init__(self) -> None:
        files: dict[Path, list[Entry]] = {path: [] for path in in_order(self.entries, self.visible)}
        for entry in self.entries:
            if (file := entry.file) is not None:
                files[file].append(entry)
        object.__setattr__(self, "files", files)
        shown = frozenset(self.visible)
        seen = (each.file for each in self.entries if not shown.isdisjoint((each.id, each.path)))
        object.__setattr__(self, "in_sight", frozenset(file for file in seen if file is not None))

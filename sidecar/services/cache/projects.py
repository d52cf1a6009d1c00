"""Names and files of the projects that entries are for: an entry itself carries an id only."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import msgspec

from protocol.typed import ready
from sidecar.services.cache.layout import Layout
from sidecar.services.files import make_private

MOST = 1_000
"""Projects that are remembered; those that were not heard of for longest go first."""

ENDING = ".json"


class ProjectNote(msgspec.Struct, frozen=True):
    """A project as it was last heard of (Unix time)."""

    id: str
    name: str
    path: str | None
    heard: float


def write_note(layout: Layout, project_id: str, name: str, path: str | None) -> None:
    """Remember what a project is called and where it lies. Raises OSError."""
    folder = layout.projects
    make_private(folder)
    target = folder / f"{blake2b(project_id.encode(), digest_size=16).hexdigest()}{ENDING}"
    note = ProjectNote(project_id, name, path, time.time())
    temporary = target.with_name(f".{secrets.token_hex(8)}")
    try:
        temporary.write_bytes(msgspec.json.encode(note))
        temporary.replace(target)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def read_notes(layout: Layout) -> Mapping[str, ProjectNote]:
    """Return what is remembered, by id. What cannot be read is not remembered, and what is too much is forgotten."""
    notes: dict[str, tuple[ProjectNote, Path]] = {}
    for path in layout.projects.glob(f"*{ENDING}"):
        with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
            note = msgspec.json.decode(path.read_bytes(), type=ready(ProjectNote))
            notes[note.id] = note, path
    for note, path in sorted(notes.values(), key=lambda each: each[0].heard)[: max(0, len(notes) - MOST)]:
        with suppress(OSError):
            path.unlink()
        del notes[note.id]
    return {name: note for name, (note, _) in notes.items()}

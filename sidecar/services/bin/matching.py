"""Decides which of the files that were found a missing one is."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeVar

import trio

from protocol.commands.media import MediaInfo
from protocol.commands.project_media import MOST_CANDIDATES
from protocol.errors import SidecarError
from sidecar.services.bin.entries import Entry, same_content
from sidecar.services.bin.search import Listing, plain_name
from sidecar.services.media.paths import local_path
from sidecar.services.media.service import MediaService
from sidecar.services.projects.world import CheckRead

Way = Literal["fingerprint", "nameAndDuration", "name"]

Found = TypeVar("Found")

NEAR = Fraction(1, 20)
"""Durations in seconds that differ by no more are the same: containers round them."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A missing file: its name, and what is known of it: fingerprint, and how long it was."""

    entry: Entry
    name: str
    content: str | None
    duration: str | None

    @property
    def size(self) -> int | None:
        """Bytes it had."""
        head = (self.content or "").split("-", 1)[0]
        return int(head) if head.isdigit() else None


@dataclass(frozen=True, slots=True)
class Match:
    """What a missing file turned out to be: `files` are several that nothing tells apart, or one, or none."""

    lost: Lost
    way: Way
    files: tuple[Path, ...] = ()
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Eyes:
    """What looks at candidates: only those that may be read."""

    media: MediaService
    check_read: CheckRead


async def match(lost: Lost, listing: Listing, eyes: Eyes) -> Match:
    """Return what a missing file is by its fingerprint, else by name and duration. Reads files; can be cancelled."""
    if lost.content is not None and lost.size is not None:
        contents = await _each(listing.by_size.get(lost.size, ()), lost, eyes, eyes.media.fingerprint)
        same = [(path, content) for path, content in contents if same_content(content, lost.content)]
        if same:
            # Whichever it is, it is the same: the one that lies most like the missing one.
            path, content = max(same, key=lambda found: (likeness(found[0], lost), found[1] == lost.content))
            return Match(lost, "fingerprint", (path,), content)

    async def probed(path: Path) -> MediaInfo:
        return await eyes.media.probe(path)

    infos = await _each(listing.by_name.get(lost.name, ()), lost, eyes, probed)
    way: Way = "name" if lost.duration is None else "nameAndDuration"
    alike = [(path, info) for path, info in infos if way == "name" or _near(info.duration, lost.duration)]
    if not alike:
        return Match(lost, way)
    contents_found = {info.fingerprint for _, info in alike}
    best = max(likeness(path, lost) for path, _ in alike)
    nearest = [(path, info) for path, info in alike if likeness(path, lost) == best]
    if len(nearest) == 1 or len(contents_found) == 1:
        return Match(lost, way, (nearest[0][0],), nearest[0][1].fingerprint)
    return Match(lost, way, tuple(path for path, _ in nearest))


def likeness(path: Path, lost: Lost) -> int:
    """Return how many parts two paths have in common, from their ends."""
    parts = [plain_name(part) for part in local_path(lost.entry.path).parts]
    common = 0
    for mine, theirs in zip(reversed(path.parts), reversed(parts), strict=False):
        if plain_name(mine) != theirs:
            break
        common += 1
    return common


def written(path: Path, old: str, base: Path | None) -> Path:
    """Return the path to write for a file: relative to the project's folder where the old one was and it lies below."""
    if base is not None and not local_path(old).is_absolute() and path.is_relative_to(base.resolve()):
        return path.relative_to(base.resolve())
    return path


async def _each(
    paths: Sequence[Path], lost: Lost, eyes: Eyes, look: Callable[[Path], Awaitable[Found]]
) -> list[tuple[Path, Found]]:
    """Look at candidates, those that lie most like the missing file first; those that cannot be read are none."""
    found: list[tuple[Path, Found]] = []
    for path in sorted(paths, key=lambda each: (-likeness(each, lost), os.fsencode(each)))[:MOST_CANDIDATES]:
        try:
            resolved = await trio.to_thread.run_sync(eyes.check_read, str(path))
            found.append((resolved, await look(resolved)))
        except SidecarError:
            continue
    return found


def _near(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one == other
    return abs(Fraction(one) - Fraction(other)) <= NEAR

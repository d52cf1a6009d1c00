"""Looks through folders for files by name and size."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MOST_FILES = 200_000
"""Files and folders that a search looks at."""

DEEPEST = 64
STEP = 256


@dataclass(slots=True)
class Listing:
    """Files by name (`plain_name`) and by size; `truncated`: there were more than are looked at."""

    by_name: dict[str, list[Path]] = field(default_factory=dict)
    by_size: dict[int, list[Path]] = field(default_factory=dict)
    visited: int = 0
    truncated: bool = False


def plain_name(name: str) -> str:
    """Return a name as it is compared: letters of either case, accents however they are written."""
    return unicodedata.normalize("NFC", name).casefold()


def search(
    folders: Sequence[Path], names: Collection[str], sizes: Collection[int], step: Callable[[int], None]
) -> Listing:
    """List the files below some folders that have one of these names (`plain_name`) or sizes.

    Links to folders are not followed, links to files are; a folder that cannot be read is left out. `step` is told
    now and then how many have been looked at, and may raise to stop.
    """
    listing = Listing()
    seen: set[tuple[int, int]] = set()
    for entry in _walk(folders, listing, seen, step):
        name = plain_name(entry.name)
        if name not in names and not sizes:
            continue
        try:
            size = entry.stat().st_size if entry.is_file() else -1
        except OSError:
            continue
        if size < 0:
            continue
        if name in names:
            listing.by_name.setdefault(name, []).append(Path(entry.path))
        if size in sizes:
            listing.by_size.setdefault(size, []).append(Path(entry.path))
    step(listing.visited)
    return listing


def _walk(
    folders: Sequence[Path], listing: Listing, seen: set[tuple[int, int]], step: Callable[[int], None]
) -> Iterator[os.DirEntry[str]]:
    waiting = [(str(folder), 0) for folder in reversed(folders)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            facts = os.stat(folder, follow_symlinks=depth == 0)  # noqa: PTH116 - names of many files
            if (facts.st_dev, facts.st_ino) in seen:
                continue
            seen.add((facts.st_dev, facts.st_ino))
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        below = []
        for entry in found:
            if listing.visited >= MOST_FILES:
                listing.truncated = True
                return
            listing.visited += 1
            if listing.visited % STEP == 0:
                step(listing.visited)
            if not _is_folder(entry):
                yield entry
            elif depth < DEEPEST:
                below.append((entry.path, depth + 1))
            else:
                listing.truncated = True
        waiting.extend(reversed(below))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False

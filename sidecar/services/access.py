"""What may be read or written: folders that a connection named, resolved."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from protocol.errors import PermissionDenied

Folders = tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class ReadAccess:
    """Says what may be read, and can be kept for later: None is everything the user may, () is nothing.

    Called with a path it returns that absolute and with links followed, or raises PermissionDenied.
    """

    roots: Folders | None = None

    def __call__(self, path: str) -> Path:
        return inside(path, self.roots, "read")


def at_once(read: Callable[[str], Path]) -> Callable[[str], Path]:
    """Return the same access for many paths now: the links of a folder are followed once, not for each of its files."""
    if not isinstance(read, ReadAccess):
        return read
    folders: dict[str, Path] = {}

    def check(path: str) -> Path:
        folder, name = os.path.split(path)
        there = folders.get(folder)
        if there is None:
            try:
                there = folders[folder] = resolve(folder)
            except (OSError, ValueError, RuntimeError):
                return read(path)
        found = there / name
        if name in {"", ".", ".."} or "\0" in name or not folder or os.path.islink(found):  # noqa: PTH114 - of thousands
            return read(path)
        if read.roots is not None and not any(found.is_relative_to(root) for root in read.roots):
            raise PermissionDenied(path=path, access="read")
        return found

    return check


def inside(path: str, roots: Folders | None, access: str) -> Path:
    """Return the path absolute and with links followed; raises PermissionDenied outside the roots."""
    try:
        resolved = resolve(path)
    except (OSError, ValueError, RuntimeError) as error:
        raise PermissionDenied(path=path, access=access) from error
    if roots is not None and not any(resolved.is_relative_to(root) for root in roots):
        raise PermissionDenied(path=path, access=access)
    return resolved


def resolve(path: str) -> Path:
    """Follow every link of a path, which need not exist."""
    # A link out of a root must not be a way out: what counts is where the path ends, not how it is spelled.
    return Path(path).resolve()

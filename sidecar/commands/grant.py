"""What a connection may read and write: the roots it named at initialize."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from protocol.commands.session import Granted, Roots
from sidecar.services.access import Folders, ReadAccess, inside, resolve


@dataclass(frozen=True, slots=True)
class Grant:
    """Folders that may be read and written, resolved; None is everything the user may, () is nothing."""

    read: Folders | None = None
    write: Folders | None = None

    @property
    def reading(self) -> ReadAccess:
        """The part of it that a job keeps, to read its sources later."""
        return ReadAccess(self.read)

    def check_read(self, path: str) -> Path:
        """Return the path absolute and with symbolic links followed, or raise PermissionDenied."""
        return self.reading(path)

    def check_write(self, path: str) -> Path:
        """Like `check_read`, of a path that need not exist yet."""
        return inside(path, self.write, "write")

    def within(self, bound: Grant) -> Grant:
        """Return what both this and `bound` allow."""
        return Grant(read=_common(self.read, bound.read), write=_common(self.write, bound.write))

    def describe(self) -> Granted:
        """Return the roots as `initialize` answers them."""
        return Granted(read=_names(self.read), write=_names(self.write))


def grant_of(roots: Roots | None) -> Grant:
    """Resolve the roots of `initialize`."""
    if roots is None:
        return Grant()
    return Grant(read=tuple(map(resolve, roots.read)), write=tuple(map(resolve, roots.write)))


def _common(asked: Folders | None, bound: Folders | None) -> Folders | None:
    """Return the folders that lie in both: of two of which one holds the other, the inner one."""
    if asked is None or bound is None:
        return bound if asked is None else asked
    inner = [one for one in asked if any(one.is_relative_to(other) for other in bound)]
    inner += [one for one in bound if any(one.is_relative_to(other) for other in asked)]
    return tuple(dict.fromkeys(inner))


def _names(roots: Folders | None) -> list[str] | None:
    return None if roots is None else [str(root) for root in roots]

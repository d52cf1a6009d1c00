"""What a connection may read and write: the roots it named at initialize."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from protocol.commands.session import Granted, Roots
from protocol.errors import PermissionDenied


@dataclass(frozen=True, slots=True)
class Grant:
    """Folders that may be read and written, resolved; None is everything the user may, () is nothing."""

    read: tuple[Path, ...] | None = None
    write: tuple[Path, ...] | None = None

    def check_read(self, path: str) -> Path:
        """Return the path absolute and with symbolic links followed, or raise PermissionDenied."""
        return _inside(path, self.read, "read")

    def check_write(self, path: str) -> Path:
        """Like `check_read`, of a path that need not exist yet."""
        return _inside(path, self.write, "write")

    def describe(self) -> Granted:
        """Return the roots as `initialize` answers them."""
        return Granted(read=_names(self.read), write=_names(self.write))


def grant_of(roots: Roots | None) -> Grant:
    """Resolve the roots of `initialize`."""
    if roots is None:
        return Grant()
    return Grant(read=tuple(map(_resolve, roots.read)), write=tuple(map(_resolve, roots.write)))


def _names(roots: tuple[Path, ...] | None) -> list[str] | None:
    return None if roots is None else [str(root) for root in roots]


def _inside(path: str, roots: tuple[Path, ...] | None, access: str) -> Path:
    try:
        resolved = _resolve(path)
    except (OSError, ValueError, RuntimeError) as error:
        raise PermissionDenied(path=path, access=access) from error
    if roots is not None and not any(resolved.is_relative_to(root) for root in roots):
        raise PermissionDenied(path=path, access=access)
    return resolved


def _resolve(path: str) -> Path:
    # A link out of a root must not be a way out: what counts is where the path ends, not how it is spelled.
    return Path(path).resolve()

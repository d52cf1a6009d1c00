"""Publication of files: whole or not at all, and on the disk before anyone is told."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from protocol.errors import DiskFull, OutputUnwritable, SidecarError

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write_atomic(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write a file beside its target, flush it to the disk, rename it into place, flush the folder.

    `mode` holds for a new file (0666 less the umask if not given); one that is there keeps its permissions.
    Raises DiskFull or OutputUnwritable; the target is then as it was and nothing is left beside it.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        write_through(temporary, data, mode=0o666 if mode is None else mode)
        with suppress(FileNotFoundError):
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        temporary.replace(path)
        fsync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise write_error(path, error) from error


def write_through(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write a new file and wait until the disk has it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def fsync_file(path: Path) -> None:
    """Wait until the disk has what another process wrote to a file; opened to write, as Windows demands."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def fsync_folder(folder: Path) -> None:
    """Make a rename in this folder last; a system that cannot open folders has no need of it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this user only. One that is there stays as it is."""
    missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def why_unwritable(folder: Path) -> str | None:
    """Try to write a file into a folder; return why it cannot be, or None."""
    probe = folder / f".writable-{secrets.token_hex(4)}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return None


def write_error(path: Path, error: OSError) -> SidecarError:
    """Name a failed write by its kind."""
    if error.errno in NO_SPACE:
        return DiskFull(path=str(path))
    return OutputUnwritable(path=str(path), detail=error.strerror or str(error))
